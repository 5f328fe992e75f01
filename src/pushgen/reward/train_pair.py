"""Training of the pair model: pairs sampled by evidence, experiments kept together, the residual scale at the end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushgen.errors import InputError
from pushgen.progress import say
from pushgen.reward.backbone import layer_stack, open_backbone, padding_of
from pushgen.reward.evidence import Evidence, evidence, own, sample, signal_variance
from pushgen.reward.fitting import checkpoint_in, fit_network
from pushgen.reward.inference import compare_all
from pushgen.reward.inner import inner_split
from pushgen.reward.likelihood import count_loss, order_loss
from pushgen.reward.low_rank import merge_low_rank
from pushgen.reward.network import PairNetwork
from pushgen.reward.origin import Origin
from pushgen.reward.pair import PairReward, build_network
from pushgen.reward.settings import RewardConfig
from pushgen.reward.tokens import Ids, pad, with_captions
from pushgen.statistics.calibration import fit_residual
from pushgen.training.loop import Epoch
from pushgen.training.precision import autocast, best_device

POOL = 16
"""Batches among which experiments are sorted by length, to save padding without losing the random order."""
Rows = NDArray[np.int64]
Batch = tuple[Rows, NDArray[np.float64]]
Key = tuple[str, str | None]
"""A text and the caption it is read with."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and how it came about."""

    model: PairReward
    history: list[Epoch]


@dataclass(frozen=True, slots=True)
class _Data:
    texts: list[Ids]
    pairs: Rows
    """Numbers of both texts, (P, 2)."""
    group: Rows
    """Number of the experiment, (P,)."""
    given: Evidence


def train_pair(
    pairs: pl.DataFrame, config: RewardConfig, origin: Origin | None = None, *, scratch: Path | None = None
) -> Trained:
    """Trains on a frame of `tables.PAIRS`, all of which must belong to the training part of the split.

    A training that is killed goes on from the state in the folder `scratch`.
    Raises `InputError` where too few pairs carry evidence.
    """
    parts = inner_split(pairs, config.validation)
    if not config.pair.caption_tokens:
        parts = _without_captions(parts[0]), _without_captions(parts[1])
    kept = pl.concat(parts)
    keys = sorted({*kept.select("text_a", "caption").rows(), *kept.select("text_b", "caption").rows()}, key=_order)
    distinct_texts = sorted({text for text, _ in keys})
    known = distinct_texts + sorted({caption for _, caption in keys if caption})
    backbone, tokenizer, name = open_backbone(config.backbone, known, config.seed)
    tokens = with_captions(
        tokenizer,
        [text for text, _ in keys],
        [caption for _, caption in keys],
        config.pair.max_tokens,
        config.pair.caption_tokens,
    )
    cut = sum(tokens.truncated)
    if cut:
        say(f"{cut} of {len(distinct_texts)} texts are longer than {config.pair.max_tokens} tokens and are cut")
    pair_config = config.pair
    if layer_stack(backbone) is None and pair_config.interaction == "late":
        raise InputError(
            field="interaction",
            expected="a backbone of the BERT family for `late`",
            found=f"{name!r}",
            remedy="Set the interaction to `ordered`, which works with any encoder.",
        )
    device = best_device()
    network = build_network(backbone, tokenizer, pair_config).to(device)
    number = {key: index for index, key in enumerate(keys)}
    train, validation = (_data(part, tokens.ids, number) for part in parts)
    tau2 = signal_variance(evidence(own(parts[0])))
    trainer = _Trainer(network, train, validation, config, padding_of(tokenizer), tau2)
    history = fit_network(network, trainer, config, checkpoint_in(scratch, pairs, config, "pair"))
    merge_low_rank(network.backbone, config.backbone)  # type: ignore[arg-type]
    with torch.inference_mode(), autocast(device, config.bf16):
        raw = trainer.means(validation)
    held = validation.given
    residual = fit_residual(raw, held.ratio, held.variance, held.share)
    origin = origin or Origin()
    figures = {
        "pairs_trained": parts[0].height,
        "pairs_validated": parts[1].height,
        "pairs_without_clicks": pairs.height - kept.height,
        "experiments_trained": parts[0]["experiment_id"].n_unique(),
        "texts": len(distinct_texts),
        "texts_truncated": cut,
        "signal_variance": trainer.tau2,
        "validation_loss": min(epoch.validation for epoch in history),
        "validation_loss_of_no_model": trainer.null_loss(),
        "epochs": len(history),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }
    origin = replace(origin, backbone=name, figures=figures | dict(origin.figures))
    return Trained(PairReward(network, tokenizer, pair_config, residual, origin), history)


