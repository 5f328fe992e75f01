"""Hashed character n-grams: features for any language, without a model and without training.

The hashing trick with signs of Weinberger et al., Feature Hashing for Large Scale Multitask Learning (2009).
"""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.progress import bar
from pushgen.protocols import Floats

CHUNK_CHARACTERS = 500_000
"""Texts are hashed together up to this many characters; bounds the memory and does not change a row."""
MAX_CHARACTERS = 20_000
"""Characters of one text that are read; what follows is left out."""
_WIDE = ((0x2E80, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
"""Code points of scripts in which one character says much: their single characters count as features too."""


class NgramEncoder:
    """Signed counts of character 1- to 4-grams, dampened by the square root, at unit length.

    Single characters count only in scripts where one character carries meaning (Chinese, Japanese, Korean).
    Rows are the same bits on every machine, in every batch.
    """

    def __init__(self, dimension: int = 512) -> None:
        if dimension < 8:
            raise ConfigurationError(f"the dimension of n-gram features must be at least 8, found {dimension}")
        self.dimension = dimension
        self.name = f"ngrams-1-{dimension}"

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit-length rows, shape (len(texts), dimension)."""
        rows = np.zeros((len(texts), self.dimension), np.float32)
        with bar("Hashing n-grams", len(texts)) as shown:
            for start, codes, owners in _chunks(texts):
                count = int(owners[-1]) + 1
                rows[start : start + count] = self._hash(codes, owners, count)
                shown.advance(count)
        return rows

    def _hash(self, codes: NDArray[np.uint64], owners: NDArray[np.int64], count: int) -> Floats:
        cells: list[NDArray[np.int64]] = []
        signs: list[NDArray[np.float64]] = []
        for size in (1, 2, 3, 4):
            if len(codes) < size:
                break
            last = len(codes) - size + 1
            mixed = np.full(last, size, np.uint64)
            for offset in range(size):
                mixed = _mix(mixed ^ codes[offset : offset + last])
            whole = owners[:last] == owners[size - 1 :]
            keep = whole if size > 1 else whole & _is_wide(codes)
            mixed = mixed[keep]
            cells.append(owners[:last][keep] * self.dimension + (mixed % np.uint64(self.dimension)).astype(np.int64))
            signs.append(1.0 - 2.0 * (mixed >> np.uint64(63)).astype(np.float64))
        # Sums of +1 and -1 are exact in float64, so the order of addition, and with it the batch, cannot matter.
        sums = np.bincount(np.concatenate(cells), np.concatenate(signs), minlength=count * self.dimension)
        dampened = (np.sign(sums) * np.sqrt(np.abs(sums))).reshape(count, self.dimension)
        dampened[~dampened.any(axis=1), 0] = 1.0
        return (dampened / np.linalg.norm(dampened, axis=1, keepdims=True)).astype(np.float32)


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, NDArray[np.uint64], NDArray[np.int64]]]:
    """First index, code points of several texts in a row, and to which text of the chunk each belongs."""
    start = 0
    while start < len(texts):
        codes: list[NDArray[np.uint32]] = []
        held = 0
        while start + len(codes) < len(texts) and held < CHUNK_CHARACTERS:
            words = unicodedata.normalize("NFKC", texts[start + len(codes)][:MAX_CHARACTERS]).casefold().split()
            # A lone surrogate cannot be encoded strictly; it is a character like any other here.
            data = f" {' '.join(words)} ".encode("utf-32-le", "surrogatepass")
            codes.append(np.frombuffer(data, "<u4"))
            held += len(codes[-1])
        owners = np.repeat(np.arange(len(codes)), [len(part) for part in codes])
        yield start, np.concatenate(codes).astype(np.uint64), owners
        start += len(codes)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every input bit reaches every output bit."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _is_wide(codes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    wide = np.zeros(len(codes), np.bool_)
    for low, high in _WIDE:
        wide |= (codes >= low) & (codes <= high)
    return wide
