"""What a round teaches: a challenger trained on all randomised comparisons, which serves only if it is no worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from pushgen import splits
from pushgen.experiments.bandits.learn import Learnt, learn
from pushgen.experiments.contests import Contests
from pushgen.logs import Log, make_pairs
from pushgen.pipeline.replay_log import contests_of, utilities_by
from pushgen.pipeline.training import train_reward
from pushgen.protocols import UtilityModel
from pushgen.reward.settings import RewardConfig
from pushgen.reward.storage import load_reward
from pushgen.statistics.predicted_lift import Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A challenger against the incumbent on the held-out contents of the random share."""

    adopted: bool
    gain: float
    """Log-likelihood of the clicks by the challenger's predictions less that by the incumbent's, per content."""
    error: float
    contents: int
    words: str


def challenge(past: Log, rounds: Sequence[Log], out: Path, config: RewardConfig, styles: Path) -> None:
    """Trains on the past and on the random shares of rounds; a fifth of the contents stays unread."""
    train_reward(past, out, config, styles=styles, more=rounds)


def judge(incumbent: Path, challenger: Path, shares: Sequence[pl.DataFrame]) -> Judged:
    """Both models on `content_id, caption, text, impressions, clicks` of the contents that no training read.

    Predictions stand as they are: one that promises more than comes true loses by it. The challenger has seen more, so
    it takes over unless it is worse by more than one standard error; where nothing can be told the incumbent stays.
    """
    held = splits.keep(pl.concat(shares), "holdout") if shares else pl.DataFrame()
    if not held.height or not held["clicks"].sum():
        return Judged(adopted=False, gain=0.0, error=0.0, contents=0, words="kept: no held-out clicks to judge by")
    # Models of a loop are linear, and as such models of utilities.
    gains = [_gains(cast(UtilityModel, load_reward(folder)), held) for folder in (challenger, incumbent)]
    gap = gains[0] - gains[1]
    gain, error = float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else 0.0
    adopted = gain >= -error
    verdict = (
        "adopted: the new model predicts the random share no worse than the incumbent, beyond chance"
        if adopted
        else "kept: the new model is worse than the incumbent on the random share, which goes on serving"
    )
    words = f"{verdict} ({1000 * gain:+.2f} ± {1960 * error:.2f} thousandths of log-likelihood per content)"
    return Judged(adopted=adopted, gain=gain, error=error, contents=len(gap), words=words)


def with_utilities(model: UtilityModel, rows: pl.DataFrame) -> pl.DataFrame:
    """`content_id, caption, text` with the model's utility of each text among those of its content."""
    lists = (
        rows.with_row_index("row")
        .group_by("content_id", maintain_order=True)
        .agg("row", "text", pl.col("caption").first())
    )
    found = model.utilities(lists["text"].to_list(), lists["caption"].to_list())
    values = np.zeros(rows.height)
    for places, utilities in zip(lists["row"].to_list(), found, strict=True):
        values[places] = utilities
    return rows.with_columns(utility=pl.Series(values))


def prior_from_past(past: Log, model: Path) -> Learnt:
    """What the held-out experiments of the past say the model's predictions are worth; of all where none was held."""
    judge_model = load_reward(model)
    pairs = make_pairs(past).frame
    held = splits.keep(pairs, "holdout")
    return learn(contests_of(held, utilities_by(judge_model, held)).contests, reward=True)


def prior_from_rounds(shares: Sequence[pl.DataFrame]) -> Learnt:
    """The same from random shares with the utilities that were predicted before their clicks."""
    rows = pl.concat([share.with_columns(pl.lit(number).alias("round")) for number, share in enumerate(shares)])
    rows = rows.filter(pl.col("impressions") > 0)
    key = pl.struct("round", "content_id")
    rows = rows.filter(
        (pl.len().over("round", "content_id") > 1) & (pl.col("clicks").sum().over("round", "content_id") > 0)
    )
    number = rows.select(key.rle_id().alias("n"))["n"].to_numpy().astype(np.int64)
    names = rows.group_by("round", "content_id", maintain_order=True).first()
    contents = names["content_id"].to_list()
    contests = Contests(
        experiments=contents,
        contents=contents,
        contest=number,
        clicks=rows["clicks"].to_numpy().astype(np.float64),
        impressions=rows["impressions"].to_numpy().astype(np.float64),
        utility=rows["utility"].to_numpy(),
    )
    return learn(contests, reward=True)


def _gains(model: UtilityModel, held: pl.DataFrame) -> np.ndarray:
    rows = with_utilities(model, held)
    return Groups(rows["utility"], rows["clicks"], rows["impressions"], rows["content_id"]).gain(1.0)
