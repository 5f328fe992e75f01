"""Near-copies among texts: Jaccard similarity of character shingles, found through MinHash and verified exactly.

Broder (1997), On the resemblance and containment of documents. Candidate pairs come from locality-sensitive bands
of the signatures; each is then verified on the shingles themselves, so there are no false positives, and a pair at
the threshold is missed with a probability below one percent (`bands_for`).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import regex
from numpy.typing import NDArray

_PRIME = np.uint64((1 << 61) - 1)
_PERMUTATIONS = 128
_CHARACTERS = 5
"""Characters in a shingle; three where the text is mostly Chinese, where a character says as much as a syllable."""
_CLEAN = regex.compile(r"[^\p{L}\p{N}]+")
_HAN = regex.compile(r"\p{Han}")
_MISS = 0.01
_COMPARED = 64
"""Bounds the work in a bucket of very many texts that share a band by accident."""

Integers = NDArray[np.int64]
Shingles = NDArray[np.uint64]


def shingles(text: str) -> Shingles:
    """Hashes of the distinct character shingles of a text, sorted. Case, punctuation and spacing do not count."""
    plain = _CLEAN.sub(" ", text.casefold()).strip()
    if not plain:
        return np.empty(0, np.uint64)
    size = 3 if len(_HAN.findall(plain)) * 2 > len(plain) else _CHARACTERS
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    size = min(size, len(codes))
    count = len(codes) - size + 1
    hashed = np.zeros(count, np.uint64)
    for offset in range(size):
        hashed = hashed * np.uint64(0x100000001B3) + codes[offset : offset + count] + np.uint64(1)
    hashed ^= hashed >> np.uint64(29)
    hashed = hashed * np.uint64(0xBF58476D1CE4E5B9)
    return np.unique(hashed ^ (hashed >> np.uint64(32)))


def jaccard(a: Shingles, b: Shingles) -> float:
    """Size of the intersection over size of the union of two sorted sets; 1 where both are empty."""
    if not len(a) and not len(b):
        return 1.0
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def similarity(a: str, b: str) -> float:
    """Jaccard similarity of the shingles of two texts, in [0, 1]."""
    return jaccard(shingles(a), shingles(b))


def bands_for(threshold: float, permutations: int = _PERMUTATIONS) -> int:
    """Rows per band: the most that still find a pair at the threshold with a probability of 99%."""
    rows = 1
    while rows < permutations and (1 - threshold ** (rows + 1)) ** (permutations // (rows + 1)) <= _MISS:
        rows += 1
    return rows


def _signatures(sets: Sequence[Shingles], permutations: int = _PERMUTATIONS) -> Shingles:
    """MinHash signatures, shape (N, permutations); an empty set has the largest value everywhere."""
    random = np.random.default_rng(20)
    factor = random.integers(1, 1 << 32, permutations, dtype=np.uint64) | np.uint64(1)
    offset = random.integers(0, 1 << 32, permutations, dtype=np.uint64)
    out = np.full((len(sets), permutations), np.iinfo(np.uint64).max, np.uint64)
    for row, members in enumerate(sets):
        for start in range(0, len(members), 4096):
            part = members[start : start + 4096]
            mixed = part[:, None] * factor + offset
            mixed ^= mixed >> np.uint64(31)
            np.minimum(out[row], (mixed % _PRIME).min(axis=0), out=out[row])
    return out


def _bands(signatures: Shingles, rows: int) -> Iterator[Shingles]:
    """One hash per text and band."""
    for start in range(0, signatures.shape[1] - rows + 1, rows):
        key = np.zeros(len(signatures), np.uint64)
        for column in range(start, start + rows):
            key = (key ^ signatures[:, column]) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(32)
        yield key


class _Forest:
    """Disjoint sets; the smallest index of a set is its root."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def join(self, a: int, b: int) -> None:
        low, high = sorted((self.root(a), self.root(b)))
        self._parent[high] = low


