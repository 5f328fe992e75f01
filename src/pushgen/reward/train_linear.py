"""Training of the linear model: features, a ridge for each penalty, the penalty and the residual from validation."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.progress import bar, say
from pushgen.reward.arms import arms_of
from pushgen.reward.evidence import Evidence, evidence, own, signal_variance
from pushgen.reward.features import Features
from pushgen.reward.inner import inner_split
from pushgen.reward.linear import PENALTIES, LinearReward, ridge
from pushgen.reward.origin import Origin
from pushgen.reward.settings import RewardConfig
from pushgen.statistics.calibration import Residual, fit_residual
from pushgen.styles.linear import LinearLabeller

Array = NDArray[np.float64]


def train_linear(
    pairs: pl.DataFrame, config: RewardConfig, origin: Origin | None = None, *, styles: LinearLabeller | None = None
) -> LinearReward:
    """Trains on a frame of `tables.PAIRS`, all of which must belong to the training part of the split.

    `styles` is a labeller trained on the user's own labels; without it `config.linear.styles` names one. Raises
    `InputError` where too few pairs carry evidence.
    """
    train, held = inner_split(pairs, config.validation)
    arms = arms_of(train)
    labeller = styles or named_labeller(config.linear.styles, arms.texts)
    target = evidence(held)
    tau2 = signal_variance(evidence(own(train)))
    with bar("Fitting the linear reward model", 3 + len(PENALTIES)) as shown:
        features = Features.fit(arms, config.linear, labeller, seed=config.seed)
        shown.advance()
        rows_AF = features.matrix(arms.texts, arms.captions)
        shown.advance()
        captions = held["caption"].to_list()
        sides = [features.matrix(held[side].to_list(), captions) for side in ("text_a", "text_b")]
        held_PF = sides[0] - sides[1]
        shown.advance()
        tried: list[tuple[float, float, Array, Residual]] = []
        for penalty in PENALTIES:
            beta_F = ridge(rows_AF, arms, tau2, penalty)
            raw = np.asarray(held_PF @ beta_F)
            residual = fit_residual(raw, target.ratio, target.variance, target.share)
            tried.append((_loss(raw, residual, target), penalty, beta_F, residual))
            shown.advance()
    loss, penalty, beta_F, residual = min(tried, key=lambda one: one[0])
    origin = origin or Origin()
    counts = {f"features_{name}": count for name, count in features.columns.items()}
    figures = {
        "pairs_trained": train.height,
        "pairs_validated": held.height,
        "pairs_without_clicks": pairs.height - train.height - held.height,
        "experiments_trained": train["experiment_id"].n_unique(),
        "texts": len(set(arms.texts)),
        "signal_variance": tau2,
        "penalty": penalty,
        "validation_loss": loss,
        "validation_loss_of_no_model": _loss(np.zeros(len(target)), Residual(scale=tau2**0.5), target),
        "parameters": len(beta_F),
        **counts,
    }
    told = dataclasses.replace(origin, backbone="none", figures=figures | dict(origin.figures))
    return LinearReward(features, beta_F, residual, told)


def named_labeller(name: str, texts: Sequence[str]) -> LinearLabeller | None:
    """The labeller of a configuration; None for `none`, and for `auto` where only prototypes serve the language."""
    if name == "none":
        return None
    from pushgen.styles import open_labeller

    found = open_labeller(name, texts=texts)
    if isinstance(found, LinearLabeller):
        return found
    if name != "auto":
        raise ConfigurationError(
            f"linear.styles must name a linear labeller (auto, packaged, linear:FOLDER) or none, found {name!r}"
        )
    say("No trained style labeller serves these texts; the linear reward model leaves styles out.")
    return None


def _loss(raw: Array, residual: Residual, given: Evidence) -> float:
    """Weighted negative log-likelihood of the observed ratios, up to a constant."""
    total = residual.scale**2 + given.variance
    each = np.log(total) + (given.ratio - residual.slope * raw) ** 2 / total
    return float(np.average(each, weights=given.share) / 2.0)
