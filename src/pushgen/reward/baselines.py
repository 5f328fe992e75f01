"""Predictors that a reward model must beat, judged in the same run on the same pairs."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.reward.evidence import evidence, signal_variance, usable

Array = NDArray[np.float64]


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
