"""What goes into the comparison of a reward model, and from raw predictions to what it says."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from pushgen.protocols import Comparison, Floats
from pushgen.statistics.calibration import Residual, normal_probability


def captions_of(
    texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None
) -> Sequence[str | None]:
    """One caption or None for each pair. Raises `ValueError` where the sides or the captions differ in number."""
    if len(texts_a) != len(texts_b):
        raise ValueError(f"expected as many texts on both sides, found {len(texts_a)} and {len(texts_b)}")
    if captions is not None and len(captions) != len(texts_a):
        raise ValueError(f"expected one caption or None per pair, found {len(captions)} for {len(texts_a)}")
    return [None] * len(texts_a) if captions is None else captions


def comparison(raw: ArrayLike, residual: Residual) -> Comparison:
    """Mean and win probability of raw differences, shape (P,): antisymmetric, and exactly 0 and 0.5 at 0."""
    return from_means(residual.slope * np.asarray(raw, np.float64), residual.scale)


def from_means(mean: ArrayLike, scale: float) -> Comparison:
    """Win probability of mean log-CTR ratios of any shape, given the residual's standard deviation."""
    mean = np.asarray(mean, np.float64)
    # The smaller half is computed and the other taken from it, so that both add up to 1.
    lower = normal_probability(-np.abs(mean) / scale)
    p_a = np.where(mean > 0, 1.0 - lower, lower)
    return Comparison(mean.astype(np.float32), p_a.astype(np.float32))


def win_matrix(utilities: Floats, scale: float) -> Floats:
    """Probability p[i, j] that i beats j, shape (K, K), from expected log-CTRs up to a constant, shape (K,)."""
    utility_K = utilities.astype(np.float64)
    return from_means(utility_K[:, None] - utility_K[None, :], scale).p_a
