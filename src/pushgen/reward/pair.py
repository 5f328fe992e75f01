"""The reward model of the kind `pair`, ready for use: texts in, probabilities out."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedTokenizerBase

from pushgen.protocols import Comparison
from pushgen.reward.backbone import padding_of
from pushgen.reward.inference import compare_all, distinct
from pushgen.reward.network import LateNetwork, OrderedNetwork, PairNetwork
from pushgen.reward.origin import Origin
from pushgen.reward.probability import captions_of, comparison
from pushgen.reward.settings import PairConfig
from pushgen.reward.tokens import tokenise, with_captions
from pushgen.statistics.calibration import Residual
from pushgen.training.precision import Bf16, autocast, device_of


class PairReward:
    """A trained pair model, a `protocols.RewardModel`. Captions are read where `caption_tokens` says so."""

    kind = "pair"

    def __init__(
        self,
        network: nn.Module,
        tokenizer: PreTrainedTokenizerBase,
        config: PairConfig,
        residual: Residual,
        origin: Origin,
        *,
        name: str = "pair",
        bf16: Bf16 = "no",
    ) -> None:
        self.network, self.tokenizer, self.config = network, tokenizer, config
        self.residual, self.origin, self.name = residual, origin, name
        self.bf16: Bf16 = bf16

    def compare(
        self,
        texts_a: Sequence[str],
        texts_b: Sequence[str],
        captions: Sequence[str | None] | None = None,
    ) -> Comparison:
        """Mean log-CTR ratio and win probability of each pair.

        Texts whose tokens are equal (after white space is unified and what is too long is cut) get exactly 0 and
        0.5; so do two texts of which the tokenizer knows nothing, such as two emoji it lacks.
        """
        captions = captions_of(texts_a, texts_b, captions)
        if not self.config.caption_tokens:
            captions = [None] * len(texts_a)
        side_a, side_b = (list(zip(texts, captions, strict=True)) for texts in (texts_a, texts_b))
        both = list(dict.fromkeys([*side_a, *side_b]))
        read = with_captions(
            self.tokenizer,
            [text for text, _ in both],
            [caption for _, caption in both],
            self.config.max_tokens,
            self.config.caption_tokens,
        )
        ids = dict(zip(both, read.ids, strict=True))
        texts, pairs, place, sign = distinct([ids[key] for key in side_a], [ids[key] for key in side_b])
        device = device_of(self.network)
        self.network.eval()
        with torch.inference_mode(), autocast(device, self.bf16):
            raw = compare_all(self._pair_network, texts, pairs, padding_of(self.tokenizer), device)
        difference = np.zeros(len(place), np.float64)
        known = place >= 0
        difference[known] = sign[known] * raw[place[known]]
        return comparison(difference, self.residual)

    def count_truncated(self, texts: Sequence[str]) -> int:
        """How many of the texts are longer than `max_tokens` and are judged without their end."""
        return sum(tokenise(self.tokenizer, texts, self.config.max_tokens).truncated)

    @property
    def reads(self) -> str:
        """How much of a text is read, in words."""
        return f"{self.config.max_tokens} tokens"

    @property
    def shape(self) -> str:
        """What the model is, in a line."""
        config = self.config
        joint = f", the top {config.joint_layers} layers joint" if config.interaction == "late" else ""
        caption = f"; reads {config.caption_tokens} tokens of the caption" if config.caption_tokens else ""
        return f"cross-encoder, interaction `{config.interaction}`{joint}{caption}"

    @property
    def _pair_network(self) -> PairNetwork:
        return self.network  # type: ignore[return-value]


def build_network(backbone: nn.Module, tokenizer: PreTrainedTokenizerBase, config: PairConfig) -> nn.Module:
    """The network of a configuration on a backbone."""
    if config.interaction == "ordered":
        return OrderedNetwork(backbone, padding_of(tokenizer), config.dropout)
    return LateNetwork(backbone, config.joint_layers, config.dropout)
