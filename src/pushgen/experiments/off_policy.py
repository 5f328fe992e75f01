"""What another policy would have earned, from a log whose policy wrote down the probability of what it did.

With w = target probability / logged probability of the action taken:

* IPS: mean of w r. Horvitz and Thompson, JASA 47 (1952).
* SNIPS: sum of w r / sum of w. Swaminathan and Joachims, NeurIPS 2015.
* Doubly robust: mean of V + w (r - q), where q is a predicted reward of the action taken and V its mean under the
  target policy; right where the probabilities or the predictions are. Dudik, Langford and Li, ICML 2011.

Weights are clipped at the square root of the number of rows (Ionides, Journal of Computational and Graphical Statistics
17, 2008), which bounds what one row can do; the doubly robust estimate leaves to the prediction what clipping cuts off.

Clicks are rare, so an estimate is a sum of a few dozen weights and skewed: a normal interval misses on the upper side.
The interval is the mid-p gamma interval for weighted sums of rare events, which thinks of one more click of the largest
weight: Fay and Kim, Biometrical Journal 59 (2017), eq. 4. An estimate at or below 0 has the normal one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import InputError
from pushgen.statistics.shrinkage import fit_beta

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValue:
    """Mean reward per row that a policy would have had."""

    value: float
    error: float
    """Standard error."""
    low: float
    high: float
    effective_size: float
    """(sum of w)^2 / sum of w^2 after clipping: how many rows of the target policy's own log this one is worth."""
    clipped: float
    """Share of the rows whose weight was clipped."""
    weight: float
    """Mean weight before clipping; far from 1 the logged probabilities are not those that were used."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Importance weights of a log."""

    raw_N: Array
    used_N: Array

    @property
    def effective_size(self) -> float:
        total = float(self.used_N.sum())
        return total**2 / float(self.used_N @ self.used_N) if total else 0.0


def weigh(target: ArrayLike, logged: ArrayLike, clip: float | None = None) -> Weights:
    """Weights from both policies' probabilities of the action taken, shape (N,).

    `clip` is the largest weight; by default sqrt(N), infinite for none. Raises `InputError` with the row where a
    probability cannot be.
    """
    target_N, logged_N = np.asarray(target, np.float64), np.asarray(logged, np.float64)
    _refuse(~((logged_N > 0) & (logged_N <= 1)), logged_N, "logged probability", "in (0, 1]")
    _refuse(~((target_N >= 0) & (target_N <= 1)), target_N, "target probability", "in [0, 1]")
    raw = target_N / logged_N
    limit = float(np.sqrt(len(raw))) if clip is None else clip
    return Weights(raw, np.minimum(raw, limit))


def ips(reward: ArrayLike, weights: Weights, level: float = 0.95) -> PolicyValue:
    """Inverse propensity score; rewards of shape (N,), at least 0."""
    return _estimate(weights.used_N * np.asarray(reward, np.float64), weights, level)


def snips(reward: ArrayLike, weights: Weights, level: float = 0.95) -> PolicyValue:
    """Self-normalised: a small bias for less variance; its error by the delta method."""
    reward_N, mean = np.asarray(reward, np.float64), float(weights.used_N.mean())
    if not mean:
        return _estimate(np.zeros_like(reward_N), weights, level)
    value = float(weights.used_N @ reward_N) / float(weights.used_N.sum())
    return _estimate(value + weights.used_N * (reward_N - value) / mean, weights, level)


def doubly_robust(
    reward: ArrayLike, weights: Weights, predicted: ArrayLike, expected: ArrayLike, level: float = 0.95
) -> PolicyValue:
    """`predicted` is the predicted reward of the action taken, `expected` its mean under the target policy, both (N,).

    A prediction must not have seen the reward of its own row: `cross_fitted` gives such ones.
    """
    q_N, v_N = np.asarray(predicted, np.float64), np.asarray(expected, np.float64)
    return _estimate(v_N + weights.used_N * (np.asarray(reward, np.float64) - q_N), weights, level)


def cross_fitted(
    action: ArrayLike, reward: ArrayLike, target_policy: ArrayLike, *, folds: int = 5, seed: int = 0
) -> tuple[Array, Array]:
    """Shrunk reward rates per action, each row predicted from the other folds: `predicted` and `expected`, (N,).

    `action` holds whole numbers below A, shape (N,), `reward` 0 or 1, and `target_policy` the target's probability of
    every action in every row, shape (N, A).
    """
    action_N, reward_N = np.asarray(action, np.int64), np.asarray(reward, np.float64)
    policy_NA = np.asarray(target_policy, np.float64)
    fold_N = np.random.default_rng(seed).permutation(len(action_N)) % folds
    predicted, expected = np.zeros(len(action_N)), np.zeros(len(action_N))
    for fold in range(folds):
        others, own = fold_N != fold, fold_N == fold
        hits, trials = (
            np.bincount(action_N[others], weights=values, minlength=policy_NA.shape[1]).astype(np.float64)
            for values in (reward_N[others], None)
        )
        rate_A = fit_beta(hits, trials).shrink(hits, trials)
        predicted[own], expected[own] = rate_A[action_N[own]], policy_NA[own] @ rate_A
    return predicted, expected


def _estimate(part_N: Array, weights: Weights, level: float) -> PolicyValue:
    count = len(part_N)
    if count < 2:
        raise InputError(
            field="reward",
            expected="a log of at least two rows",
            found=f"{count} rows",
            remedy="Give the rows that the logging policy chose, clicked or not.",
        )
    value, error = float(part_N.mean()), float(part_N.std(ddof=1) / np.sqrt(count))
    low, high = _interval(value, error, float(weights.used_N.max()) / count, level)
    return PolicyValue(
        value=value,
        error=error,
        low=low,
        high=high,
        effective_size=weights.effective_size,
        clipped=float((weights.raw_N > weights.used_N).mean()),
        weight=float(weights.raw_N.mean()),
    )


def _interval(value: float, error: float, one_more: float, level: float) -> tuple[float, float]:
    """Ends of the mid-p gamma interval; `one_more` is what one further reward could add to the value at most."""
    from scipy.optimize import brentq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
    from scipy.special import gammainc, ndtri  # pyright: ignore[reportMissingTypeStubs]

    tail, variance = (1.0 - level) / 2.0, error**2
    if value <= 0 or variance <= 0:
        half = float(ndtri(1.0 - tail)) * error
        # Without any reward the rule of three, at the largest weight.
        return value - half, value + half if variance > 0 else value - one_more * float(np.log(tail))
    above, more = value + one_more, variance + one_more**2

    def excess(x: float, share: float) -> float:
        lower = gammainc(value**2 / variance, x * value / variance)
        upper = gammainc(above**2 / more, x * above / more)
        return float(0.5 * (lower + upper)) - share

    far = above + 50.0 * float(np.sqrt(more))
    low, high = (float(brentq(excess, 0.0, far, args=(share,), xtol=1e-15)) for share in (tail, 1.0 - tail))  # pyright: ignore
    return low, high


def _refuse(bad_N: NDArray[np.bool_], values_N: Array, field: str, expected: str) -> None:
    if bad_N.any():
        row = int(bad_N.argmax())
        raise InputError(
            field=field,
            row=row + 1,
            expected=f"a probability {expected}",
            found=repr(float(values_N[row])),
            remedy="Log the probability with which the action was chosen; leave rows without one out.",
        )
