"""The sample-ratio test: did the arms get the shares of the traffic that they were promised?"""

import numpy as np
from numpy.typing import ArrayLike

from pushgen.errors import ConfigurationError


def sample_ratio_p(counts: ArrayLike, weights: ArrayLike | None = None) -> float:
    """p-value of Pearson's chi-squared test that counts of shape (K,) follow the weights; equal ones by default.

    NaN where there is nothing to test: fewer than two arms, or no count at all.
    """
    from scipy.special import chdtrc  # pyright: ignore[reportMissingTypeStubs]

    count_K = np.asarray(counts, np.float64)
    weight_K = np.ones_like(count_K) if weights is None else np.asarray(weights, np.float64)
    if weight_K.shape != count_K.shape or (weight_K <= 0).any():
        raise ConfigurationError(f"expected one weight above 0 for each of {count_K.size} arms, found {weights!r}")
    if count_K.size < 2 or not count_K.sum():
        return float("nan")
    expected = count_K.sum() * weight_K / weight_K.sum()
    return float(chdtrc(count_K.size - 1.0, ((count_K - expected) ** 2 / expected).sum()))
