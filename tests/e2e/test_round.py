"""The whole loop in a small world: every stage for real, and a world without text effects shows no lift."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pushgen.pipeline.measure import BEST, CHOSEN, RANDOM, TEMPLATE
from pushgen.pipeline.round import Played, RoundConfig, play
from pushgen.recipes.demo import small_round
from pushgen.report import write_report


@pytest.fixture(scope="module")
def config() -> RoundConfig:
    return small_round()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round")


@pytest.fixture(scope="module")
def played(config: RoundConfig, folder: Path) -> Played:
    return play(config, folder, seed=3)


def test_every_arm_tests_the_same_contents(config: RoundConfig, played: Played) -> None:
    assert {arm.name for arm in played.measured.arms} == {CHOSEN, TEMPLATE, RANDOM, BEST}
    assert 0 < played.measured.contents <= config.contents
    assert played.run.selections + sum(played.run.rejects.values()) == config.contents


def test_no_arm_is_truly_better_than_the_best_candidate(played: Played) -> None:
    rates = {arm.name: arm.ctr for arm in played.truth.arms}
    assert rates[BEST] >= max(rates[CHOSEN], rates[RANDOM])


def test_a_finished_round_is_not_played_again(config: RoundConfig, folder: Path, played: Played) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    assert before
    again = play(config, folder, seed=3)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")} == before
    assert again.measured == played.measured


def test_the_report_shows_the_round(folder: Path, played: Played) -> None:
    page = write_report(folder).read_text()
    for heading in ("Result", "Styles", "Examples", "Reward model", "Curation", "Run"):
        assert f"<h2>{heading}</h2>" in page
    assert f"{played.measured.arms[0].clicks:,}" in page
    assert json.loads((folder / "measure.json").read_text())["contents"] == played.measured.contents


def test_without_text_effects_no_text_is_better(config: RoundConfig, tmp_path: Path) -> None:
    flat = replace(config, world=replace(config.world, text_effects=0.0))
    played = play(flat, tmp_path, seed=4)
    assert len({round(arm.ctr, 9) for arm in played.truth.arms}) == 1
    assert played.measured.recovered is None
    assert all(lift.low < 0 < lift.high for lift in played.measured.lifts)
