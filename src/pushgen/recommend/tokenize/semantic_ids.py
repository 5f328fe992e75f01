"""The table from items to their codes and back, which ships with every model that speaks in codes.

Two items with the same codes cannot be told apart, so that a generative model needs one more level that counts the
items of a group (the disambiguation code of TIGER, arXiv 2305.05065, section 3.1).

Shapes: I items, M levels, N asked rows, W width of a level's codebook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import InputError
from pushgen.recommend.data.jagged import NONE, Ids

Floats = NDArray[np.float32]
FILE = "semantic_ids.safetensors"


@dataclass(frozen=True, slots=True)
class Collisions:
    """How far the codes tell items apart."""

    items: int
    """Items of the table."""
    groups: int
    """Distinct rows of codes."""
    shared: int
    """Items whose codes another item has too."""
    largest: int
    """Items of the largest group with equal codes."""


@dataclass(frozen=True, slots=True, eq=False)
class SemanticIds:
    """M codes per item; code m of an item lies in 0 to `sizes[m]` - 1."""

    codes: Ids
    """Shape (I, M), int64."""
    sizes: tuple[int, ...]
    """Codes that a level has, M numbers."""
    codebooks: tuple[Floats, ...] = ()
    """What the codes of the first levels stand for, each (sizes[m], W); a model may start from them."""

    def __post_init__(self) -> None:
        good = self.codes.ndim == 2 and self.codes.shape[1] == len(self.sizes) > 0
        if not good or (self.codes < 0).any() or (self.codes >= np.array(self.sizes)).any():
            raise InputError(
                field="codes",
                expected=f"a row of {len(self.sizes)} codes per item, each below the size of its level {self.sizes}",
                found=f"an array of shape {self.codes.shape} with values up to {self.codes.max(initial=-1)}",
                remedy="Give the sizes of the quantiser that made the codes.",
            )

    @classmethod
    def atomic(cls, items: int) -> "SemanticIds":
        """One level, one code per item: the plain item id as a special case."""
        return cls(np.arange(items, dtype=np.int64)[:, None], (items,))

    def __len__(self) -> int:
        """Number of items, I."""
        return len(self.codes)

    @property
    def collisions(self) -> Collisions:
        _, counts = np.unique(self.codes, axis=0, return_counts=True)
        shared = counts[counts > 1]
        return Collisions(len(self), len(counts), int(shared.sum()), int(counts.max(initial=0)))

    def distinct(self) -> "SemanticIds":
        """The same with one more level where codes collide: the place of an item among those that share its codes.

        Earlier items keep their place when items are added behind them.
        """
        if self.collisions.shared == 0:
            return self
        place = _place_in_group(self.codes)
        return SemanticIds(np.column_stack((self.codes, place)), (*self.sizes, int(place.max()) + 1), self.codebooks)

    def extend(self, codes: Ids) -> "SemanticIds":
        """The table with new items behind the old ones, whose numbers stay; no level grows, so a trained model fits.

        `codes` come from the quantiser of the old ones, (N, M) or, without the level that `distinct` added,
        (N, M - 1): that level then goes on counting, and begins anew where it is full.
        """
        missing = len(self.sizes) - codes.shape[1]
        whole = np.concatenate((self.codes[:, : codes.shape[1]], codes))
        if missing == 1:
            whole = np.column_stack((whole, _place_in_group(whole) % self.sizes[-1]))
            whole[: len(self)] = self.codes
        return SemanticIds(whole, self.sizes, self.codebooks)

    def items_of(self, codes: ArrayLike) -> Ids:
        """The item of each row of codes, `NONE` for codes that no item has; shape (N,). Of equal items, the first."""
        asked = np.asarray(codes, np.int64).reshape(-1, len(self.sizes))
        valid = np.all((asked >= 0) & (asked < np.array(self.sizes)), axis=1)
        known, first = np.unique(_keys(self.codes, self.sizes), return_index=True)
        keys = _keys(np.where(valid[:, None], asked, 0), self.sizes)
        if not len(known):
            return np.full(len(asked), NONE, np.int64)
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(valid & (known[place] == keys), first[place], NONE)

    def save(self, folder: Path) -> None:
        """Writes `semantic_ids.safetensors` into a model's folder."""
        from safetensors.numpy import save_file

        arrays = {"codes": np.ascontiguousarray(self.codes), "sizes": np.array(self.sizes, np.int64)}
        arrays |= {f"codebook_{level}": np.ascontiguousarray(book) for level, book in enumerate(self.codebooks)}
        folder.mkdir(parents=True, exist_ok=True)
        save_file(arrays, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> "SemanticIds":
        """Raises `InputError` where the folder holds no such table."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            arrays = load_file(folder / FILE)
            books = [arrays[f"codebook_{level}"] for level in range(len(arrays) - 2)]
            return cls(arrays["codes"], tuple(int(size) for size in arrays["sizes"]), tuple(books))
        except (OSError, SafetensorError, KeyError) as error:
            raise InputError(
                file=str(folder / FILE),
                expected="the codes of a model's items",
                found=str(error).strip().splitlines()[0],
                remedy="Copy the whole folder of the model again, or train it again.",
            ) from error


def _place_in_group(codes: Ids) -> Ids:
    """How many earlier rows are equal to each row."""
    _, group = np.unique(codes, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group)
    place = np.empty(len(codes), np.int64)
    place[order] = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place


def _keys(codes: Ids, sizes: Sequence[int]) -> Ids:
    """Each row as one number."""
    if float(np.prod(np.array(sizes, np.float64))) >= 2**62:
        raise ValueError(f"codes of the sizes {tuple(sizes)} do not fit one 64-bit number")
    return np.asarray(np.ravel_multi_index(tuple(codes.T), tuple(sizes)), np.int64)
