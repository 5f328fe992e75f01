"""From rows of interactions to histories of item numbers, 8 bytes an interaction."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.progress import bar
from pushgen.recommend.data.catalogue import Catalogue
from pushgen.recommend.data.filter import Filtered
from pushgen.recommend.data.jagged import Jagged, concatenate, offsets_of


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Every user's whole history."""

    user_ids: pl.Series
    """Shape (U,); the number of a user is the place here."""
    items: Jagged
    """One row per user, oldest first. Where every interaction has a time, `time` in Unix seconds lies beside."""
    catalogue: Catalogue


def histories(kept: Filtered, *, times: bool = False) -> Histories:
    """The histories of what a filter keeps, read part by part; the catalogue is its items, sorted by id."""
    catalogue = Catalogue(kept.items["item_id"])
    users: list[pl.Series] = []
    rows: list[Jagged] = []
    with bar("reading histories", kept.rows) as shown:
        for part in kept.parts():
            runs = part["user_id"].rle()
            beside: dict[str, NDArray[Any]] = {"time": seconds(part["time"])} if times else {}
            users.append(runs.struct.field("value"))
            offsets = offsets_of(runs.struct.field("len").to_numpy().astype(np.int64))
            rows.append(Jagged(catalogue.numbers(part["item_id"]), offsets, beside))
            shown.advance(part.height)
    user_ids = pl.concat(users) if users else pl.Series(dtype=pl.String)
    return Histories(user_ids.alias("user_id"), concatenate(rows), catalogue)


def seconds(times: pl.Series) -> NDArray[np.int64]:
    """Unix seconds of instants without null, shape (N,)."""
    return times.dt.epoch("s").to_numpy().astype(np.int64)
