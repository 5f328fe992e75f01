"""How often a written push is judged better than the median human headline, one candidate against the best of K.

    PUSHGEN_DATA=DATA python benchmarks/beats_baseline.py [--work DIR] [--generators template weighted unweighted]

Upworthy contents in three parts: one half of the training contents trains the model that selects (networks that read
texts), the other half the one that judges (words and surface alone), and for the held-out fifth pushes are written.
Near-copies stand in one half. The judge's own accuracy on the held-out pairs is printed. Everything is repeated with
what length, digits and names explain of the judge's opinion of human headlines taken out of it. Intervals are
over contents. Writes benchmarks/results/beats_baseline.md and .json.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen import splits
from pushgen.generation import open_generator
from pushgen.generation.collapse import CollapseConfig
from pushgen.generation.seq2seq.config import Seq2SeqConfig
from pushgen.generation.training import train_seq2seq
from pushgen.guardrails import check
from pushgen.logs import ImportConfig, Log, import_log, make_pairs
from pushgen.logs.adapters import UpworthyAdapter
from pushgen.pipeline.compose import styles_for
from pushgen.pipeline.guarding import open_rules
from pushgen.protocols import GenerationRequest, UtilityModel
from pushgen.records import Candidate, Content
from pushgen.reward.evaluate import evaluate
from pushgen.reward.folds import folds_of
from pushgen.reward.predictions import predict
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.storage import load_reward, save_reward
from pushgen.reward.train import train
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval
from pushgen.tables import CORPUS, read_table, write_table
from pushgen.text.measures import MEASURES

RESULTS = Path(__file__).parent / "results"
TAKEN_OUT = ("length", "digits", "names")
Array = NDArray[np.float64]


def halves(pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The training pairs by parity of their near-copy fold."""
    fold = folds_of(pairs, 6)
    joined = pairs.join(fold, on="experiment_id", how="left", maintain_order="left")
    odd = joined["fold"] % 2 == 1
    return pairs.filter(~odd), pairs.filter(odd)


def models(log: Log, work: Path) -> tuple[UtilityModel, UtilityModel, dict[str, str]]:
    """The selecting and the judging model, and the accuracies of both on the held-out pairs."""
    pairs = make_pairs(log).frame
    held = splits.keep(pairs, "holdout")
    configs = {
        "selects": RewardConfig(kind="score"),
        "judges": RewardConfig(kind="linear", linear=LinearConfig(styles="none", crosses=False)),
    }
    for part, (name, config) in zip(halves(splits.keep(pairs, "train")), configs.items(), strict=True):
        if not (work / name / "config.json").exists():
            save_reward(train(part, config), work / name)
    found = {name: load_reward(work / name) for name in configs}
    result = evaluate(held, {name: predict(model, held) for name, model in found.items()})
    slices = ("accuracy, all pairs", "accuracy, p < .05", "accuracy, p < .001")
    told = {f"{name}: {slice}": str(result.value(slice, name)) for name in configs for slice in slices}
    return found["selects"], found["judges"], told  # type: ignore[return-value]


def generators(log: Log, names: Sequence[str], work: Path) -> dict[str, str]:
    """Specs by name. The two trained models differ in their weights only, and are not refused: the judge tells."""
    found = {"template": "template"} if "template" in names else {}
    if not set(names) - {"template"}:
        return found
    corpus = work / "corpus"
    words = ["curate", str(log.path), "--out", str(corpus), "--preset", "upworthy"]
    subprocess.run([sys.executable, "-m", "pushgen", *words], check=True)
    flat = work / "corpus-unweighted"
    if "unweighted" in names and not flat.exists():
        rows = read_table(corpus / "corpus", CORPUS).with_columns(weight=pl.lit(1.0))
        write_table(rows, flat / "corpus" / "part.parquet", CORPUS)
        (flat / "manifest.json").write_bytes((corpus / "manifest.json").read_bytes())
    open_to_all = CollapseConfig(min_distinct=0.0, min_specificity=-1.0, max_failed=1.0)
    config = dataclasses.replace(Seq2SeqConfig(), collapse=open_to_all)
    for name, source in (("weighted", corpus), ("unweighted", flat)):
        if name in names:
            train_seq2seq(source, work / f"seq2seq-{name}", config)
            found[f"seq2seq, {name}"] = str(work / f"seq2seq-{name}")
    return found


def accepted(spec: str, contents: Sequence[Content]) -> dict[str, list[Candidate]]:
    """Candidates in every style that pass the guardrails, by content."""
    generator, rules = open_generator(spec), open_rules(None, None)
    requests = [GenerationRequest(content=content, style=style) for content in contents for style in styles_for(())]
    written: dict[str, list[Candidate]] = {content.content_id: [] for content in contents}
    for outcome in generator.generate(requests):
        if isinstance(outcome, Candidate):
            written[outcome.content_id].append(outcome)
    return {content.content_id: check(content, written[content.content_id], rules).survivors for content in contents}


class Judge:
    """Utilities of texts of one content, as they are and with surface measures taken out."""

    def __init__(
        self, model: UtilityModel, human: Mapping[str, Sequence[str]], captions: Mapping[str, str | None]
    ) -> None:
        self._model, self._captions = model, captions
        rows: list[Array] = []
        target: list[Array] = []
        for name, texts in human.items():
            values, measured = self.plain(name, texts), self._measures(texts)
            rows.append(measured - measured.mean(axis=0))
            target.append(values - values.mean())
        solved = np.linalg.lstsq(np.concatenate(rows), np.concatenate(target), rcond=None)[0]
        self.slopes: Array = np.asarray(solved, np.float64)

    def plain(self, name: str, texts: Sequence[str]) -> Array:
        return self._model.utilities([texts], [self._captions[name]])[0].astype(np.float64)

    def adjusted(self, name: str, texts: Sequence[str]) -> Array:
        return self.plain(name, texts) - self._measures(texts) @ self.slopes

    def _measures(self, texts: Sequence[str]) -> Array:
        return np.array([[MEASURES[measure](text) for measure in TAKEN_OUT] for text in texts])


