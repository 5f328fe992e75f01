"""One split for all stages: by content, from a salted hash, so that every command holds out the same experiments.

The split of a content depends on its id alone. It is stable across processes, machines and growing logs.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

import polars as pl

from pushgen.errors import ConfigurationError

SALT = "pushgen-split-1"
HOLDOUT = 0.2
"""Share of contents that no training command reads by default."""
Part = Literal["train", "holdout", "all"]


def position(content_id: str, salt: str = SALT) -> float:
    """Place of a content in [0, 1), uniform over ids."""
    digest = hashlib.sha256(f"{salt}\x1f{content_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_held_out(content_id: str, share: float = HOLDOUT, salt: str = SALT) -> bool:
    """Whether a content belongs to the held-out part."""
    return position(content_id, salt) < share


def fold(content_id: str, folds: int, salt: str = SALT) -> int:
    """Fold of a content, 0 to folds - 1, for cross-validation."""
    return int(position(content_id, f"{salt}-folds") * folds)


def keep(frame: pl.DataFrame, part: Part, share: float = HOLDOUT, salt: str = SALT) -> pl.DataFrame:
    """The rows of a table with a `content_id` that belong to one part."""
    if not 0.0 <= share < 1.0:
        raise ConfigurationError(f"the held-out share must lie in [0, 1), found {share!r}")
    if part == "all":
        return frame
    ids: Iterable[str] = frame["content_id"].unique().to_list()
    held = [content_id for content_id in ids if is_held_out(content_id, share, salt)]
    inside = pl.col("content_id").is_in(held)
    return frame.filter(inside if part == "holdout" else ~inside)
