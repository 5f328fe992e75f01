"""From strengths to a selection, the same for every selector: order, ties, candidates that may not be chosen."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.protocols import Floats
from pushgen.records import Candidate, Content, Rival, Selection

Array: TypeAlias = NDArray[np.float64]
Strengths: TypeAlias = Callable[[Array], Array]
"""From win probabilities (K, K), rows in the order of the candidate ids, to one number per candidate, (K,)."""
DIGITS = 7
"""Strengths that agree so far tie, so that the last bit of a sum decides nothing."""


def select_by(
    strengths: Strengths,
    content: Content,
    candidates: Sequence[Candidate],
    p_win: Floats,
    *,
    barred: Mapping[str, str],
    rivals: int,
) -> Selection:
    """The strongest candidate that is not barred; where all are, the strongest. Ties go to the smallest candidate id.

    `barred` holds reasons by candidate id; they stay with the candidates among the rivals, of which `rivals` are kept,
    all for 0. Raises `ConfigurationError` where the matrix does not fit the candidates.
    """
    count = len(candidates)
    if not count or p_win.shape != (count, count):
        raise ConfigurationError(
            f"expected at least one candidate and a win matrix of shape ({count}, {count}), found {p_win.shape}"
        )
    ids = [candidate.candidate_id for candidate in candidates]
    order = sorted(range(count), key=ids.__getitem__)
    # Computed in the order of the ids, so that the order given does not decide.
    ranked = p_win[np.ix_(order, order)].astype(np.float64)
    strength: list[float] = np.round(strengths(ranked), DIGITS).tolist()
    standing = sorted(range(count), key=lambda index: (-strength[index], index))
    best = next((index for index in standing if ids[order[index]] not in barred), standing[0])
    others = [index for index in standing if index != best]
    chosen = candidates[order[best]]
    return Selection(
        content_id=content.content_id,
        candidate_id=chosen.candidate_id,
        title=chosen.title,
        body=chosen.body,
        style=chosen.style,
        language=chosen.language,
        p_win=mean_win(ranked)[best],
        generator=chosen.generator,
        rivals=tuple(
            Rival(
                candidate_id=(rival := candidates[order[index]]).candidate_id,
                text=rival.text,
                style=rival.style,
                p_beaten=float(ranked[best, index]),
                barred=barred.get(rival.candidate_id),
            )
            for index in (others[:rivals] if rivals else others)
        ),
        reason=_reason(standing[: standing.index(best)], [ids[index] for index in order], ids[order[best]], barred),
    )


def mean_win(p_win: Array) -> list[float]:
    """Mean probability of each candidate to beat the others, 0.5 for a candidate alone."""
    count = len(p_win)
    beaten = p_win.copy()
    np.fill_diagonal(beaten, 0.0)
    sums: list[float] = beaten.sum(axis=1).tolist()
    return [round(total / (count - 1), DIGITS) for total in sums] if count > 1 else [0.5]


def _reason(stronger: Sequence[int], ids: Sequence[str], chosen: str, barred: Mapping[str, str]) -> str | None:
    """Why it was not the strongest, or why a barred one; None where the strongest was free to be chosen."""
    if chosen in barred:
        return f"no candidate was free to be chosen; the strongest: {barred[chosen]}"
    if stronger:
        first = ids[stronger[0]]
        more = f" and {len(stronger) - 1} more" if len(stronger) > 1 else ""
        return f"stronger but barred: {first} ({barred[first]}){more}"
    return None
