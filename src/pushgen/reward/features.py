"""What the linear reward model sees of a text and its caption: words, surface, style, and style crossed with topic.

Wide features in the sense of Cheng et al., Wide & Deep Learning for Recommender Systems (2016): each is cheap and says
one thing, and the crosses say what no single feature can, such as that a style is worth more for one topic than for
another. Nothing here is fitted to clicks.

Shapes: N texts, W words and pairs of words, H surface columns, S styles, K topics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pushgen.reward.arms import Arms
from pushgen.reward.settings import LinearConfig
from pushgen.reward.surface import Surface
from pushgen.reward.topics import Topics
from pushgen.reward.words import WORDS
from pushgen.styles.linear import LinearLabeller

Sparse = Any
"""A sparse matrix of scipy in compressed rows."""


@dataclass(frozen=True, slots=True)
class Features:
    """Texts and captions to rows of one sparse matrix. Make one with `fit`."""

    config: LinearConfig
    words: Sequence[str]
    """The W words and pairs, sorted."""
    surface: Surface
    styles: LinearLabeller | None = None
    topics: Topics | None = None
    """Never without styles, with which they are crossed."""

    @classmethod
    def fit(
        cls, arms: Arms, config: LinearConfig, styles: LinearLabeller | None = None, *, seed: int = 0
    ) -> "Features":
        """From the training arms: their texts, captions and categories, not their counts."""
        words = _counts(least=config.least_texts)
        try:
            words.fit(list(dict.fromkeys(arms.texts)))
            kept = sorted(str(word) for word in words.vocabulary_)
        except ValueError:  # no word is in enough texts
            kept = []
        topics = None
        if styles is not None and config.crosses:
            topics = Topics.fit(
                arms.captions, arms.categories, dimensions=config.topics, least=config.least_captions, seed=seed
            )
        return cls(config, kept, Surface.fit(arms.texts, arms.captions), styles, topics)

    def matrix(self, texts: Sequence[str], captions: Sequence[str | None]) -> Sparse:
        """Shape (N, W + H + S + S * K); texts of one content give rows that differ in what the texts do."""
        import scipy.sparse as sparse  # pyright: ignore[reportMissingTypeStubs]

        config = self.config
        counts = _counts(vocabulary=self.words).transform(texts) if self.words else sparse.csr_matrix((len(texts), 0))
        parts: list[Any] = [counts * config.word_factor, self.surface.matrix(texts, captions) * config.surface_factor]
        if self.styles is not None:
            found = self.styles.probabilities(texts)
            parts.append(found * config.style_factor)
            if self.topics is not None:
                crossed = found[:, :, None] * self.topics(captions)[:, None, :]
                parts.append(crossed.reshape(len(texts), -1) * config.cross_factor)
        return sparse.hstack([sparse.csr_matrix(part) for part in parts], format="csr", dtype=np.float64)

    @property
    def columns(self) -> Mapping[str, int]:
        """Number of columns of each kind, in order."""
        styles = len(self.styles.ids) if self.styles else 0
        crosses = styles * self.topics.weight_VK.shape[1] if self.topics else 0
        return {"words": len(self.words), "surface": self.surface.columns, "styles": styles, "crosses": crosses}


def _counts(*, vocabulary: Sequence[str] | None = None, least: int = 1) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    options: dict[str, Any] = {"ngram_range": (1, 2), "binary": True, "dtype": np.float64, **WORDS}
    return CountVectorizer(min_df=least, vocabulary=vocabulary, **options)
