"""The candidate with the highest mean probability to beat the others (PushGen, section 2.2: all pairs are compared).

The paper does not say how the pairs are joined into one order; the mean win probability is the Borda count of a
calibrated model and needs no fit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.protocols import Floats
from pushgen.records import Candidate, Content, Selection
from pushgen.selection.standing import mean_win, select_by


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanWinSelector:
    """Mean over all rivals of the probability to beat them; ties go to the smallest candidate id."""

    rivals: int = 20
    """Runners-up that a selection keeps, best first; 0 keeps all."""
    name: str = "mean-win"

    def select(
        self, content: Content, candidates: Sequence[Candidate], p_win: Floats, barred: Mapping[str, str] | None = None
    ) -> Selection:
        """One selection. A single candidate has no rival and a `p_win` of 0.5.

        Raises `ConfigurationError` where the matrix does not fit the candidates.
        """
        return select_by(
            lambda p: np.array(mean_win(p)), content, candidates, p_win, barred=barred or {}, rivals=self.rivals
        )
