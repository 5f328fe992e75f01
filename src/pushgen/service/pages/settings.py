"""What can be set of the pages."""

from dataclasses import dataclass
from pathlib import Path

from pushgen.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesConfig:
    """The pages under /pages."""

    session_hours: float = 12.0
    """Hours after which a person signs in again."""
    media: Path | None = None
    """Folder of pictures and videos that contents name by a path in it. Pages load nothing from other hosts."""
    curve: Path | None = None
    """What `pushgen evaluate curve --json FILE` wrote, for the page that says whether there is enough data."""

    def __post_init__(self) -> None:
        if not 0.0 < self.session_hours <= 24.0 * 90:
            raise ConfigurationError(f"session_hours must lie in (0, 2160], found {self.session_hours}")
        if self.media is not None and not self.media.is_dir():
            raise ConfigurationError(f"media must be a folder, found {self.media}")
        if self.curve is not None and not self.curve.is_file():
            raise ConfigurationError(f"curve must be a file, found {self.curve}")