def shares(
    texts: Mapping[str, Sequence[str]],
    human: Mapping[str, Sequence[str]],
    captions: Mapping[str, str | None],
    selects: UtilityModel,
    judge: Judge,
) -> dict[str, dict[str, Interval]]:
    """Share of contents whose text beats the median human headline: one at random, and the one that is selected."""
    names = [name for name, found in texts.items() if found]
    over = ClusterBootstrap(names)
    found: dict[str, dict[str, Interval]] = {}
    for label, judged in (("as judged", judge.plain), ("length, digits and names taken out", judge.adjusted)):
        wins: dict[str, list[float]] = {"one": [], "best": []}
        for name in names:
            own, others = list(texts[name]), list(human[name])
            said = judged(name, [*own, *others])
            median = float(np.median(said[len(own) :]))
            beats = np.where(said[: len(own)] > median, 1.0, np.where(said[: len(own)] == median, 0.5, 0.0))
            picked = int(np.argmax(selects.utilities([own], [captions[name]])[0]))
            # The mean over the candidates is what one drawn at random brings, without the noise of the draw.
            wins["one"].append(float(beats.mean()))
            wins["best"].append(float(beats[picked]))
        found[label] = {
            "one": over.mean(wins["one"]),
            "best": over.mean(wins["best"]),
            "gain": over.difference(wins["best"], wins["one"]),
        }
    return found


def percent(interval: Interval, sign: str = "") -> str:
    return f"{100 * interval.value:{sign}.1f}% [{100 * interval.low:{sign}.1f}, {100 * interval.high:{sign}.1f}]"


def measure(data: Path, work: Path, names: Sequence[str]) -> None:
    log = import_log([data / "upworthy" / "packages.csv"], work / "log", UpworthyAdapter(), ImportConfig())
    selects, judges, accuracies = models(log, work)
    held = splits.keep(make_pairs(log).frame, "holdout")
    human = {
        str(name): sorted({*group["text_a"], *group["text_b"]})
        for (name,), group in held.sort("content_id").group_by("content_id", maintain_order=True)
    }
    rows = log.contents.filter(pl.col("content_id").is_in(list(human)), pl.col("caption").is_not_null())
    contents = [Content(**row) for row in rows.sort("content_id").iter_rows(named=True)]
    captions = {content.content_id: content.caption for content in contents}
    human = {name: human[name] for name in captions}
    judge = Judge(judges, human, captions)
    results: dict[str, dict[str, dict[str, Interval]]] = {
        "human headlines": shares(human, human, captions, selects, judge)
    }
    facts: dict[str, dict[str, Any]] = {"human headlines": {"contents": len(human)}}
    for name, spec in generators(log, names, work).items():
        texts = {key: [one.text for one in found] for key, found in accepted(spec, contents).items()}
        written = [found for found in texts.values() if found]
        everything = [text for found in written for text in found]
        means = {key: float(np.mean([count(text) for text in everything])) for key, count in MEASURES.items()}
        facts[name] = {"contents": len(written), "candidates": len(everything), **means}
        results[name] = shares(texts, human, captions, selects, judge)
    facts["human headlines"] |= {
        key: float(np.mean([count(text) for found in human.values() for text in found]))
        for key, count in MEASURES.items()
    }
    report(results, facts, accuracies, judge, len(contents))


def report(
    results: Mapping[str, Mapping[str, Mapping[str, Interval]]],
    facts: Mapping[str, Mapping[str, Any]],
    accuracies: Mapping[str, str],
    judge: Judge,
    contents: int,
) -> None:
    lines = ["# Pushes judged better than the median human headline", "", *stamp(), ""]
    lines += [f"Command: `python benchmarks/beats_baseline.py`. {contents} held-out Upworthy contents.", ""]
    lines += [f"- {name}: {value}" for name, value in accuracies.items()]
    lines += ["", "| texts | opinion | one candidate | best of K | gained by choosing |", "|---|---|---|---|---|"]
    for name, by_label in results.items():
        for label, found in by_label.items():
            cells = percent(found["one"]), percent(found["best"]), percent(found["gain"], "+")
            lines.append(f"| {name} | {label} | " + " | ".join(cells) + " |")
    lines += ["", "Mean measures of the accepted texts:", ""]
    lines += ["| texts | contents | " + " | ".join(MEASURES) + " |", "|---|---|" + "---|" * len(MEASURES)]
    for name, found in facts.items():
        lines.append(f"| {name} | {found['contents']} | " + " | ".join(f"{found[key]:.2f}" for key in MEASURES) + " |")
    told = ", ".join(f"{name} {slope:+.3f}" for name, slope in zip(TAKEN_OUT, judge.slopes, strict=True))
    lines += ["", f"Taken out of the judge's opinion, log-CTR per unit: {told}.", ""]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "beats_baseline.md").write_text("\n".join(lines), encoding="utf-8")
    values = {
        "shares": {
            name: {label: {key: dataclasses.asdict(one) for key, one in found.items()} for label, found in by.items()}
            for name, by in results.items()
        },
        "facts": facts,
        "accuracies": accuracies,
    }
    (RESULTS / "beats_baseline.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--generators", nargs="+", default=["template", "weighted", "unweighted"])
    arguments = parser.parse_args()
    data = os.environ.get("PUSHGEN_DATA")
    if not data:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/packages.csv")
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        measure(Path(data), work, arguments.generators)


if __name__ == "__main__":
    main()
