"""Predictors that a reward model must beat, judged in the same run on the same pairs."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.protocols import Encoder
from pushgen.reward.evidence import evidence, signal_variance, usable

Array = NDArray[np.float64]
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Inverse penalties that the logistic regression on embeddings chooses from."""
INNER = 4
"""Folds of that choice."""


def longer_wins(pairs: pl.DataFrame) -> Array:
    """Difference of the lengths in characters: the longer text is called the winner. Shape (P,)."""
    lengths = pairs.select(pl.col("text_a").str.len_chars() - pl.col("text_b").str.len_chars().cast(pl.Int64))
    return lengths.to_series().to_numpy().astype(np.float64)


def tfidf_logistic(train: pl.DataFrame, pairs: pl.DataFrame) -> Array:
    """Logistic regression on differences of TF-IDF vectors of words and word pairs; log-odds, shape (P,).

    It is trained on the observed winners of `train`, each weighted by its evidence.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    train = usable(train)
    given = evidence(train)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\w+|[^\w\s]")
    words.fit(pl.concat([train["text_a"], train["text_b"]]).unique(maintain_order=True).to_list())

    def difference(frame: pl.DataFrame) -> Any:  # a sparse matrix
        return words.transform(frame["text_a"].to_list()) - words.transform(frame["text_b"].to_list())

    won = given.ratio > 0
    if won.all() or not won.any():
        return np.zeros(pairs.height)
    weight = given.share * given.reliability(signal_variance(given))
    model = LogisticRegression(C=3.0, fit_intercept=False, max_iter=500)
    model.fit(difference(train), won, sample_weight=weight)
    return np.asarray(model.decision_function(difference(pairs)), np.float64)


def embedding_logistic(train: pl.DataFrame, pairs: pl.DataFrame, encoder: Encoder) -> Array:
    """Logistic regression on differences of frozen sentence embeddings; log-odds, shape (P,).

    It is trained on the observed winners of `train`, each weighted by its evidence; its strength is chosen by
    cross-validation over contents.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, GroupKFold

    train = usable(train)
    texts = pl.concat([frame[side] for frame in (train, pairs) for side in ("text_a", "text_b")])
    known = texts.unique().sort().to_list()
    vectors = dict(zip(known, encoder.encode(known), strict=True))

    def difference(frame: pl.DataFrame) -> Array:
        sides = (np.stack([vectors[text] for text in frame[side]]) for side in ("text_a", "text_b"))
        return np.subtract(*sides).astype(np.float64)

    given = evidence(train)
    won, contents = given.ratio > 0, train["content_id"].rank("dense").to_numpy()
    if won.all() or not won.any() or not pairs.height:
        return np.zeros(pairs.height)
    rows = difference(train)
    parts = list(GroupKFold(min(INNER, int(contents.max()))).split(rows, won, contents))
    plain = LogisticRegression(fit_intercept=False, max_iter=500)
    model = GridSearchCV(plain, {"C": STRENGTHS}, cv=parts, scoring="neg_log_loss")
    model.fit(rows, won, sample_weight=given.share * given.reliability(signal_variance(given)))
    return np.asarray(model.decision_function(difference(pairs)), np.float64)
