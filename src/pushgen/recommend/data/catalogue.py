"""The items that a model knows, each with a number. Models speak of numbers, logs and people of ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from pushgen.errors import InputError
from pushgen.manifest import fingerprint
from pushgen.recommend.data.jagged import NONE, Ids, Jagged


@dataclass(frozen=True, eq=False)
class Catalogue:
    """I items in a fixed order; the number of an item is its place."""

    item_ids: pl.Series
    """Distinct ids, shape (I,), `String`."""

    def __post_init__(self) -> None:
        if self.item_ids.n_unique() != len(self.item_ids):
            twice = self.item_ids.filter(self.item_ids.is_duplicated())[0]
            raise InputError(
                field="item_id",
                expected="every item once",
                found=f"{twice!r} several times",
                remedy="Leave one row per item in the catalogue.",
            )

    @classmethod
    def of(cls, item_ids: Iterable[str]) -> "Catalogue":
        return cls(pl.Series("item_id", list(item_ids), pl.String))

    def __len__(self) -> int:
        """Number of items, I."""
        return len(self.item_ids)

    def numbers(self, item_ids: pl.Series | Sequence[str]) -> Ids:
        """The number of each id, `NONE` for an item that is not in the catalogue; shape (N,)."""
        asked = item_ids if isinstance(item_ids, pl.Series) else pl.Series("item_id", item_ids, pl.String)
        found = asked.alias("item_id").to_frame().join(self._places, on="item_id", how="left", maintain_order="left")
        return found["number"].fill_null(NONE).to_numpy().astype(np.int64)

    def ids(self, numbers: ArrayLike) -> pl.Series:
        """The id of each number, null for `NONE`; shape (N,)."""
        asked = np.asarray(numbers, np.int64).reshape(-1)
        places = pl.Series(asked, dtype=pl.Int64)
        return self.item_ids.gather(places.set(places == NONE, None)).alias("item_id")

    def histories(self, rows: Iterable[Sequence[str]]) -> tuple[Jagged, int]:
        """Histories of item ids as numbers, and how many entries are of items that are not in the catalogue.

        Those entries are left out.
        """
        listed = [list(row) for row in rows]
        flat = self.numbers([item_id for row in listed for item_id in row])
        whole = Jagged(flat, np.cumsum([0, *(len(row) for row in listed)], dtype=np.int64))
        return whole.where(flat != NONE), int((flat == NONE).sum())

    @cached_property
    def fingerprint(self) -> str:
        """Tells whether two models number the same items in the same way."""
        return fingerprint(self.item_ids.to_list())

    @cached_property
    def _places(self) -> pl.DataFrame:
        return pl.DataFrame({"item_id": self.item_ids, "number": pl.arange(len(self), eager=True)})
