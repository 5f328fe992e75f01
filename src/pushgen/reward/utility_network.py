"""Two networks that give every push a utility, up to a constant of its content: each text is read once.

- `ScoreNetwork` judges a text alone: backbone, mean of its tokens, one linear map. It is the Bradley-Terry model whose
  worth is a transformer; the difference of two utilities is the expected log-CTR ratio.
- `ListNetwork` judges all candidates of a content together, as FlashEvaluator (arXiv 2603.02565) judges the lists of a
  request: distinct texts are read once, pooled, attend to the tokens of the caption and then to each other
  (`nn.cross_list`), and all utilities come out of one pass. Departures: a candidate is a text instead of a list of
  items, so its positions live in the backbone; and the utilities mean log rates, see `likelihood.list_loss`.

`Ensemble` averages the utilities of several of them that share their word embeddings.

All are equivariant: permuting the candidates permutes the utilities.

Shapes: T texts, L tokens, G lists, K candidates, S tokens of a caption, D hidden size.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pushgen.nn.cross_list import CrossList
from pushgen.reward.network import Head, mean_pool


class ScoreNetwork(nn.Module):
    """Each text alone. Any encoder."""

    def __init__(self, backbone: nn.Module, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone
        config: Any = backbone.config
        self.head = Head(int(config.hidden_size), dropout)

    def states(self, ids_TL: Tensor, mask_TL: Tensor) -> Tensor:
        """The state of each token, (T, L, D)."""
        return self.backbone(input_ids=ids_TL, attention_mask=mask_TL.long()).last_hidden_state

    def read(self, ids_TL: Tensor, mask_TL: Tensor) -> Tensor:
        """One vector per text, (T, D), in float32."""
        return mean_pool(self.states(ids_TL, mask_TL), mask_TL)

    def judge(
        self,
        pooled_GKD: Tensor,
        mask_GK: Tensor,  # noqa: ARG002
        caption_GSD: Tensor | None = None,  # noqa: ARG002
        caption_mask_GS: Tensor | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Utilities of the candidates of each list, (G, K), in float32; where the mask is false they mean nothing."""
        return self.head(pooled_GKD.flatten(0, 1)).view(pooled_GKD.shape[:2])


class ListNetwork(ScoreNetwork):
    """All candidates of a content together. Untrained, it is the `ScoreNetwork` of its backbone and head."""

    def __init__(self, backbone: nn.Module, layers: int, dropout: float, *, captions: bool, seed: int) -> None:
        super().__init__(backbone, dropout)
        config: Any = backbone.config
        width, heads = int(config.hidden_size), int(config.num_attention_heads)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.cross = CrossList(width, heads, layers, dropout, context=captions)

    def judge(
        self,
        pooled_GKD: Tensor,
        mask_GK: Tensor,
        caption_GSD: Tensor | None = None,
        caption_mask_GS: Tensor | None = None,
    ) -> Tensor:
        return super().judge(self.cross(pooled_GKD, mask_GK, caption_GSD, caption_mask_GS), mask_GK)


class Ensemble(nn.Module):
    """Mean of the utilities of M members, which read a text side by side: M vectors of D numbers stand for it."""

    def __init__(self, members: Sequence[ScoreNetwork]) -> None:
        super().__init__()
        for member in members[1:]:
            share_words(member, members[0])
        self.members = nn.ModuleList(members)

    @property
    def backbone(self) -> nn.Module:
        """The backbone of the first member; all have its shape."""
        return self._all[0].backbone

    def states(self, ids_TL: Tensor, mask_TL: Tensor) -> Tensor:
        """The states of each token, (T, L, M * D)."""
        return torch.cat([member.states(ids_TL, mask_TL) for member in self._all], dim=-1)

    def read(self, ids_TL: Tensor, mask_TL: Tensor) -> Tensor:
        """The vectors of each text, (T, M * D), in float32."""
        return torch.cat([member.read(ids_TL, mask_TL) for member in self._all], dim=-1)

    def judge(
        self,
        pooled_GKD: Tensor,
        mask_GK: Tensor,
        caption_GSD: Tensor | None = None,
        caption_mask_GS: Tensor | None = None,
    ) -> Tensor:
        """Mean utilities, (G, K); see `ScoreNetwork.judge`."""
        count = len(self._all)
        own = pooled_GKD.chunk(count, dim=-1)
        captions = [None] * count if caption_GSD is None else caption_GSD.chunk(count, dim=-1)
        said = [
            member.judge(pooled, mask_GK, caption, caption_mask_GS)
            for member, pooled, caption in zip(self._all, own, captions, strict=True)
        ]
        return torch.stack(said).mean(dim=0)

    @property
    def _all(self) -> list[ScoreNetwork]:
        return list(self.members)  # type: ignore[arg-type]


def share_words(member: ScoreNetwork, first: ScoreNetwork) -> None:
    """Gives a network the word embeddings of another, to read but not to change."""
    backbone: Any = member.backbone
    given: Any = first.backbone
    backbone.set_input_embeddings(given.get_input_embeddings())


UtilityNetwork = ScoreNetwork | Ensemble
"""What gives utilities."""
