"""Simulated worlds of moderate size for the claims: a log, a style labeller, a linear reward model, and candidates.

What a world needs is kept in the folder `--work` of a script and used by the others. The seeds are no others' of this
project's benchmarks; nothing was tuned on them.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from pushgen.logs import Log, make_pairs
from pushgen.manifest import write_json
from pushgen.pipeline.compose import open_stages, styles_for
from pushgen.pipeline.past import learn_styles, write_past
from pushgen.pipeline.round import accepted_candidates
from pushgen.pipeline.run import RunConfig, run, work_of
from pushgen.pipeline.training import train_reward
from pushgen.protocols import Floats
from pushgen.records import Candidate, Content
from pushgen.reward.linear import LinearReward
from pushgen.reward.settings import RewardConfig
from pushgen.reward.storage import load_reward
from pushgen.statistics.bootstrap import Interval
from pushgen.tables import CONTENTS
from pushgen.world import World, WorldConfig

Array = NDArray[np.float64]
Utilities: TypeAlias = Callable[[Sequence[Sequence[str]], Sequence[str | None]], list[Floats]]
"""Of the texts of each content, given its caption: `UtilityModel.utilities`."""
SEEDS = (70, 71, 72, 73, 74)
CONFIG = WorldConfig(contents=1000, experiments=1000, solo_sends=200)
ANNOTATED = 1000
"""Past pushes whose style an annotator tells."""
NEW = 200
"""New contents of each world: 1,000 candidate sets over five seeds."""


@dataclass(frozen=True)
class Past:
    """A world and what its past left to learn from."""

    world: World
    log: Log
    styles: Path
    """Folder of a style labeller."""
    folder: Path

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """Of all past tests."""
        return make_pairs(self.log).frame

    @cached_property
    def contents(self) -> list[Content]:
        """New ones, which no past push was about."""
        return self.world.new_contents(NEW)

    @cached_property
    def reward(self) -> Path:
        """Folder of the linear model, trained on the training part of the split."""
        out = self.folder / "reward"
        train_reward(self.log, out, RewardConfig(kind="linear"), styles=self.styles)
        return out

    @cached_property
    def candidates(self) -> Mapping[str, Sequence[Candidate]]:
        """What the template generator wrote for the new contents and no guardrail blocked, by content id."""
        frame = CONTENTS.frame(self.contents)
        work = work_of(frame, "template", self.reward)
        run(frame, open_stages("template", self.reward), self.folder / "run", styles=styles_for(()),
            config=RunConfig(part_size=NEW), work=work)  # fmt: skip
        return accepted_candidates(self.folder / "run")


@dataclass(frozen=True, slots=True)
class Field:
    """The candidates of one content as a model and as the world see them; arrays of shape (K,)."""

    content: str
    utility: Array
    """Expected log-CTR up to a constant of the content."""
    rate: Array
    """True CTR."""

    @property
    def first(self) -> int:
        """The model's choice."""
        return int(np.argmax(self.utility))

    @property
    def last(self) -> int:
        return int(np.argmin(self.utility))


def build(seed: int, work: Path) -> Past:
    """The world of a seed, its past in `work`."""
    world, folder = World.build(CONFIG, seed), work / f"seed-{seed}"
    return Past(world, write_past(world, folder / "log"), learn_styles(world, ANNOTATED, folder / "styles"), folder)


def fields(past: Past, utilities: Utilities, candidates: Mapping[str, Sequence[Candidate]]) -> list[Field]:
    """Candidates of each content that has two of different texts, judged by a model and by the world."""
    captions = {content.content_id: content.caption for content in past.contents}
    texts = {name: sorted({one.text for one in given}) for name, given in candidates.items()}
    texts = {name: given for name, given in texts.items() if len(given) > 1}
    ids = [name for name, given in texts.items() for _ in given]
    rates = past.world.truth.ctrs(ids, [text for given in texts.values() for text in given])
    told = utilities(list(texts.values()), [captions[name] for name in texts])
    ends = np.cumsum([len(given) for given in texts.values()])[:-1]
    return [
        Field(name, utility.astype(np.float64), rate)
        for name, utility, rate in zip(texts, told, np.split(rates, ends), strict=True)
    ]


def linear_of(past: Past) -> LinearReward:
    """The linear model of a past."""
    return cast(LinearReward, load_reward(past.reward))


def lift(chosen: ArrayLike, against: ArrayLike) -> float:
    """Mean CTR over contents of one choice above that of another, as a share of the latter."""
    return float(np.asarray(chosen, np.float64).mean() / np.asarray(against, np.float64).mean() - 1.0)


def over_seeds(values: Sequence[float]) -> Interval:
    """Mean over independent worlds with its 95% Student interval; at least two."""
    from scipy import stats

    mean, half = float(np.mean(values)), float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return Interval(mean, mean - half, mean + half, len(values))


def each_seed(
    name: str, measure: Callable[[Past], Mapping[str, float]], seeds: Sequence[int], work: Path
) -> dict[str, Interval]:
    """Every figure that `measure` takes of a world, over the worlds of the seeds; those found in `work` are kept."""
    found: list[dict[str, float]] = []
    for seed in seeds:
        file = work / f"seed-{seed}" / f"{name}.json"
        if not file.is_file():
            write_json(file, dict(measure(build(seed, work))))
        found.append(json.loads(file.read_text(encoding="utf-8")))
        shown = ", ".join(f"{figure} {value:.4f}" for figure, value in found[-1].items())
        print(f"seed {seed}: {shown}", file=sys.stderr, flush=True)
    return {figure: over_seeds([one[figure] for one in found]) for figure in found[0]}


@dataclass(frozen=True, slots=True)
class Options:
    """What a script is told on the command line."""

    seeds: Sequence[int]
    work: Path


@contextmanager
def options(doc: str | None, seeds: Sequence[int] = SEEDS) -> Iterator[Options]:
    """`--seeds` and `--work`; without the latter a folder that is removed at the end."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    parser.add_argument("--work", type=Path, default=None, help="keeps worlds and models, for this and other claims")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        yield Options(given.seeds, given.work or Path(scratch))
