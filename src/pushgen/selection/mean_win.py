"""The candidate with the highest mean probability to beat the others (PushGen, section 2.2: all pairs are compared).

The paper does not say how the pairs are joined into one order; the mean win probability is the Borda count of a
calibrated model and needs no fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.protocols import Floats
from pushgen.records import Candidate, Content, Rival, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanWinSelector:
    """Mean over all rivals of the probability to beat them; ties go to the smallest candidate id."""

    rivals: int = 20
    """Runners-up that a selection keeps, best first; 0 keeps all."""
    name: str = "mean-win"

    def select(self, content: Content, candidates: Sequence[Candidate], p_win: Floats) -> Selection:
        """One selection. A single candidate has no rival and a `p_win` of 0.5.

        Raises `ConfigurationError` where the matrix does not fit the candidates.
        """
        count = len(candidates)
        if not count or p_win.shape != (count, count):
            raise ConfigurationError(
                f"expected at least one candidate and a win matrix of shape ({count}, {count}), found {p_win.shape}"
            )
        ids = [candidate.candidate_id for candidate in candidates]
        order = sorted(range(count), key=ids.__getitem__)
        # Summed in the order of the ids and rounded, so that neither the order given nor the last bit decides.
        ranked = p_win[np.ix_(order, order)].astype(np.float64)
        np.fill_diagonal(ranked, 0.0)
        sums: list[float] = ranked.sum(axis=1).tolist()
        means = [round(total / (count - 1), 7) for total in sums] if count > 1 else [0.5]
        standing = sorted(range(count), key=lambda index: (-means[index], index))
        best = standing[0]
        kept = standing[1:] if self.rivals == 0 else standing[1 : self.rivals + 1]
        chosen = candidates[order[best]]
        return Selection(
            content_id=content.content_id,
            candidate_id=chosen.candidate_id,
            title=chosen.title,
            body=chosen.body,
            style=chosen.style,
            language=chosen.language,
            p_win=means[best],
            generator=chosen.generator,
            rivals=tuple(
                Rival(
                    candidate_id=(rival := candidates[order[index]]).candidate_id,
                    text=rival.text,
                    style=rival.style,
                    p_beaten=float(ranked[best, index]),
                )
                for index in kept
            ),
        )
