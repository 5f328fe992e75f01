"""Where a reward model comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a model remembers of its training; it lies in `config.json`."""

    backbone: str = "own"
    holdout: float = 0.0
    """Share of contents that `pushgen.splits` kept from this model."""
    salt: str = ""
    """Salt of that split."""
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """SHA-256 of each log it was trained on."""
    licences: Mapping[str, str] = field(default_factory=dict[str, str])
    """Terms of each log, in words."""
    held_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """Figures with intervals on the contents that were kept from it."""
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What training saw: pairs, texts, truncation, validation."""
