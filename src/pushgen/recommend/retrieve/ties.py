"""What decides between items that a model holds for equal, and for a user of whom nothing is known: popularity."""

import numpy as np

from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.protocols import Floats

WEIGHT = 1e-6
"""Below any difference that a model makes on purpose."""


def tie_break(training: Jagged, items: int) -> Floats:
    """What to add to scores, shape (I,), at most `WEIGHT`: proportional to the interactions of training."""
    counts = np.bincount(training.values, minlength=items).astype(np.float32)
    return WEIGHT * counts / max(float(counts.max(initial=0.0)), 1.0)
