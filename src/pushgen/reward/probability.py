"""From raw predictions to what a reward model says."""

import numpy as np
from numpy.typing import ArrayLike

from pushgen.protocols import Comparison
from pushgen.statistics.calibration import Residual, normal_probability


def comparison(raw: ArrayLike, residual: Residual) -> Comparison:
    """Mean and win probability of raw differences, shape (P,): antisymmetric, and exactly 0 and 0.5 at 0."""
    mean = residual.slope * np.asarray(raw, np.float64)
    # The smaller half is computed and the other taken from it, so that both add up to 1.
    lower = normal_probability(-np.abs(mean) / residual.scale)
    p_a = np.where(mean > 0, 1.0 - lower, lower)
    return Comparison(mean.astype(np.float32), p_a.astype(np.float32))
