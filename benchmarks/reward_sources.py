"""What Ars Technica's tests and pairs of tweets add to a reward model of the Upworthy archive, out of fold.

    PUSHGEN_DATA=DATA python benchmarks/reward_sources.py --work DIR [--kind linear] [--folds 5] [--variants 0 1 2]

Three kinds of evidence in one likelihood (`pushgen.logs.implied`): counts (Upworthy), rates and confidences (Ars), bare
winners (tweets). The folds are those of `evaluate kinds`; the further logs only train. Each variant is held against the
model without them, pair by pair. A killed run goes on in DIR. Writes benchmarks/results/reward_sources_KIND.md, .json.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.intake import ColumnMapping
from pushgen.logs import ImportConfig, Log, import_log, make_pairs
from pushgen.logs.adapters import Adapter, ArsAdapter, TableAdapter, UpworthyAdapter
from pushgen.pipeline.sources import Source, helping_pairs
from pushgen.reward.evaluate import Evaluation, evaluate
from pushgen.reward.folds import folds_of
from pushgen.reward.predictions import Prediction, predict
from pushgen.reward.settings import Kind, LinearConfig, RewardConfig
from pushgen.reward.train import train

HERE = Path(__file__).parent
LINK = re.compile(r"https?://\S+")
ROWS = ("accuracy, all pairs", "accuracy, p < .05", "accuracy, p < .001", "top-1 of k", "share of the oracle's lift",
        "log-loss, all pairs")  # fmt: skip


def tweets(folder: Path, out: Path) -> Path:
    """The pairs as rows of a log with bare winners; links, which both tweets of a pair share, are taken out."""
    with out.open("w", encoding="utf-8") as stream:
        for part in ("train", "val", "test"):
            found = json.loads((folder / f"retweet_{part}.json").read_text(encoding="utf-8"))
            rows = zip(found["label"], found["first_tweet"], found["second_tweet"], strict=True)
            for number, (label, *texts) in enumerate(rows):
                for name, text in zip(("first", "second"), texts, strict=True):
                    row = {"content_id": f"{part}-{number}", "experiment_id": f"{part}-{number}", "arm_id": name}
                    row |= {"body": LINK.sub("", text).strip(), "stated_winner": int(label == name), "language": "en"}
                    stream.write(json.dumps(row) + "\n")
    return out


def logs(data: Path, work: Path) -> dict[str, Log]:
    sources: dict[str, tuple[Path, Adapter]] = {
        "upworthy": (data / "upworthy" / "packages.csv", UpworthyAdapter()),
        "ars": (data / "ars_headlines" / "tests.csv", ArsAdapter()),
        "tweets": (tweets(data / "retweet_pairs", work / "tweets.jsonl"), TableAdapter(ColumnMapping())),
    }
    return {
        name: import_log([path], work / f"log-{name}", adapter, ImportConfig())
        for name, (path, adapter) in sources.items()
    }


def variants(found: Mapping[str, Log]) -> dict[str, list[Source]]:
    ars, retweeted = found["ars"], found["tweets"]
    return {
        "alone": [],
        "with Ars, weight 0.5": [Source(ars, 0.5)],
        "with Ars, weight 0.1": [Source(ars, 0.1)],
        "with tweets, weight 0.5": [Source(retweeted, 0.5)],
        "with tweets, weight 0.1": [Source(retweeted, 0.1)],
        "with both, weight 0.1": [Source(ars, 0.1), Source(retweeted, 0.1)],
    }


def predictions(
    pairs: pl.DataFrame, chosen: Mapping[str, list[Source]], config: RewardConfig, folds: int, work: Path
) -> Iterator[tuple[str, Prediction]]:
    """Out-of-fold predictions of each variant on the first `folds` of five folds."""
    fold = pairs.select("experiment_id").join(folds_of(pairs, 5), on="experiment_id", how="left", maintain_order="left")
    for name, sources in chosen.items():
        parts: list[pl.DataFrame] = []
        helping = helping_pairs(sources)
        for number in range(folds):
            file = work / f"{config.kind}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{number}.parquet"
            if not file.exists():
                held = pairs.filter(fold["fold"] == number)
                model = train(pl.concat([pairs.filter(fold["fold"] != number), helping]), config)
                said = predict(model, held)
                columns = {"mean": said.mean, "scale": [said.scale] * held.height}
                held.select("push_a", "push_b").with_columns(pl.DataFrame(columns)).write_parquet(file)
            parts.append(pl.read_parquet(file))
        kept = pairs.filter(fold["fold"] < folds).select("push_a", "push_b")
        said = kept.join(pl.concat(parts), on=["push_a", "push_b"], how="left", maintain_order="left")
        yield name, Prediction(said["mean"].to_numpy(), said["scale"].to_numpy())


def report(found: Evaluation, kind: str, folds: int, helped: Mapping[str, int]) -> list[str]:
    names = list(dict.fromkeys(metric.predictor for metric in found.metrics))
    sizes = ", ".join(f"{count:,} pairs of {name}" for name, count in helped.items())
    lines = [f"# Further logs for a reward model, kind `{kind}`", "", *stamp(), ""]
    lines += [
        f"Command: `python benchmarks/reward_sources.py --work DIR --kind {kind} --folds {folds}`. Judged on "
        f"{found.pairs:,} pairs of {found.experiments:,} Upworthy experiments, out of fold; {sizes} at hand.",
        "",
        "| figure | " + " | ".join(names) + " |",
        "|" + "---|" * (len(names) + 1),
    ]
    for row in ROWS:
        lines.append(f"| {row} | " + " | ".join(str(found.value(row, name)) for name in names) + " |")
    lines += ["", "Gain in accuracy over the model alone, on the same pairs:", "", "| variant | all pairs | p < .05 |"]
    lines += ["|---|---|---|"]
    for name in names[1:]:
        own = {gain.slice: str(gain.interval) for gain in found.gains if gain.predictor == name}
        lines.append(f"| {name} | {own['all pairs']} | {own['p < .05']} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kind", default="linear")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--variants", type=int, nargs="+", default=list(range(6)), help="numbers, 0 is without any")
    arguments = parser.parse_args()
    data = os.environ.get("PUSHGEN_DATA")
    if not data:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/, ars_headlines/ and retweet_pairs/")
    work = cast(Path, arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    found = logs(Path(data), work)
    pairs = make_pairs(found["upworthy"]).frame
    # Styles would cost the reading of every text in every training; the words tell what a source adds.
    config = RewardConfig(kind=cast(Kind, arguments.kind), linear=LinearConfig(styles="none", crosses=False))
    every = variants(found)
    chosen = {name: every[name] for number, name in enumerate(every) if number in {0, *arguments.variants}}
    said = dict(predictions(pairs, chosen, config, arguments.folds, work))
    fold = pairs.select("experiment_id").join(folds_of(pairs, 5), on="experiment_id", how="left", maintain_order="left")
    result = evaluate(pairs.filter(fold["fold"] < arguments.folds), said, against=["alone"])
    helped = {name: helping_pairs([Source(found[name])]).height for name in ("ars", "tweets")}
    lines = report(result, config.kind, arguments.folds, helped)
    target = HERE / "results" / f"reward_sources_{config.kind}"
    target.with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")
    values: dict[str, Any] = result.as_dict()
    target.with_suffix(".json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
