"""One round in the simulated world: log, corpus, models, candidates, choice, and the randomised test of the choice.

Every stage reads only what a user's own data would give it. The world's truth is read in one place, `_best`, which
makes the arm that the choice is measured against.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from pushgen import splits
from pushgen.curation import CurationConfig, LogTables, write_corpus
from pushgen.errors import CollapsedModelError
from pushgen.generation.seq2seq.config import Seq2SeqConfig
from pushgen.generation.training import train_seq2seq
from pushgen.guardrails import check
from pushgen.logs import Log, make_pairs
from pushgen.manifest import hash_path, write_json
from pushgen.pipeline.compose import open_stages, styles_for
from pushgen.pipeline.judging import judged
from pushgen.pipeline.measure import BEST, CHOSEN, RANDOM, TEMPLATE, Measured, measure, style_shares
from pushgen.pipeline.past import learn_styles, write_past
from pushgen.pipeline.run import RunConfig, RunSummary, Stages, run, work_of
from pushgen.pipeline.training import train_reward
from pushgen.pipeline.workspace import Workspace
from pushgen.progress import say
from pushgen.protocols import GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.reward.settings import RewardConfig
from pushgen.reward.storage import load_reward
from pushgen.settings import as_dict
from pushgen.tables import CANDIDATES, CONTENTS, CORPUS, SELECTIONS, VERDICTS, read_table, write_table
from pushgen.world import World, WorldConfig

T = TypeVar("T")

STAGES = 8
"""Stages of a round, for the count that the screen shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundConfig:
    """Everything about one round."""

    world: WorldConfig = field(default_factory=WorldConfig)
    curation: CurationConfig = field(default_factory=CurationConfig)
    generator: Seq2SeqConfig = field(default_factory=Seq2SeqConfig)
    reward: RewardConfig = field(default_factory=RewardConfig)
    run: RunConfig = field(default_factory=RunConfig)
    annotated: int = 2000
    """Past pushes whose style an annotator tells, from which the round's style labeller learns: what a language model
    labels in minutes and two people in two days."""
    contents: int = 200
    """New contents to write pushes for."""
    impressions: int = 20_000
    """Impressions per content and arm in the test of the choice."""
    fixed_style: str = "plain"
    """Style of the template that the choice is compared with."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a round gave."""

    measured: Measured
    truth: Measured
    """The same comparison with the world's true click rates in place of counts: no sampling noise but the contents'."""
    run: RunSummary
    seconds: Mapping[str, float]


def play(config: RoundConfig, out: Path, seed: int) -> Played:
    """Plays one round into a folder; finished stages of the same round are not done again."""
    clock = _Clock()
    space = Workspace(out, {"stage": "round", "configuration": as_dict(config), "seed": seed})
    with space.open():
        world = clock.time("world", lambda: World.build(config.world, seed))
        new = world.new_contents(config.contents)
        write_table(CONTENTS.frame(new), out / "contents.parquet", CONTENTS)
        log = clock.time("log", lambda: write_past(world, out / "log"))
        styles = clock.time("learn styles", lambda: learn_styles(world, config.annotated, out / "styles"))
        clock.time("curate", lambda: _curate(log, config, out / "corpus", styles))
        own = styles if config.reward.kind == "linear" else None
        clock.time("train reward", lambda: train_reward(log, out / "reward", config.reward, styles=own))
        clock.time("evaluate reward", lambda: _evaluate(log, out, seed))
        generator = clock.time("train generator", lambda: _generator(config, out))
        stages = open_stages(generator, out / "reward")
        frame = CONTENTS.frame(new)
        work = work_of(frame, generator, out / "reward")
        asked = styles_for(config.run.styles)
        summary = clock.time("run", lambda: run(frame, stages, out / "run", styles=asked, config=config.run, work=work))
        arms = _arms(world, new, stages, out / "run", config, seed)
        exposures = world.ab_test(arms, config.impressions, seed)
        write_table(exposures, out / "test" / "exposures.parquet")
        measured = measure(exposures, seed=seed)
        truth = measure(_true_counts(world, arms), seed=seed)
        write_json(out / "measure.json", as_dict(measured))
        write_json(out / "truth.json", as_dict(truth))
        write_json(out / "styles.json", _styles(out))
    return Played(measured, truth, summary, clock.seconds)


