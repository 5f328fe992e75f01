"""The reward models of the kinds `score` and `list`, ready for use: lists of texts in, utilities out."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedTokenizerBase

from pushgen.protocols import Comparison, Floats
from pushgen.reward.backbone import padding_of
from pushgen.reward.origin import Origin
from pushgen.reward.pooled_cache import PooledCache
from pushgen.reward.probability import captions_of, from_means, win_matrix
from pushgen.reward.settings import Kind, UtilityConfig
from pushgen.reward.token_lists import Rows, TokenLists, token_lists
from pushgen.reward.tokens import tokenise
from pushgen.reward.utility_inference import utilities_all
from pushgen.reward.utility_network import Ensemble, ListNetwork, ScoreNetwork, UtilityNetwork
from pushgen.statistics.calibration import Residual
from pushgen.training.precision import Bf16, autocast, device_of


class UtilityReward:
    """A trained model of utilities, a `protocols.UtilityModel`. Captions are read where `caption_tokens` says so."""

    def __init__(
        self,
        kind: Kind,
        network: UtilityNetwork,
        tokenizer: PreTrainedTokenizerBase,
        config: UtilityConfig,
        residual: Residual,
        origin: Origin,
        *,
        name: str | None = None,
        bf16: Bf16 = "no",
        cache: PooledCache | None = None,
    ) -> None:
        """`cache` keeps the vectors of texts between calls; none reads every text of a call anew."""
        self.kind: str = kind
        self.network, self.tokenizer, self.config = network, tokenizer, config
        self.residual, self.origin, self.name = residual, origin, name or kind
        self.bf16: Bf16 = bf16
        self.cache = cache

    def utilities(self, lists: Sequence[Sequence[str]], captions: Sequence[str | None]) -> list[Floats]:
        """Expected log-CTR of each text up to a constant of its list, shape (K,) per list; K may be 0.

        Texts of a list whose tokens are equal (after white space is unified and what is too long is cut) are one
        candidate to the model and get the same utility. Raises `ValueError` where the captions do not fit the lists.
        """
        read = token_lists(self.tokenizer, lists, captions, self.config, self.kind)
        # A list is its set of candidates: asked twice or in another order, it is judged once.
        places: dict[tuple[tuple[int, ...], int], int] = {}
        distinct: list[Rows] = []
        back: list[tuple[int, Rows]] = []
        for members, caption in zip(read.members, read.caption, strict=True):
            numbers, inverse = np.unique(members, return_inverse=True)
            place = places.setdefault((tuple(numbers.tolist()), caption), len(distinct))
            if place == len(distinct):
                distinct.append(numbers)
            back.append((place, inverse))
        asked = TokenLists(
            texts=read.texts, members=distinct, captions=read.captions, caption=[caption for _, caption in places]
        )
        self.network.eval()
        with torch.inference_mode(), autocast(device_of(self.network), self.bf16):
            found = utilities_all(self.network, asked, padding_of(self.tokenizer), self.cache)
        slope = np.float32(self.residual.slope)
        return [slope * found[place][inverse] for place, inverse in back]

    def win_matrix(self, utilities: Floats) -> Floats:
        """Probability p[i, j] that text i of a list beats text j, shape (K, K), 0.5 where utilities are equal."""
        return win_matrix(utilities, self.residual.scale)

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        """Mean log-CTR ratio and win probability of each pair, which is a list of two."""
        given = captions_of(texts_a, texts_b, captions)
        found = self.utilities(list(zip(texts_a, texts_b, strict=True)), given)
        return from_means([float(a) - float(b) for a, b in found], self.residual.scale)

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
        caption = f"; reads {config.caption_tokens} tokens of the caption" if config.caption_tokens else ""
        caption += f"; mean of {config.members} networks that share word embeddings" if config.members > 1 else ""
        if self.kind == "score":
            return f"one utility per text, each read alone{caption}"
        return f"utilities of all candidates of a content, which see each other in {config.list_layers} layers{caption}"


def build_member(backbone: nn.Module, config: UtilityConfig, kind: Kind, seed: int = 0) -> ScoreNetwork:
    """One network of a kind on a backbone; `seed` draws the weights that start from nothing."""
    if kind == "score":
        return ScoreNetwork(backbone, config.dropout)
    captions = config.caption_tokens > 0
    return ListNetwork(backbone, config.list_layers, config.dropout, captions=captions, seed=seed)


def build_utility(backbone: nn.Module, config: UtilityConfig, kind: Kind) -> UtilityNetwork:
    """The whole network, of all members, on copies of a backbone; its weights are yet to be loaded."""
    members = [
        build_member(backbone if index == 0 else copy.deepcopy(backbone), config, kind)
        for index in range(config.members)
    ]
    return members[0] if config.members == 1 else Ensemble(members)
