"""Multi-head quantisation: an item's vector is cut into M parts, and each part is named by its nearest centroid.

UniRank (arXiv 2605.10527) quantises text vectors, reduced to 128 components, by a multi-head VQ-VAE: M codes that are
read side by side, not residuals of each other. M and the size of its codebooks are not published; 4 heads of 256 codes
are the choice here. Departure: the encoder of the VQ-VAE is linear and in closed form (principal components), its
codebooks are those of k-means. That is product quantisation, and the components are dealt to the heads so that each
carries about the same share of the variance (eigenvalue allocation of Ge et al., Optimized Product Quantization, 2013,
section 3.2.3).

Shapes: I items, W width of a vector, C components, M heads, K codes of a head.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.jagged import Ids
from pushgen.recommend.tokenize.semantic_ids import SemanticIds

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantiserConfig:
    """How vectors become codes."""

    heads: int = 4
    """Codes per item, M."""
    codes: int = 256
    """Codes of a head, K; fewer where there are fewer different vectors."""
    components: int = 128
    """Principal components that are kept, C; at most the width of the vectors and the number of items."""
    seed: int = 0
    """Seed of k-means."""

    def __post_init__(self) -> None:
        if self.heads < 1 or self.codes < 2 or self.components < self.heads:
            raise ConfigurationError(
                "quantiser: there must be at least one head, two codes, and a component for every head; found "
                f"heads {self.heads}, codes {self.codes}, components {self.components}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class MultiHeadQuantiser:
    """A fitted quantiser, which names items that it was not fitted on too."""

    mean: Floats
    """Shape (W,)."""
    axes: tuple[Floats, ...]
    """Of each head, its principal components, each (components of the head, W)."""
    codebooks: tuple[Floats, ...]
    """Of each head, its centroids, each (K, components of the head)."""

    def encode(self, vectors: Floats) -> Ids:
        """Codes of each vector, shape (I, M)."""
        parts = [((vectors - self.mean) @ axes.T).astype(np.float32) for axes in self.axes]
        return np.column_stack([_nearest(part, book) for part, book in zip(parts, self.codebooks, strict=True)])

    def table(self, vectors: Floats) -> SemanticIds:
        """The codes of a catalogue, item by item."""
        return SemanticIds(self.encode(vectors), tuple(len(book) for book in self.codebooks), self.codebooks)


def fit_quantiser(vectors: Floats, config: QuantiserConfig | None = None) -> MultiHeadQuantiser:
    """Learns components and centroids from the vectors of a catalogue, shape (I, W)."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    config = config or QuantiserConfig()
    if vectors.ndim != 2 or len(vectors) < 2 or not np.isfinite(vectors).all():
        raise InputError(
            field="vectors",
            expected="a finite vector for each of at least two items",
            found=f"an array of shape {vectors.shape}",
            remedy="Quantise the vectors of a whole catalogue.",
        )
    mean = vectors.mean(axis=0)
    centred = (vectors - mean).astype(np.float64)
    values, axes = np.linalg.eigh(centred.T @ centred / len(vectors))
    kept = min(config.components, vectors.shape[1])
    values, axes = values[::-1][:kept], axes[:, ::-1][:, :kept]
    dealt = _deal(values, min(config.heads, kept))
    parts = [np.ascontiguousarray(axes[:, own].T, np.float32) for own in dealt]
    books: list[Floats] = []
    for part in parts:
        projected = (centred @ part.T).astype(np.float32)
        count = min(config.codes, len(np.unique(projected, axis=0)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer clusters than asked: some vectors are equal
            fitted = KMeans(count, max_iter=50, random_state=config.seed).fit(projected)
        books.append(fitted.cluster_centers_.astype(np.float32))
    return MultiHeadQuantiser(mean.astype(np.float32), tuple(parts), tuple(books))


def _deal(values: NDArray[np.float64], heads: int) -> list[list[int]]:
    """Components for each head: the largest that is left goes to the head with the smallest product so far."""
    room = -(-len(values) // heads)
    logs = np.log(np.maximum(values, 1e-12 * max(float(values[0]), 1e-12)))
    # Shifted, so that another component always makes a head's product larger.
    logs = logs - logs.min() + 1.0
    owned: list[list[int]] = [[] for _ in range(heads)]
    filled = np.zeros(heads)
    for index, log in enumerate(logs):
        head = min((head for head in range(heads) if len(owned[head]) < room), key=lambda head: filled[head])
        owned[head].append(index)
        filled[head] += log
    return owned


def _nearest(x: Floats, book: Floats) -> Ids:
    """Index of the nearest row of `book` for each row of `x`."""
    return np.argmin((book**2).sum(axis=1) - 2.0 * (x @ book.T), axis=1).astype(np.int64)