def near_copy_clusters(texts: Sequence[str], threshold: float = 0.8) -> Integers:
    """Cluster of each text, shape (N,): texts joined by chains of near-copies share the index of their first one.

    Args:
        texts: Any texts; equal ones always share a cluster.
        threshold: Least Jaccard similarity of a near-copy, in (0, 1].
    """
    distinct, place = _distinct(texts)
    sets = [shingles(text) for text in distinct]
    forest = _Forest(len(distinct))
    for key in _bands(_signatures(sets), bands_for(threshold)):
        order = np.argsort(key, kind="stable")
        cuts = np.flatnonzero(np.diff(key[order])) + 1
        for bucket in np.split(order, cuts):
            if len(bucket) > 1:
                _join_bucket([int(index) for index in bucket], sets, threshold, forest)
    roots = np.array([forest.root(index) for index in range(len(distinct))], dtype=np.int64)
    if not len(place):
        return place
    _, first, inverse = np.unique(roots[place], return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)


def _join_bucket(bucket: list[int], sets: Sequence[Shingles], threshold: float, forest: _Forest) -> None:
    """Joins the near-copies of a bucket; each member is held against the first `_COMPARED` before it."""
    for place, member in enumerate(bucket):
        for known in bucket[: min(place, _COMPARED)]:
            if forest.root(known) != forest.root(member) and jaccard(sets[member], sets[known]) >= threshold:
                forest.join(known, member)


class NearCopyIndex:
    """Texts that are looked up again and again, such as all pushes of the past."""

    def __init__(self, corpus: Sequence[str], threshold: float = 0.8) -> None:
        self._texts = frozenset(corpus)
        distinct, _ = _distinct(corpus)
        self._threshold = threshold
        self._sets = [shingles(text) for text in distinct]
        self._bands: list[tuple[Shingles, Integers]] = []
        for keys in _bands(_signatures(self._sets), bands_for(threshold)):
            order = np.argsort(keys, kind="stable")
            self._bands.append((keys[order], order))

    def contains(self, queries: Sequence[str]) -> NDArray[np.bool_]:
        """Whether each query has a near-copy among the texts, shape (len(queries),)."""
        wanted, place = _distinct(queries)
        sets = [shingles(text) for text in wanted]
        found = np.array([text in self._texts for text in wanted], np.bool_)
        keys_of = _bands(_signatures(sets), bands_for(self._threshold))
        for keys, (ranked, order) in zip(keys_of, self._bands, strict=True):
            left, right = np.searchsorted(ranked, keys, "left"), np.searchsorted(ranked, keys, "right")
            for query in (int(index) for index in np.flatnonzero((right > left) & ~found)):
                near = (int(index) for index in order[left[query] : right[query]])
                found[query] = any(jaccard(sets[query], self._sets[other]) >= self._threshold for other in near)
        return found[place]


class NearCopyMemory:
    """Texts that come one by one, each looked up among those before it."""

    def __init__(self, threshold: float = 0.8) -> None:
        self._threshold, self._rows = threshold, bands_for(threshold)
        self._texts: list[str] = []
        self._sets: list[Shingles] = []
        self._buckets: dict[tuple[int, int], list[int]] = {}

    def add(self, text: str) -> None:
        """Remembers a text."""
        own = shingles(text)
        for key in self._keys([own])[0]:
            self._buckets.setdefault(key, []).append(len(self._texts))
        self._texts.append(text)
        self._sets.append(own)

    def find(self, queries: Sequence[str]) -> list[str | None]:
        """For each query the first remembered text that is a near-copy of it, or None."""
        sets = [shingles(text) for text in queries]
        found: list[str | None] = []
        for own, keys in zip(sets, self._keys(sets), strict=True):
            near = sorted({index for key in keys for index in self._buckets.get(key, ())})
            known = (index for index in near if jaccard(own, self._sets[index]) >= self._threshold)
            found.append(next((self._texts[index] for index in known), None))
        return found

    def _keys(self, sets: Sequence[Shingles]) -> list[list[tuple[int, int]]]:
        """Band and hash of each text."""
        bands = [keys.tolist() for keys in _bands(_signatures(sets), self._rows)]
        return [[(band, keys[row]) for band, keys in enumerate(bands)] for row in range(len(sets))]


def has_near_copy(queries: Sequence[str], corpus: Sequence[str], threshold: float = 0.8) -> NDArray[np.bool_]:
    """Whether each query has a near-copy in the corpus, shape (len(queries),)."""
    return NearCopyIndex(corpus, threshold).contains(queries)


def _distinct(texts: Sequence[str]) -> tuple[list[str], Integers]:
    """The distinct texts in order of appearance, and the place of each text among them."""
    index: dict[str, int] = {}
    place = np.fromiter((index.setdefault(text, len(index)) for text in texts), np.int64, len(texts))
    return list(index), place
