"""Logs of real tests for the claims: pairs of Upworthy, Ars and tweets, and out-of-fold predictions on the first."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from pushgen.logs import ImportConfig, import_log, make_pairs
from pushgen.logs.adapters import Adapter, UpworthyAdapter
from pushgen.protocols import RewardModel
from pushgen.reward.evidence import usable
from pushgen.reward.folds import folds_of
from pushgen.reward.predictions import Prediction, predict

FOLDS = 5


def data() -> Path:
    """The folder of the real logs; ends the script where it is not named."""
    found = os.environ.get("PUSHGEN_DATA")
    if not found:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/, ars_headlines/ and retweet_pairs/")
    return Path(found)


def pairs_of(file: Path, adapter: Adapter, out: Path) -> pl.DataFrame:
    """Usable pairs of a log; rates with confidences and bare winners come as the counts that they imply."""
    return usable(make_pairs(import_log([file], out, adapter, ImportConfig()), implied=True).frame)


def upworthy(work: Path) -> pl.DataFrame:
    return pairs_of(data() / "upworthy" / "packages.csv", UpworthyAdapter(), work / "upworthy" / "log")


def out_of_fold(
    pairs: pl.DataFrame, name: str, work: Path, train: Callable[[pl.DataFrame], RewardModel], folds: int = FOLDS
) -> Prediction:
    """What models that have seen neither a pair nor a near-copy of its texts say of it. Finished folds are kept."""
    fold = pairs.select("experiment_id").join(folds_of(pairs, folds), on="experiment_id", how="left",
                                              maintain_order="left")["fold"]  # fmt: skip
    mean, scale = np.zeros(pairs.height), np.ones(pairs.height)
    work.mkdir(parents=True, exist_ok=True)
    for number in range(folds):
        rows, file = (fold == number).to_numpy(), work / f"{name}-{number}-of-{folds}.npz"
        if not file.exists():
            found = predict(train(pairs.filter(~rows)), pairs.filter(rows))  # type: ignore[arg-type]
            np.savez(file, mean=found.mean, scale=np.full(int(rows.sum()), found.scale))
        with np.load(file) as kept:
            mean[rows], scale[rows] = kept["mean"], kept["scale"]
    return Prediction(mean, scale)
