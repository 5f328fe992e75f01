"""What a content is about, from its caption: the category that the caption tells, or dimensions of its words.

Where the log states categories, a logistic regression from caption words to categories is fitted, and the topics of a
caption are its probabilities: a new content needs no category then. Where it states none, latent semantic analysis
(Deerwester et al., 1990) gives dimensions of unit variance. Clicks take no part in either.

Shapes: N captions, V caption words, K topics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.protocols import Floats
from pushgen.reward.words import WORDS

Array = NDArray[np.float64]

LEAST_SPREAD = 0.05
"""A dimension of the captions that varies by less than this share of the strongest is not blown up to unit variance."""
FARTHEST = 4.0
"""Standard deviations at which a caption counts as no farther out: a strange one must not decide by itself."""
STRENGTH = 10.0
"""Inverse of the L2 penalty of the regression on categories."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Captions to topics. Make one with `fit`; None where the captions tell nothing."""

    words: Sequence[str]
    """The V words, in the order of the rows of `weight_VK`."""
    rarity_V: Array
    """Inverse document frequency of each."""
    weight_VK: Array
    bias_K: Array
    categories: Sequence[str]
    """Names of the K topics; empty for dimensions."""

    @classmethod
    def fit(
        cls,
        captions: Sequence[str | None],
        categories: Sequence[str | None],
        *,
        dimensions: int,
        least: int,
        seed: int,
    ) -> "Topics | None":
        """From the captions of the training contents and their categories, None where unknown."""
        known = {caption: category for caption, category in zip(captions, categories, strict=True) if caption}
        rare = tfidf(least=least)
        try:
            rows = rare.fit_transform(list(known))
        except ValueError:  # no word is in enough captions
            return None
        words = [str(word) for word in sorted(rare.vocabulary_, key=rare.vocabulary_.__getitem__)]
        rarity = np.asarray(rare.idf_, np.float64)
        if len({category for category in known.values() if category}) > 1:
            weight, bias, names = _categories(rows, list(known.values()), seed)
            return cls(words, rarity, weight, bias, names)
        count = min(dimensions, len(words) - 1, len(known) - 1)
        if count < 1:
            return None
        weight = _dimensions(rows, count, seed)
        return cls(words, rarity, weight, np.zeros(count), [])

    def __call__(self, captions: Sequence[str | None]) -> Floats:
        """Shape (N, K); zeros for a content without a caption."""
        distinct = list(dict.fromkeys(captions))
        place = {caption: index for index, caption in enumerate(distinct)}
        rare = tfidf(vocabulary=self.words)
        rare.idf_ = self.rarity_V
        found: Array = np.asarray(rare.transform([caption or "" for caption in distinct]) @ self.weight_VK)
        if self.categories:
            found = found + self.bias_K
            found = np.exp(found - found.max(axis=1, keepdims=True))
            found /= found.sum(axis=1, keepdims=True)
        found = np.clip(found, -FARTHEST, FARTHEST)
        found[[index for index, caption in enumerate(distinct) if not caption]] = 0.0
        return found.astype(np.float32)[[place[caption] for caption in captions]]


def _categories(rows: Any, categories: Sequence[str | None], seed: int) -> tuple[Array, Array, list[str]]:
    """Weights, bias and names of a multinomial logistic regression on the contents whose category is known."""
    from sklearn.linear_model import LogisticRegression

    stated = [place for place, category in enumerate(categories) if category]
    names = [str(categories[place]) for place in stated]
    model = LogisticRegression(C=STRENGTH, max_iter=300, random_state=seed).fit(rows[stated], names)
    weight, bias = np.asarray(model.coef_, np.float64), np.asarray(model.intercept_, np.float64)
    if len(weight) == 1:  # two categories share one row
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return weight.T, bias, [str(name) for name in model.classes_]


def _dimensions(rows: Any, count: int, seed: int) -> Array:
    from sklearn.decomposition import TruncatedSVD

    analysis = TruncatedSVD(count, random_state=seed)
    spread = np.asarray(analysis.fit_transform(rows)).std(axis=0)
    return np.asarray(analysis.components_, np.float64).T / np.maximum(spread, LEAST_SPREAD * spread.max())


def tfidf(*, vocabulary: Sequence[str] | None = None, least: int = 1) -> Any:
    """The vectoriser of captions; with a vocabulary its rarity must be set."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(min_df=least, vocabulary=vocabulary, sublinear_tf=True, **WORDS)
