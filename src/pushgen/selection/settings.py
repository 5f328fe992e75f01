"""What can be set of a choice."""

from dataclasses import dataclass
from typing import Literal

from pushgen.errors import ConfigurationError

SelectorName = Literal["mean-win", "bradley-terry", "thurstone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionConfig:
    """How one candidate is chosen."""

    selector: SelectorName = "mean-win"
    """`mean-win`: the highest mean probability to beat the others. `bradley-terry`: the highest strength by maximum
    likelihood; over all pairs it ranks as `mean-win` does. `thurstone`: the same with the normal distribution that win
    probabilities come from. They can differ only where a model of the kind `pair` contradicts itself."""
    rivals: int = 20
    """Runners-up that a selection keeps, best first; 0 keeps all."""
    margin: float = 0.5
    """Least probability with which the best candidate must beat the incumbent of its content to replace it."""
    diversity: float | None = None
    """Jaccard similarity from which a candidate counts as a near-copy of a text chosen for another content or sent
    before, and is not chosen while another is there; none lets near-copies be."""

    def __post_init__(self) -> None:
        if self.rivals < 0 or not 0.0 <= self.margin <= 1.0:
            raise ConfigurationError(
                f"selection: rivals must be at least 0 and margin lie in [0, 1], found {self.rivals} and {self.margin}"
            )
        if self.diversity is not None and not 0.0 < self.diversity <= 1.0:
            raise ConfigurationError(f"selection: diversity must lie in (0, 1], found {self.diversity}")