class _Clock:
    """Times the stages and says which one runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, name: str, work: Callable[[], T]) -> T:
        say(f"[{len(self.seconds) + 1}/{STAGES}] {name}")
        started = time.monotonic()
        result = work()
        self.seconds[name] = time.monotonic() - started
        return result


def _curate(log: Log, config: RoundConfig, out: Path, styles: Path) -> None:
    from pushgen.encoders import NgramEncoder
    from pushgen.styles.linear import LinearLabeller

    labeller = LinearLabeller.load(styles)
    inputs = {"log": hash_path(log.path), "styles": hash_path(styles)}
    tables = LogTables.open(log.path)
    write_corpus(tables, out, config.curation, inputs=inputs, labeller=labeller, encoder=NgramEncoder())


def _evaluate(log: Log, out: Path, seed: int) -> None:
    """The reward model on the held-out contents of its log, for the report."""
    path = out / "reward" / "evaluation.json"
    if path.is_file():
        return
    pairs = make_pairs(log).frame
    held, train = splits.keep(pairs, "holdout"), splits.keep(pairs, "train")
    # Kept beside the model, not in its manifest: a figure about the model is no part of it.
    write_json(path, judged(load_reward(out / "reward", bf16="auto"), held, train, seed=seed).as_dict())


def _generator(config: RoundConfig, out: Path) -> str:
    """The spec of the generator trained on the corpus, or `template` where it collapsed."""
    try:
        train_seq2seq(out / "corpus", out / "generator", config.generator)
    except CollapsedModelError as error:
        say(f"{error} The template writes instead.")
        return "template"
    return str(out / "generator")


def _arms(
    world: World, contents: Sequence[Content], stages: Stages, folder: Path, config: RoundConfig, seed: int
) -> dict[str, list[Candidate]]:
    """One push per content and arm; contents without a selection are in no arm."""
    accepted = accepted_candidates(folder)
    chosen_ids = dict(read_table(folder / "selections", SELECTIONS).select("content_id", "candidate_id").iter_rows())
    rng = np.random.default_rng([seed, 7])
    arms: dict[str, list[Candidate]] = {CHOSEN: [], TEMPLATE: [], RANDOM: [], BEST: []}
    for content in contents:
        candidates = accepted.get(content.content_id)
        template = _template(content, stages, config.fixed_style)
        if not candidates or template is None or content.content_id not in chosen_ids:
            continue
        by_id = {candidate.candidate_id: candidate for candidate in candidates}
        arms[CHOSEN].append(by_id[chosen_ids[content.content_id]])
        arms[TEMPLATE].append(template)
        arms[RANDOM].append(candidates[int(rng.integers(len(candidates)))])
        arms[BEST].append(_best(world, candidates))
    return arms


def _template(content: Content, stages: Stages, style: str) -> Candidate | None:
    """The template's text in one fixed style, or in the first style that it can write for this content."""
    for name in (style, *(other for other in styles_for(()) if other != style)):
        outcome = stages.fallback.generate([GenerationRequest(content=content, style=name)])[0]
        if isinstance(outcome, Candidate) and (passed := check(content, [outcome], stages.rules).survivors):
            return passed[0]
    return None


def _best(world: World, candidates: Sequence[Candidate]) -> Candidate:
    """The candidate with the highest true click rate. The only place that reads the truth."""
    rates = world.truth.ctrs(
        [candidate.content_id for candidate in candidates], [candidate.text for candidate in candidates]
    )
    return candidates[int(np.argmax(rates))]


def accepted_candidates(folder: Path) -> dict[str, list[Candidate]]:
    """Candidates of a run that no guardrail blocked, by content id. Those of the fallback count where it was needed."""
    blocked = read_table(folder / "verdicts", VERDICTS).filter(pl.col("severity") == "block")
    accepted = read_table(folder / "candidates", CANDIDATES).join(blocked, on="candidate_id", how="anti")
    by_content: dict[str, list[Candidate]] = {}
    for row in accepted.iter_rows(named=True):
        by_content.setdefault(row["content_id"], []).append(Candidate(**row))
    return by_content


def _true_counts(world: World, arms: Mapping[str, Sequence[Candidate]], impressions: int = 10**9) -> pl.DataFrame:
    """Expected counts at the true click rates, as many as make rounding vanish."""
    rows: list[pl.DataFrame] = []
    for arm, pushes in arms.items():
        ids = [push.content_id for push in pushes]
        rates = world.truth.ctrs(ids, [push.text for push in pushes])
        frame = pl.DataFrame({"content_id": ids, "clicks": np.rint(rates * impressions).astype(np.int64)})
        rows.append(frame.with_columns(pl.lit(arm).alias("arm"), pl.lit(impressions).alias("impressions")))
    return pl.concat(rows)


def _styles(out: Path) -> dict[str, dict[str, float]]:
    """Shares of styles before and after; the labeller's in log and corpus, the style asked for in the selections."""
    corpus = read_table(out / "corpus" / "corpus", CORPUS)
    selections = read_table(out / "run" / "selections", SELECTIONS)
    return {
        "corpus": style_shares(corpus["style"].to_list()),
        "selected": style_shares(selections["style"].to_list()),
    }
