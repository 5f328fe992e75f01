"""Logs of real tests for the claims: pairs of Upworthy, Ars and tweets, and out-of-fold predictions on the first."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from pushgen.intake import ColumnMapping
from pushgen.logs import ImportConfig, Log, import_log, make_pairs
from pushgen.logs.adapters import Adapter, ArsAdapter, TableAdapter, UpworthyAdapter
from pushgen.protocols import RewardModel
from pushgen.reward.evidence import usable
from pushgen.reward.folds import folds_of
from pushgen.reward.predictions import Prediction, predict

FOLDS = 5
CONFIDENT = 0.9
LINK = re.compile(r"https?://\S+")


def data() -> Path:
    """The folder of the real logs; ends the script where it is not named."""
    found = os.environ.get("PUSHGEN_DATA")
    if not found:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/, ars_headlines/ and retweet_pairs/")
    return Path(found)


def log_of(file: Path, adapter: Adapter, out: Path) -> Log:
    return import_log([file], out, adapter, ImportConfig())


def pairs_of(log: Log) -> pl.DataFrame:
    """Usable pairs of a log; rates with confidences and bare winners come as the counts that they imply."""
    return usable(make_pairs(log, implied=True).frame)


def upworthy(work: Path) -> pl.DataFrame:
    return pairs_of(log_of(data() / "upworthy" / "packages.csv", UpworthyAdapter(), work / "upworthy" / "log"))


def ars(work: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All pairs of Ars, and those of tests whose winner is stated with a confidence above `CONFIDENT`."""
    log = log_of(data() / "ars_headlines" / "tests.csv", ArsAdapter(), work / "ars" / "log")
    sure = log.experiments.filter(pl.col("stated_confidence") > CONFIDENT).select("experiment_id")
    pairs = pairs_of(log)
    return pairs, pairs.join(sure, on="experiment_id", how="semi", maintain_order="left")


def tweets(work: Path) -> pl.DataFrame:
    """Pairs of tweets by one author on one topic; the winner was retweeted more. Their common link is taken out."""
    file = work / "tweets" / "tweets.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as stream:
        for part in ("train", "val", "test"):
            found = json.loads((data() / "retweet_pairs" / f"retweet_{part}.json").read_text(encoding="utf-8"))
            for number, label in enumerate(found["label"]):
                for side in ("first", "second"):
                    name, body = f"{part}-{number}", LINK.sub("", found[f"{side}_tweet"][number]).strip()
                    row = {"content_id": name, "experiment_id": name, "arm_id": side, "body": body, "language": "en"}
                    stream.write(json.dumps(row | {"stated_winner": int(label == side)}) + "\n")
    return pairs_of(log_of(file, TableAdapter(ColumnMapping()), work / "tweets" / "log"))


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
