"""From candidates and a reward model to one choice per content."""

from pushgen.selection.mean_win import MeanWinSelector
from pushgen.selection.tournament import choose, win_matrices

__all__ = ["MeanWinSelector", "choose", "win_matrices"]