class _Trainer:
    """The functions that the training loop asks for."""

    def __init__(
        self, network: torch.nn.Module, train: _Data, held: _Data, config: RewardConfig, padding: int, tau2: float
    ) -> None:
        self._network: PairNetwork = network  # type: ignore[assignment]
        self._train, self._held, self._config, self._padding = train, held, config, padding
        self._device = next(network.parameters()).device
        self.tau2 = tau2

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Rows of pairs with the inverse of their probabilities to be drawn."""
        config, data = self._config, self._train
        seed = (config.seed << 16) + epoch
        rows, inverse = sample(data.given, self.tau2, config.pairs_per_epoch or len(data.pairs), seed)
        generator = np.random.default_rng([seed, 1])
        # Experiments in random order, then by length within pools of some batches.
        rank = generator.permutation(int(data.group.max()) + 1)[data.group[rows]]
        length = np.array([len(ids) for ids in data.texts])[data.pairs[rows]].max(axis=1)
        order = np.argsort(rank, kind="stable")
        size = config.batch_pairs
        pools = [order[start : start + POOL * size] for start in range(0, len(order), POOL * size)]
        batches: list[Rows] = []
        for pool in pools:
            inside = np.unique(rank[pool], return_inverse=True)[1]
            longest = np.zeros(inside.max() + 1)
            np.maximum.at(longest, inside, length[pool])
            ordered = pool[np.lexsort((inside, longest[inside]))]
            batches += [ordered[start : start + size] for start in range(0, len(ordered), size)]
        for index in generator.permutation(len(batches)):
            yield rows[batches[index]], inverse[batches[index]]

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        rows, inverse = batch
        pairs = self._train.pairs[rows]
        numbers, local = np.unique(pairs, return_inverse=True)
        ids_TL, mask_TL = pad([self._train.texts[number] for number in numbers], self._padding, self._device)
        state = self._network.read(ids_TL, mask_TL)
        a_P, b_P = torch.from_numpy(local.reshape(-1, 2)).to(self._device).unbind(1)
        mean_P = self._network.compare(state[a_P], mask_TL[a_P], state[b_P], mask_TL[b_P])
        weight_P = self._weights(self._train.given, rows, inverse)
        return (weight_P * self._losses(mean_P, self._train.given, rows)).sum(), weight_P.sum()

    def validate(self) -> float:
        return self._mean_loss(torch.from_numpy(self.means(self._held)))

    def means(self, data: _Data) -> NDArray[np.float32]:
        return compare_all(self._network, data.texts, data.pairs, self._padding, self._device)

    def null_loss(self) -> float:
        """Validation loss of a model that prefers nothing."""
        return self._mean_loss(torch.zeros(len(self._held.pairs)))

    def _mean_loss(self, mean_P: Tensor) -> float:
        rows = np.arange(len(mean_P))
        weight_P = self._weights(self._held.given, rows, np.ones(len(rows))).cpu()
        losses_P = self._losses(mean_P.to(self._device), self._held.given, rows).cpu()
        return float((weight_P * losses_P).sum() / weight_P.sum())

    def _weights(self, given: Evidence, rows: Rows, inverse: NDArray[np.float64]) -> Tensor:
        weight = given.share[rows] * inverse
        if self._config.loss == "order":
            weight = weight * given.reliability(self.tau2)[rows]
        return torch.from_numpy(weight).float().to(self._device)

    def _losses(self, mean_P: Tensor, given: Evidence, rows: Rows) -> Tensor:
        def tensor(values: NDArray[np.float64]) -> Tensor:
            return torch.from_numpy(values[rows]).float().to(self._device)

        if self._config.loss == "order":
            return order_loss(mean_P, tensor(given.ratio), tensor(given.variance), self.tau2)
        return count_loss(mean_P, tensor(given.clicks_a), tensor(given.clicks_b), tensor(given.offset), self.tau2)


def _without_captions(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.with_columns(caption=pl.lit(None, pl.String))


def _order(key: Key) -> tuple[str, str]:
    return key[0], key[1] or ""


def _data(part: pl.DataFrame, ids: list[Ids], number: Mapping[Key, int]) -> _Data:
    columns = [[number[key] for key in part.select(name, "caption").rows()] for name in ("text_a", "text_b")]
    groups = {name: index for index, name in enumerate(part["experiment_id"].unique(maintain_order=True))}
    return _Data(
        texts=ids,
        pairs=np.array(columns, np.int64).T.copy(),
        group=np.array([groups[name] for name in part["experiment_id"]], np.int64),
        given=evidence(part),
    )
