"""The rounds: generate, choose, test, learn. A killed loop goes on with the round it was in; a longer one adds rounds.

Round r (from 1) leaves `DIR/round-r/`: `run/` (candidates, verdicts, selections), `control.parquet` (the random share
with what was predicted for it), `log/`, `reward/` (the challenger), and last `round.json`, with which it is finished.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.logs import Log
from pushgen.manifest import write_json
from pushgen.pipeline.compose import open_stages, styles_for
from pushgen.pipeline.loop.config import LoopConfig
from pushgen.pipeline.loop.control import SHARE, shuffled, write_round_log
from pushgen.pipeline.loop.figures import Figures, figures
from pushgen.pipeline.loop.learning import Judged, challenge, judge, prior_from_past, prior_from_rounds, with_utilities
from pushgen.pipeline.loop.monitor import Check, alarms_in_a_row, check
from pushgen.pipeline.loop.traffic import Tested, send_round
from pushgen.pipeline.past import learn_styles, write_past
from pushgen.pipeline.round import accepted_candidates
from pushgen.pipeline.run import run, work_of
from pushgen.pipeline.training import train_reward
from pushgen.pipeline.workspace import Workspace
from pushgen.progress import bar, say
from pushgen.protocols import UtilityModel
from pushgen.records import Candidate, Content
from pushgen.reward.storage import load_reward
from pushgen.settings import as_dict
from pushgen.tables import CONTENTS, read_table, write_table
from pushgen.world import World

RECENT = 3
"""Rounds whose random share tells the bandit what predictions are worth; older ones were of other models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round left."""

    number: int
    """From 1."""
    model: str
    """Folder of the model that served it, below the loop's."""
    figures: Figures
    check: Check
    judged: Judged | None
    """None where nothing was learnt, after an alarm."""
    strength: float
    """Clicks that the bandit took a prediction for."""
    slope: float
    """Factor that it put on predictions."""
    stops: Mapping[str, int]
    """Tests that ended early, by rule."""
    styles: Mapping[str, float]
    """Share of the bandit's impressions by style."""
    control: tuple[int, int]
    """Impressions and clicks of the random share, as counted."""
    sent: tuple[int, int]
    """The same of the rest."""

    @property
    def serves_next(self) -> str:
        """The model of the next round."""
        return f"round-{self.number:03d}/reward" if self.judged is not None and self.judged.adopted else self.model


def play_loop(config: LoopConfig, rounds: int, out: Path, seed: int) -> list[Round]:
    """Plays rounds into a folder and returns all of them; finished ones are not played again."""
    if rounds < 1:
        raise ConfigurationError(f"expected at least one round, found {rounds}")
    space = Workspace(out, {"stage": "loop", "configuration": as_dict(config), "seed": seed})
    with space.open():
        say("building the world")
        world = World.build(config.world, seed)
        past = write_past(world, out / "log")
        styles = learn_styles(world, config.annotated, out / "styles")
        train_reward(past, out / "reward", config.reward, styles=styles)
        contents = world.new_contents(config.contents * rounds)
        played: list[Round] = []
        with bar("rounds", rounds) as shown:
            for number in range(1, rounds + 1):
                folder = out / f"round-{number:03d}"
                if not (folder / "round.json").is_file():
                    new = contents[config.contents * (number - 1) : config.contents * number]
                    one = _Loop(config, world, past, styles, out, seed).play(number, new, played)
                    write_json(folder / "round.json", as_dict(one))
                played.append(read_round(folder / "round.json"))
                say(f"round {number}: {told(played[-1])}")
                shown.advance()
    return played


def told(one: Round) -> str:
    """A round in a line."""
    found = one.figures
    line = (
        f"CTR {found.all:.3%} of {found.best:.3%}, {found.share(found.all):.0%} of the oracle's lift; {one.check.words}"
    )
    return f"{line}; {one.judged.words}" if one.judged is not None else line


def read_round(file: Path) -> Round:
    """A finished round."""
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    judged = values.pop("judged")
    return Round(
        **{
            **values,
            "figures": Figures(**values["figures"]),
            "check": Check(**values["check"]),
            "judged": None if judged is None else Judged(**judged),
            "control": tuple(values["control"]),
            "sent": tuple(values["sent"]),
        }
    )


