"""What the counts of two arms say about the ratio of their true click rates.

With n impressions and c clicks per arm and rates far below 1, clicks are Poisson with mean n * CTR. Then

    d = log((c_a + 1/2) / n_a) - log((c_b + 1/2) / n_b)

estimates delta = log(CTR_a / CTR_b) with sampling variance v = 1/(c_a + 1/2) + 1/(c_b + 1/2) (delta method; the
halves keep arms without clicks finite and remove the bias of order 1/c, Haldane 1956). Over pairs drawn at
random delta has mean 0 and variance tau2, so E[d^2] = tau2 + v, from which tau2 is estimated by moments.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Counts of P pairs as numbers; every array has the shape (P,)."""

    clicks_a: Array
    clicks_b: Array
    ratio: Array
    """Observed log-CTR ratio d."""
    variance: Array
    """Sampling variance v of d."""
    offset: Array
    """log(n_a / n_b): the log-odds of a click falling on a when the rates are equal."""
    share: Array
    """2 / k of each pair's experiment of k arms, times the pair's weight. The k (k - 1) / 2 pairs of an experiment
    carry k - 1 independent contrasts, so a pair counts for 2 / k of one."""

    def __len__(self) -> int:
        return len(self.ratio)

    def reliability(self, tau2: float) -> Array:
        """Share of the variance of d that is signal, tau2 / (tau2 + v), in [0, 1)."""
        return tau2 / (tau2 + self.variance)


def usable(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs that say anything: both arms were shown and somebody clicked one of them."""
    shown = (pl.col("impressions_a") > 0) & (pl.col("impressions_b") > 0)
    return pairs.filter(shown & (pl.col("clicks_a") + pl.col("clicks_b") > 0))


def own(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs of the log that the model is for, without those of logs that help it."""
    return pairs.filter(pl.col("weight").is_null())


def evidence(pairs: pl.DataFrame) -> Evidence:
    """The evidence of a frame of `tables.PAIRS`, row by row; each pair must be `usable`."""
    clicks_a, clicks_b, shown_a, shown_b = (
        pairs[name].to_numpy().astype(np.float64) for name in ("clicks_a", "clicks_b", "impressions_a", "impressions_b")
    )
    return Evidence(
        clicks_a=clicks_a,
        clicks_b=clicks_b,
        ratio=np.log((clicks_a + 0.5) / shown_a) - np.log((clicks_b + 0.5) / shown_b),
        variance=1.0 / (clicks_a + 0.5) + 1.0 / (clicks_b + 0.5),
        offset=np.log(shown_a / shown_b),
        share=pairs["weight"].fill_null(1.0).to_numpy() * 2.0 / arms(pairs),
    )


def arms(pairs: pl.DataFrame) -> Array:
    """Number of arms k that each pair's first arm is compared with, itself included; shape (P,).

    Only arms with the same picture form pairs, so k counts those, not all arms of the experiment.
    """
    both = pl.concat([pairs.select("experiment_id", push="push_a"), pairs.select("experiment_id", push="push_b")])
    rivals = both.group_by("experiment_id", "push").len("rivals")
    joined = pairs.select("experiment_id", push="push_a").join(
        rivals, on=["experiment_id", "push"], how="left", maintain_order="left"
    )
    return joined["rivals"].to_numpy().astype(np.float64) + 1.0


def signal_variance(given: Evidence) -> float:
    """tau2, the variance of the true log-CTR ratio over pairs, by weighted moments; at least 0.0025 (5%).

    Weights 1 / (tau2 + v) are found by fixed-point iteration (Paule and Mandel 1982, with a known mean of 0).
    """
    tau2 = 0.05
    for _ in range(50):
        weight = given.share / (tau2 + given.variance) ** 2
        tau2 = max(float(np.sum(weight * (given.ratio**2 - given.variance)) / np.sum(weight)), 0.0025)
    return tau2


def sample(given: Evidence, tau2: float, size: int, seed: int) -> tuple[NDArray[np.int64], Array]:
    """About `size` pairs drawn by their evidence: (rows, 1 / probability of each), both of shape (S,).

    Pair i is worth w_i = share_i * tau2 / (tau2 + v_i) and is drawn with probability pi_i = min(1, c * w_i) by
    systematic sampling. A loss weighted with 1 / pi_i has the expectation of the loss over all pairs (Horvitz and
    Thompson 1952). With `size` of at least P every pair comes, in random order.
    """
    generator = np.random.default_rng(seed)
    worth = given.share * given.reliability(tau2)
    chance = np.ones_like(worth)
    if size < len(worth):
        chance = _inclusion(worth, size)
    order = generator.permutation(len(worth))
    steps = np.floor(np.cumsum(chance[order]) + generator.random())
    taken = order[np.diff(steps, prepend=0.0) >= 1.0] if size < len(worth) else order
    return taken.astype(np.int64), 1.0 / chance[taken]


def _inclusion(worth: Array, size: int) -> Array:
    """Probabilities min(1, c * worth) that sum to `size`."""
    chance = np.zeros_like(worth)
    sure = np.zeros(len(worth), bool)
    for _ in range(len(worth)):
        free = size - int(sure.sum())
        total = float(worth[~sure].sum())
        chance = np.where(sure, 1.0, worth * (free / total if total > 0 else 0.0))
        above = (chance > 1.0) & ~sure
        if not above.any():
            break
        sure |= above
    return np.minimum(chance, 1.0)
