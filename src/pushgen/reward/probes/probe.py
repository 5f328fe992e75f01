"""All probes of one model on the pairs of one log: edits of real texts, then what measures and styles are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import InputError
from pushgen.protocols import RewardModel, StyleLabeller
from pushgen.reward.arms import arms_of
from pushgen.reward.evidence import evidence, usable
from pushgen.reward.probes.association import Association, Associations, NearCopies, near_copies
from pushgen.reward.probes.sensitivity import Sensitivity, sensitivities
from pushgen.statistics.bootstrap import ClusterBootstrap
from pushgen.text.measures import MEASURES
from pushgen.text.near_copies import similarity

NEAR_COPY = 0.8
"""Jaccard similarity from which two arms of an experiment count as near-copies."""
LEAST_PAIRS = 30
"""Pairs that a style needs: fewer say nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What the probes found."""

    edits: Sequence[Sensitivity]
    measures: Sequence[Association]
    styles: Sequence[Association]
    """One per style with enough pairs: the arms of that style against the other arms of their experiments."""
    labeller: str | None
    """Who told the styles; None where nobody was asked."""
    near_copies: NearCopies
    pairs: int
    experiments: int
    texts: int
    left_out: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the verdicts."""
        values = asdict(self)
        for name in ("measures", "styles"):
            for row, found in zip(values[name], getattr(self, name), strict=True):
                row["verdict"] = found.verdict
        values["near_copies"]["overstates"] = self.near_copies.overstates
        return values


def probe(
    judge: RewardModel,
    pairs: pl.DataFrame,
    mean_P: ArrayLike,
    *,
    labeller: StyleLabeller | None = None,
    most: int = 1000,
    draws: int = 2000,
    seed: int = 0,
) -> Probes:
    """Probes a model on a frame of `tables.PAIRS` whose experiments it has not seen.

    Args:
        judge: The model, which is asked about edited texts.
        pairs: Pairs of arms with their counts.
        mean_P: What the model says of them, the mean log-CTR ratio of each row.
        labeller: Tells the styles; without one they are left out.
        most: Texts per edit.
        draws: Resamples behind the intervals.
        seed: Of the draw of texts and of the resamples.

    Raises `InputError` where no pair has clicks.
    """
    known = pairs.with_columns(pl.Series("__mean", np.asarray(mean_P, np.float64)))
    kept = usable(known)
    if not kept.height:
        raise InputError(
            expected="pairs of arms with impressions and clicks",
            found=f"none among {pairs.height} pairs",
            remedy="Probe on a log with more experiments.",
        )
    mean, given = kept["__mean"].to_numpy(), evidence(kept)
    over = ClusterBootstrap(kept["experiment_id"], draws=draws, seed=seed)
    inside = Associations(given, mean, over)
    texts = sorted({*kept["text_a"].to_list(), *kept["text_b"].to_list()})
    measured = {name: {text: measure(text) for text in texts} for name, measure in MEASURES.items()}
    arms = arms_of(kept)
    contents = dict(kept.select("experiment_id", "content_id").iter_rows())
    return Probes(
        edits=sensitivities(
            judge,
            arms.texts,
            arms.captions,
            [contents[experiment] for experiment in arms.keys["experiment_id"]],
            most=most,
            draws=draws,
            seed=seed,
        ),
        measures=[inside.of(name, _differences(kept, values)) for name, values in measured.items()],
        styles=_styles(kept, texts, labeller, inside) if labeller else [],
        labeller=labeller.name if labeller else None,
        near_copies=near_copies(given, mean, _copies(kept), over),
        pairs=kept.height,
        experiments=kept["experiment_id"].n_unique(),
        texts=len(texts),
        left_out={"pairs without impressions or clicks": pairs.height - kept.height},
    )


def _differences(pairs: pl.DataFrame, values: Mapping[str, float]) -> NDArray[np.float64]:
    """Value of text a less that of text b, shape (P,)."""
    return np.array([values[a] - values[b] for a, b in pairs.select("text_a", "text_b").iter_rows()], np.float64)


def _styles(
    pairs: pl.DataFrame, texts: Sequence[str], labeller: StyleLabeller, inside: Associations
) -> list[Association]:
    """Each style as a measure of 1 or 0, so that its slope compares its arms with the others of their experiments."""
    style = {text: label.style for text, label in zip(texts, labeller.label(texts), strict=True)}
    found: list[Association] = []
    for name in sorted(set(style.values())):
        x = _differences(pairs, {text: float(own == name) for text, own in style.items()})
        if np.count_nonzero(x) >= LEAST_PAIRS:
            found.append(inside.of(name, x, step=1.0))
    return found


def _copies(pairs: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether the texts of each pair are near-copies, shape (P,)."""
    return np.array([similarity(a, b) >= NEAR_COPY for a, b in pairs.select("text_a", "text_b").iter_rows()], bool)