@dataclass(frozen=True, slots=True)
class _Loop:
    """What stays the same from round to round."""

    config: LoopConfig
    world: World
    past: Log
    styles: Path
    out: Path
    seed: int

    def play(self, number: int, contents: Sequence[Content], before: Sequence[Round]) -> Round:
        folder, config = self.out / f"round-{number:03d}", self.config
        model = before[-1].serves_next if before else "reward"
        candidates = self._write(folder / "run", contents, model)
        captions = {content.content_id: content.caption for content in contents}
        rows = _rows(candidates, captions)
        # Models of a loop are linear, and as such models of utilities.
        scored = with_utilities(cast(UtilityModel, load_reward(self.out / model)), rows)
        utilities = {
            str(name[0]): part["utility"].to_numpy()
            for name, part in scored.group_by("content_id", maintain_order=True)
        }
        healthy = self._healthy(before)
        learnt = (
            prior_from_rounds([self._share(one.number) for one in healthy[-RECENT:]])
            if healthy
            else prior_from_past(self.past, self.out / model)
        )
        tested = send_round(self.world, candidates, utilities, learnt, config.traffic, [self.seed, 8, number])
        truth = figures(self.world, candidates, utilities, tested)
        counted = {name: _sum(table) for name, table in (("control", tested.control), ("sent", tested.sent))}
        styles = _styles(candidates, tested)
        if number in config.poisoned:
            wrong = shuffled(tested.control, [self.seed, 9, number])
            tested = Tested(control=wrong, sent=tested.sent, stops=tested.stops)
        share = tested.control.join(scored, on=["content_id", "candidate_id"], how="left", maintain_order="left")
        write_table(share, folder / "control.parquet", SHARE)
        inputs = {"seed": self.seed, "round": number, "model": model, "loop": as_dict(config)}
        write_round_log(folder / "log", number, contents, candidates, tested, inputs=inputs)
        checked = check(share, [one.check for one in before], config.monitor, seed=number)
        return Round(
            number=number,
            model=model,
            figures=truth,
            check=checked,
            judged=self._learn(number, model, before, checked),
            strength=learnt.strength,
            slope=learnt.slope,
            stops={rule: sum(stop.rule == rule for stop in tested.stops) for rule in ("small loss", "little left")},
            styles=styles,
            control=counted["control"],
            sent=counted["sent"],
        )

    def _write(self, folder: Path, contents: Sequence[Content], model: str) -> dict[str, list[Candidate]]:
        """Candidates that passed the guardrails, by content, in the order of their ids."""
        config, frame = self.config, CONTENTS.frame(contents)
        stages = open_stages(config.generator, self.out / model)
        work = work_of(frame, config.generator, self.out / model)
        run(frame, stages, folder, styles=styles_for(config.run.styles), config=config.run, work=work)
        passed = accepted_candidates(folder)
        return {
            one.content_id: sorted(passed[one.content_id], key=lambda text: text.candidate_id)
            for one in contents
            if passed.get(one.content_id)
        }

    def _learn(self, number: int, model: str, before: Sequence[Round], checked: Check) -> Judged | None:
        """The challenger of a round and its verdict; None where an alarm keeps the round out."""
        row = alarms_in_a_row([*(one.check for one in before), checked])
        changed = row >= self.config.monitor.patience
        if checked.alarm and not changed:
            return None
        healthy = [one.number for one in self._healthy(before)]
        recent = list(range(number - row + 1, number + 1)) if changed else [number]
        folder = self.out / f"round-{number:03d}" / "reward"
        logs = [Log.open(self.out / f"round-{one:03d}" / "log") for one in sorted({*healthy, *recent})]
        challenge(self.past, logs, folder, self.config.reward, self.styles)
        # Where the world has changed, only the rounds since tell which model is right.
        judges = recent if changed else [*healthy, number]
        return judge(self.out / model, folder, [self._share(one) for one in judges])

    def _healthy(self, before: Sequence[Round]) -> list[Round]:
        """Rounds that may be learnt from: without an alarm, or of a world that has changed."""
        return [
            one
            for place, one in enumerate(before)
            if not one.check.alarm or _changed([other.check for other in before], place, self.config.monitor.patience)
        ]

    def _share(self, number: int) -> pl.DataFrame:
        return read_table(self.out / f"round-{number:03d}" / "control.parquet", SHARE)


def _changed(checks: Sequence[Check], place: int, patience: int) -> bool:
    """Whether an alarm is one of so many in a row that the world must have changed."""
    start, end = place, place
    while start > 0 and checks[start - 1].alarm:
        start -= 1
    while end + 1 < len(checks) and checks[end + 1].alarm:
        end += 1
    return end - start + 1 >= patience


def _rows(candidates: Mapping[str, Sequence[Candidate]], captions: Mapping[str, str | None]) -> pl.DataFrame:
    texts = [one for listed in candidates.values() for one in listed]
    return pl.DataFrame(
        {
            "content_id": [one.content_id for one in texts],
            "candidate_id": [one.candidate_id for one in texts],
            "caption": [captions[one.content_id] for one in texts],
            "text": [one.text for one in texts],
        },
        schema=dict.fromkeys(("content_id", "candidate_id", "caption", "text"), pl.String),
    )


def _sum(table: pl.DataFrame) -> tuple[int, int]:
    return int(table["impressions"].sum()), int(table["clicks"].sum())


def _styles(candidates: Mapping[str, Sequence[Candidate]], tested: Tested) -> dict[str, float]:
    """Share of the bandit's impressions by the style asked for."""
    style = {one.candidate_id: one.style for listed in candidates.values() for one in listed}
    counted = tested.sent.with_columns(style=pl.col("candidate_id").replace_strict(style))
    total = counted.group_by("style").agg(pl.col("impressions").sum()).sort("style")
    whole = float(np.sum(total["impressions"].to_numpy()))
    return {str(name): int(count) / whole for name, count in total.iter_rows()}
