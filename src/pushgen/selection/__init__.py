"""From candidates and a reward model to one choice per content."""

from pushgen.protocols import Selector
from pushgen.selection.bradley_terry import BradleyTerrySelector
from pushgen.selection.mean_win import MeanWinSelector
from pushgen.selection.settings import SelectionConfig
from pushgen.selection.terms import Terms, incumbent_of
from pushgen.selection.tournament import choose, win_matrices

__all__ = [
    "BradleyTerrySelector",
    "MeanWinSelector",
    "SelectionConfig",
    "Terms",
    "choose",
    "incumbent_of",
    "open_selector",
    "win_matrices",
]


def open_selector(config: SelectionConfig) -> Selector:
    """The selector that a configuration names."""
    if config.selector == "mean-win":
        return MeanWinSelector(rivals=config.rivals)
    link = "logistic" if config.selector == "bradley-terry" else "normal"
    return BradleyTerrySelector(link=link, rivals=config.rivals)
