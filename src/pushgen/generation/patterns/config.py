"""What makes a phrase of the log a pattern."""

from dataclasses import dataclass, field

from pushgen.errors import ConfigurationError
from pushgen.generation.collapse import CollapseConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternsConfig:
    """How frames are mined."""

    least_contents: int = 3
    """Contents that a phrase must have been written for: what is said of several contents is the log's voice, what is
    said of one may be a fact of it."""
    max_from_source: float = 0.2
    """Largest mean share of a phrase's words that stand in the captions: above it the phrase tells of its contents."""
    least_per_style: int = 2
    """Contents that a frame must have been written for in one style."""
    max_frames: int = 40
    """Frames kept per style and language, the best supported ones."""
    fill: bool = True
    """Styles that the log has no frame for take the packaged ones."""
    validation: float = 0.1
    """Share of the contents that no frame is mined from; the generator is measured on them."""
    collapse: CollapseConfig = field(default_factory=CollapseConfig)

    def __post_init__(self) -> None:
        if min(self.least_contents, self.least_per_style) < 2 or self.max_frames < 1:
            raise ConfigurationError("patterns: least_contents and least_per_style must be at least 2, max_frames 1")
        if not 0 <= self.max_from_source <= 1 or not 0 < self.validation < 1:
            raise ConfigurationError("patterns: max_from_source and validation must be shares")
