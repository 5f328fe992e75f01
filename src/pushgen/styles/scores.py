"""From scores per style to labels."""

from collections.abc import Sequence

import numpy as np

from pushgen.protocols import Floats, StyleLabel


def softmax(logits_NS: Floats) -> Floats:
    """Probabilities over the last axis."""
    shifted = np.exp(logits_NS - logits_NS.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def as_labels(logits_NS: Floats, ids: Sequence[str]) -> list[StyleLabel]:
    """The likeliest style of each row with its probability; the earlier style wins a tie."""
    probabilities = softmax(logits_NS)
    best: list[int] = logits_NS.argmax(axis=-1).tolist()
    return [StyleLabel(ids[place], float(row[place])) for place, row in zip(best, probabilities, strict=True)]
