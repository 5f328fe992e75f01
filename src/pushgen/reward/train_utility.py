"""Training of the kinds `score` and `list`: whole groups of arms per step, each distinct text read once in it.

Shapes: G groups of competing arms, K arms of a group, T texts, P pairs.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from pushgen.progress import say
from pushgen.reward.arms import arms_of, differences
from pushgen.reward.backbone import freeze_words, open_backbone, padding_of
from pushgen.reward.evidence import evidence, own, signal_variance
from pushgen.reward.fitting import checkpoint_in, fit_network
from pushgen.reward.inner import inner_split
from pushgen.reward.likelihood import list_loss
from pushgen.reward.low_rank import merge_low_rank
from pushgen.reward.origin import Origin
from pushgen.reward.settings import RewardConfig
from pushgen.reward.token_lists import Rows, TokenLists, token_lists
from pushgen.reward.tokens import pad, tokenise
from pushgen.reward.utility import UtilityReward, build_member
from pushgen.reward.utility_inference import judge, utilities_all
from pushgen.reward.utility_network import Ensemble, ScoreNetwork, UtilityNetwork, share_words
from pushgen.statistics.calibration import fit_residual
from pushgen.training.checkpoint import Checkpoint
from pushgen.training.loop import Epoch
from pushgen.training.precision import autocast, best_device, device_of

POOL = 16
"""Batches among which groups are sorted by length, to save padding without losing the random order."""


@dataclass(frozen=True, slots=True)
class TrainedUtility:
    """A model and how it came about."""

    model: UtilityReward
    history: list[Epoch]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """G groups of arms that compete."""

    texts: list[list[str]]
    captions: list[str | None]
    clicks: list[Tensor]
    """Of each arm, (K,) per group, float32."""
    shown: list[Tensor]
    """Impressions, likewise."""
    weight: Tensor
    """What the log of each group counts, (G,)."""
    keys: pl.DataFrame
    """`experiment_id, push_id` of all arms, group by group."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Groups and their tokens."""

    groups: _Groups
    lists: TokenLists


def train_utility(
    pairs: pl.DataFrame, config: RewardConfig, origin: Origin | None = None, *, scratch: Path | None = None
) -> TrainedUtility:
    """Trains on a frame of `tables.PAIRS`, all of which must belong to the training part of the split.

    The residual is fitted on pairs of validation, whose utilities come from whole groups. A training that is killed
    goes on from the state in the folder `scratch`. Raises `InputError` where too few pairs carry evidence.
    """
    split = inner_split(pairs, config.validation)
    train, held = (_groups(pairs.join(part, on="content_id", how="semi", maintain_order="left")) for part in split)
    texts = sorted({text for groups in (train, held) for arms in groups.texts for text in arms})
    read_too = {caption for groups in (train, held) for caption in groups.captions if caption}
    known = texts + sorted(read_too) if config.utility.caption_tokens else texts
    _, tokenizer, name = backbones = open_backbone(config.backbone, known, config.seed)
    parts = [
        _Part(groups, token_lists(tokenizer, groups.texts, groups.captions, config.utility, config.kind))
        for groups in (train, held)
    ]
    tau2 = signal_variance(evidence(own(split[0])))
    cut = sum(tokenise(tokenizer, texts, config.utility.max_tokens).truncated)
    if cut:
        say(f"{cut} of {len(texts)} texts are longer than {config.utility.max_tokens} tokens and are cut")
    states = [checkpoint_in(scratch, pairs, config, str(index)) for index in range(config.utility.members)]
    network, history = _fit_members(backbones[0], known, parts, config, padding_of(tokenizer), tau2, states)
    trainer = _Trainer(network, parts[0], parts[1], config, padding_of(tokenizer), tau2)
    given = evidence(split[1])
    with torch.inference_mode(), autocast(device_of(network), config.bf16):
        raw = differences(np.concatenate(trainer.utilities()), held.keys, split[1])
        loss = trainer.validate()
    residual = fit_residual(raw, given.ratio, given.variance, given.share)
    figures = {
        "pairs_trained": split[0].height,
        "pairs_validated": split[1].height,
        "pairs_without_clicks": pairs.height - split[0].height - split[1].height,
        "experiments_trained": split[0]["experiment_id"].n_unique(),
        "groups_trained": len(train.texts),
        "texts": len(texts),
        "texts_truncated": cut,
        "signal_variance": tau2,
        "validation_loss": loss,
        "validation_loss_of_no_model": trainer.null_loss(),
        "epochs": len(history),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }
    origin = origin or Origin()
    origin = dataclasses.replace(origin, backbone=name, figures=figures | dict(origin.figures))
    return TrainedUtility(UtilityReward(config.kind, network, tokenizer, config.utility, residual, origin), history)


