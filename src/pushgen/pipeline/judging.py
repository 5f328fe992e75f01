"""A reward model beside its baselines on pairs that it has not seen."""

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from pushgen.reward.evaluate import Evaluation
    from pushgen.reward.trained import TrainedReward


def judged(
    judge: "TrainedReward", held: pl.DataFrame, train: pl.DataFrame, *, draws: int = 2000, seed: int = 0
) -> "Evaluation":
    """The model and the baselines on held-out pairs; `train` feeds TF-IDF and the near-copy slice."""
    from pushgen.reward.baselines import longer_wins, tfidf_logistic
    from pushgen.reward.evaluate import evaluate
    from pushgen.reward.predictions import Prediction, predict

    predictions = {
        "model": predict(judge, held),
        "longer wins": Prediction(longer_wins(held)),
    }
    if train.height:
        predictions["TF-IDF + logistic"] = Prediction(tfidf_logistic(train, held))
    texts = pl.concat([train["text_a"], train["text_b"]]).unique(maintain_order=True).to_list()
    return evaluate(held, predictions, training_texts=texts, draws=draws, seed=seed)
