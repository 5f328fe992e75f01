"""Claim: a reward model carries over to another publisher's headlines and to tweets.

    PUSHGEN_DATA=DATA python benchmarks/claims/transfer.py [--work DIR]

The linear model without styles is trained on all of one log and judged on another: Upworthy on Ars Technica's tests
whose winner is stated with a confidence above .9 and on pairs of tweets, Ars on Upworthy. Baselines on the same pairs:
longer wins, and a model of the judged log itself, out of fold. Winners are observed.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.archive import ars, out_of_fold, tweets, upworthy
from benchmarks.claims.confidence import ARCHIVE
from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import options
from pushgen.reward.baselines import longer_wins
from pushgen.reward.observed import Observed
from pushgen.reward.predictions import Prediction, predict
from pushgen.reward.train import train

LEAST = 0.01


def findings(name: str, judged: pl.DataFrame, said: Prediction, own: Prediction) -> list[Finding]:
    """Accuracy above chance and above longer wins on the pairs of a log that the model does not know."""
    observed = Observed(judged, (), 2000, 0)
    right, longer, home = (observed.right(one) for one in (said, Prediction(longer_wins(judged)), own))
    over, setting = observed.bootstrap, f"{name}, {judged.height:,} pairs, over experiments"
    return [
        Finding(
            setting=setting, measure=f"{name}, accuracy above chance", unit="points", least=LEAST,
            interval=over.difference(right, np.full(len(right), 0.5)),
            baseline=f"{name}: longer wins {over.mean(longer)}, a model of the log itself {over.mean(home)}",
        ),
        Finding(
            setting=setting, measure=f"{name}, accuracy above longer wins", unit="points", least=LEAST,
            interval=over.difference(right, longer),
        ),
    ]  # fmt: skip


def kept(pairs: pl.DataFrame, some: pl.DataFrame, said: Prediction) -> Prediction:
    """What was said of all pairs, for some of them."""
    keys = pairs.select("push_a", "push_b").with_row_index("row")
    rows = some.select("push_a", "push_b").join(keys, on=["push_a", "push_b"], how="left", maintain_order="left")
    return said.take(rows["row"].to_numpy().astype(np.int64))


def main() -> None:
    with options(__doc__) as given:
        work = given.work
        archive, (all_ars, sure), retweeted = upworthy(work), ars(work), tweets(work)

        def own(pairs: pl.DataFrame, name: str, folds: int) -> Prediction:
            return out_of_fold(pairs, "pairwise", work / name, lambda frame: train(frame, ARCHIVE), folds)

        of_upworthy, of_ars = train(archive, ARCHIVE), train(all_ars, ARCHIVE)
        found = [
            *findings("Upworthy to Ars", sure, predict(of_upworthy, sure), kept(all_ars, sure, own(all_ars, "ars", 2))),
            *findings("Upworthy to tweets", retweeted, predict(of_upworthy, retweeted), own(retweeted, "tweets", 2)),
            *findings("Ars to Upworthy", archive, predict(of_ars, archive), own(archive, "upworthy", 5)),
        ]
    note = "The transfer of a generator is not measured: one trained on Upworthy alone collapses and is refused."
    publish("transfer", Row(claim="A reward model carries over to other sources", findings=found, note=note))


if __name__ == "__main__":
    main()