def _fit_members(
    backbone: nn.Module,
    texts: Sequence[str],
    parts: Sequence[_Part],
    config: RewardConfig,
    padding: int,
    tau2: float,
    states: Sequence[Checkpoint | None],
) -> tuple[UtilityNetwork, list[Epoch]]:
    """The trained network, and the epochs of all members one after the other.

    Members differ in the order of their batches, in dropout, and in weights that start from nothing.
    """
    members: list[ScoreNetwork] = []
    history: list[Epoch] = []
    count = config.utility.members
    for index in range(count):
        own = dataclasses.replace(
            config, seed=config.seed + index, max_seconds=config.max_seconds and config.max_seconds / count
        )
        if index:
            backbone = open_backbone(own.backbone, texts, own.seed)[0]
        member = build_member(backbone, own.utility, own.kind, own.seed).to(best_device())
        if index:
            share_words(member, members[0])
        history += fit_network(member, _Trainer(member, parts[0], parts[1], own, padding, tau2), own, states[index])
        # The first member's words are everybody's from here on.
        freeze_words(member.backbone)
        merge_low_rank(member.backbone, own.backbone)
        members.append(member)
    return (members[0] if count == 1 else Ensemble(members)), history


class _Trainer:
    """The functions that the training loop asks for, a `fitting.Trainer` of group numbers."""

    def __init__(
        self, network: UtilityNetwork, train: _Part, held: _Part, config: RewardConfig, padding: int, tau2: float
    ) -> None:
        self._network, self._train, self._held = network, train, held
        self._config, self._padding, self._tau2 = config, padding, tau2

    def batches(self, epoch: int) -> Iterator[Rows]:
        """Numbers of groups with about `batch_texts` arms, groups of similar lengths together."""
        lists, size = self._train.lists, self._config.batch_texts
        generator = np.random.default_rng([(self._config.seed << 16) + epoch, 1])
        tokens = np.array([len(ids) for ids in lists.texts])
        longest = np.array([tokens[members].max() for members in lists.members])
        arms = np.array([len(members) for members in lists.members])
        batches: list[Rows] = []
        order = generator.permutation(len(arms))
        for pool in _cut(order, arms, POOL * size):
            batches += _cut(pool[np.argsort(longest[pool], kind="stable")], arms, size)
        for index in generator.permutation(len(batches)):
            yield batches[index]

    def loss(self, batch: Rows) -> tuple[Tensor, Tensor]:
        lists = self._train.lists
        numbers = np.unique(np.concatenate([lists.members[row] for row in batch]))
        ids = [lists.texts[number] for number in numbers]
        pooled_TD = self._network.read(*pad(ids, self._padding, device_of(self._network)))
        utility_GK = judge(self._network, lists, batch, numbers, pooled_TD, self._padding)
        return self._losses(utility_GK, self._train, batch)

    def validate(self) -> float:
        return self._mean_loss([torch.from_numpy(one) for one in self.utilities()])

    def utilities(self) -> list[NDArray[np.float32]]:
        """Of the validation groups, before the residual's slope."""
        return utilities_all(self._network, self._held.lists, self._padding)

    def null_loss(self) -> float:
        """Validation loss of a model that prefers nothing."""
        return self._mean_loss([torch.zeros(len(members)) for members in self._held.lists.members])

    def _mean_loss(self, utilities: list[Tensor]) -> float:
        padded = pad_sequence(utilities, batch_first=True).to(device_of(self._network))
        total, weight = self._losses(padded, self._held, np.arange(len(utilities)))
        return float(total / weight)

    def _losses(self, utility_GK: Tensor, part: _Part, rows: Rows) -> tuple[Tensor, Tensor]:
        """Weighted sum of the losses of some groups, and of the independent contrasts in them."""
        device = utility_GK.device
        clicks_GK, shown_GK = (
            pad_sequence([values[row] for row in rows], batch_first=True).to(device)
            for values in (part.groups.clicks, part.groups.shown)
        )
        weight_G = part.groups.weight[rows].to(device)
        contrasts_G = (shown_GK > 0).sum(1) - 1
        loss_G = list_loss(utility_GK, clicks_GK, shown_GK, self._tau2)
        return (weight_G * loss_G).sum(), (weight_G * contrasts_G).sum()


def _groups(pairs: pl.DataFrame) -> _Groups:
    """The groups with at least two arms that were shown, and clicks on any of them."""
    # Arms without clicks stay: their group's clicks tell of them. Without impressions nothing does.
    arms = arms_of(pairs.filter((pl.col("impressions_a") > 0) & (pl.col("impressions_b") > 0)))
    starts = np.flatnonzero(np.diff(arms.group, prepend=-1))
    spans = [
        slice(int(start), int(end))
        for start, end in zip(starts, [*starts[1:], len(arms)], strict=True)
        if end - start > 1 and arms.clicks[start:end].sum() > 0
    ]
    kept = np.concatenate([np.arange(span.start, span.stop) for span in spans])
    return _Groups(
        texts=[list(arms.texts[span]) for span in spans],
        captions=[arms.captions[span.start] for span in spans],
        clicks=[torch.from_numpy(arms.clicks[span]).float() for span in spans],
        shown=[torch.from_numpy(arms.impressions[span]).float() for span in spans],
        weight=torch.tensor([arms.weight[span.start] for span in spans]),
        keys=arms.keys[kept],
    )


def _cut(order: Rows, arms: Rows, size: int) -> list[Rows]:
    """Runs of groups with about `size` arms each."""
    number = (np.cumsum(arms[order]) - arms[order]) // size
    return np.split(order, np.flatnonzero(np.diff(number)) + 1)
