"""The pair cross-encoder: two texts in, the expected log-CTR ratio out, antisymmetric by construction.

PushGen, section 2.2, puts `[CLS] a [SEP] b [SEP]` through BERT and classifies which won. Nothing makes that
function antisymmetric. Here are two that are:

- `OrderedNetwork`: m(a, b) = (f(a, b) - f(b, a)) / 2 with the paper's input. Two passes over both texts.
- `LateNetwork`: the lower layers read `[CLS] a [SEP]` and `[CLS] b [SEP]` alone; in the top layers the tokens of
  both attend to each other, with one learned bias per head on attention to the other text in place of an order.
  The value of a text is linear in the mean of its own tokens, m = u(a | b) - u(b | a). Swapping a and b swaps the
  roles of two equal halves, so m changes its sign. One pass, and the lower layers read each distinct text once
  however many pairs it is in. With the bias at minus infinity it is a Siamese utility model, so the pretrained
  encoder is little disturbed at the start.

Shapes: T texts, P pairs, L tokens, D hidden size, H heads, J joint layers.
"""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pushgen.reward.backbone import layer_stack

OTHER_TEXT = -2.0
"""Start of the bias: a token of the other text gets exp(-2), about a seventh, of the attention of one's own."""


class PairNetwork(Protocol):
    """What training and inference need of a network."""

    def read(self, ids_TL: Tensor, mask_TL: Tensor) -> Tensor:
        """The state of each text alone, (T, L, D), or its ids (T, L) where nothing can be done alone."""
        ...

    def compare(self, state_a: Tensor, mask_a_PL: Tensor, state_b: Tensor, mask_b_PL: Tensor) -> Tensor:
        """Expected log-CTR ratio of each pair, (P,), from the states of its texts."""
        ...


def mean_pool(hidden_PLD: Tensor, mask_PL: Tensor) -> Tensor:
    """Mean over the tokens that are there, in float32, (P, D)."""
    weight_PL1 = mask_PL.unsqueeze(-1).float()
    return (hidden_PLD.float() * weight_PL1).sum(1) / weight_PL1.sum(1).clamp(min=1.0)


class Head(nn.Module):
    """One number per text. It starts at zero, so that an untrained model prefers nothing."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width, 1, bias=False)  # a bias would cancel in every difference
        nn.init.zeros_(self.linear.weight)

    def forward(self, pooled_PD: Tensor) -> Tensor:
        with torch.autocast(pooled_PD.device.type, enabled=False):
            return self.linear(self.dropout(pooled_PD))[:, 0]


class LateNetwork(nn.Module):
    """Alone below, together on top. Backbones of the BERT family only."""

    def __init__(self, backbone: nn.Module, joint_layers: int, dropout: float) -> None:
        super().__init__()
        stack = layer_stack(backbone)
        assert stack is not None, "LateNetwork needs a backbone of the BERT family"
        self.backbone = backbone
        self.joint_layers = min(joint_layers, len(stack))
        config: Any = backbone.config
        heads = int(config.num_attention_heads)
        self.head = Head(int(config.hidden_size), dropout)
        self.other_text = nn.Parameter(torch.full((self.joint_layers, heads), OTHER_TEXT))

    def read(self, ids_TL: Tensor, mask_TL: Tensor) -> Tensor:
        hidden_TLD = self.backbone.embeddings(input_ids=ids_TL)  # type: ignore[operator]
        blocked = _blocked(mask_TL)[:, None, None, :]
        for layer in self._layers[: len(self._layers) - self.joint_layers]:
            hidden_TLD = _hidden(layer(hidden_TLD, attention_mask=_as_query(blocked)))
        return hidden_TLD

    def compare(self, state_a: Tensor, mask_a_PL: Tensor, state_b: Tensor, mask_b_PL: Tensor) -> Tensor:
        length_a = state_a.shape[1]
        hidden_PLD = torch.cat([state_a, state_b], dim=1)
        side_L = torch.arange(hidden_PLD.shape[1], device=hidden_PLD.device) >= length_a
        other_LL = (side_L[:, None] != side_L[None, :]).float()
        blocked = _blocked(torch.cat([mask_a_PL, mask_b_PL], dim=1))[:, None, None, :]
        for layer, bias_H in zip(self._layers[len(self._layers) - self.joint_layers :], self.other_text, strict=True):
            hidden_PLD = _hidden(
                layer(hidden_PLD, attention_mask=_as_query(blocked + bias_H[:, None, None] * other_LL))
            )
        value_a = self.head(mean_pool(hidden_PLD[:, :length_a], mask_a_PL))
        return value_a - self.head(mean_pool(hidden_PLD[:, length_a:], mask_b_PL))

    @property
    def _layers(self) -> list[nn.Module]:
        stack = layer_stack(self.backbone)
        assert stack is not None
        return list(stack)


class OrderedNetwork(nn.Module):
    """The paper's input through the whole backbone, both ways round. Any encoder."""

    def __init__(self, backbone: nn.Module, padding: int, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.padding = padding
        config: Any = backbone.config
        self.head = Head(int(config.hidden_size), dropout)
        self.typed = getattr(config, "type_vocab_size", 0) >= 2

    def read(self, ids_TL: Tensor, mask_TL: Tensor) -> Tensor:  # noqa: ARG002
        return ids_TL

    def compare(self, state_a: Tensor, mask_a_PL: Tensor, state_b: Tensor, mask_b_PL: Tensor) -> Tensor:
        forth = self._one_way(state_a, mask_a_PL, state_b, mask_b_PL)
        return 0.5 * (forth - self._one_way(state_b, mask_b_PL, state_a, mask_a_PL))

    def _one_way(self, first: Tensor, mask_first: Tensor, second: Tensor, mask_second: Tensor) -> Tensor:
        # The first token of the second text is its [CLS], which the paper's input does not have.
        ids_PL = torch.cat([first, second[:, 1:]], dim=1)
        mask_PL = torch.cat([mask_first, mask_second[:, 1:]], dim=1)
        is_second_PL = torch.zeros_like(ids_PL)
        is_second_PL[:, first.shape[1] :] = 1
        # Tokens move to the left, so that positions do not depend on the padding between the texts.
        order_PL = torch.argsort((~mask_PL).long(), dim=1, stable=True)
        ids_PL, mask_PL, is_second_PL = (part.gather(1, order_PL) for part in (ids_PL, mask_PL, is_second_PL))
        ids_PL = ids_PL.masked_fill(~mask_PL, self.padding)
        extra = {"token_type_ids": is_second_PL * mask_PL} if self.typed else {}
        output = self.backbone(input_ids=ids_PL, attention_mask=mask_PL.long(), **extra)
        return self.head(mean_pool(output.last_hidden_state, mask_PL))


def _blocked(mask: Tensor) -> Tensor:
    """0 where there is a token, the lowest number where there is padding."""
    return torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, torch.finfo(torch.float32).min / 4)


def _as_query(bias: Tensor) -> Tensor:
    """The attention bias in the type that queries have under autocast."""
    device = bias.device.type
    return bias.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else bias


def _hidden(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output[0] if isinstance(output, tuple) else output
