"""A small closed loop on real parts: what it leaves, killed and resumed, poisoned, longer."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from pushgen.errors import ConfigurationError, WorkspaceError
from pushgen.logs import Log, make_pairs
from pushgen.pipeline.loop.play import Round, play_loop
from pushgen.recipes.loop import small_loop
from pushgen.report.loop import write_loop_report

SEED = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loop")


@pytest.fixture(scope="module")
def played(folder: Path) -> list[Round]:
    return play_loop(small_loop(), 2, folder, SEED)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file but the times."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name not in {"timings.json", ".lock"})
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_no_traffic_beats_the_oracle_and_all_of_it_is_accounted_for(played: list[Round]) -> None:
    config = small_loop()
    for one in played:
        found = one.figures
        assert found.best >= max(found.choice, found.sent, found.all)
        assert one.control[0] + one.sent[0] == config.contents * config.traffic.impressions
        assert one.control[0] == pytest.approx(0.25 * config.contents * config.traffic.impressions)
        assert found.regret == pytest.approx(found.best * 180_000 - found.clicks)
        assert abs(one.sent[1] - found.sent * one.sent[0]) < 5 * (found.sent * one.sent[0]) ** 0.5
        assert sum(one.styles.values()) == pytest.approx(1.0)
        assert 0.0 <= one.check.low <= one.check.accuracy <= one.check.high <= 1.0


def test_only_the_random_share_becomes_pairs(folder: Path, played: list[Round]) -> None:
    for one in played:
        log = Log.open(folder / f"round-{one.number:03d}" / "log")
        sent = log.exposures.filter(pl.col("experiment_id").is_null())
        assert int(sent["impressions"].sum()) == one.sent[0]
        control = pl.read_parquet(folder / f"round-{one.number:03d}" / "control.parquet")
        pairs = make_pairs(log).frame
        assert pairs["push_a"].is_in(control["candidate_id"].to_list()).all()
        counted = dict(control.select("candidate_id", "clicks").iter_rows())
        assert all(counted[push] == clicks for push, clicks in pairs.select("push_a", "clicks_a").iter_rows())


def test_a_model_serves_only_after_it_was_judged(played: list[Round]) -> None:
    assert played[0].model == "reward"
    for one, after in pairwise(played):
        assert after.model == one.serves_next
        assert one.judged is not None
        assert one.judged.adopted == (one.judged.gain >= -one.judged.error)


def test_a_finished_loop_is_read_and_a_longer_one_adds_rounds(
    folder: Path, played: list[Round], tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("round.json")}
    assert play_loop(small_loop(), 2, folder, SEED) == played
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("round.json")} == before
    short = play_loop(small_loop(), 1, tmp_path, SEED)
    assert short == played[:1]
    with pytest.raises(WorkspaceError, match="seed"):
        play_loop(small_loop(), 2, folder, SEED + 1)


def test_the_page_shows_rounds_alarms_and_verdicts(played: list[Round], tmp_path: Path) -> None:
    page = write_loop_report(played, tmp_path / "page.html").read_text()
    for heading in ("CTR per round", "Daily check and alarms", "Learning", "Tests", "Styles"):
        assert f"<h2>{heading}</h2>" in page
    assert f"{played[-1].figures.all:.3%}" in page
    assert "<svg" in page


@pytest.mark.slow
def test_a_killed_loop_ends_as_an_unbroken_one(folder: Path, played: list[Round], tmp_path: Path) -> None:
    del played
    code = (
        "from pathlib import Path; import sys\n"
        "from pushgen.pipeline.loop.play import play_loop\n"
        "from pushgen.recipes.loop import small_loop\n"
        f"play_loop(small_loop(), 2, Path(sys.argv[1]), {SEED})"
    )
    call = [sys.executable, "-c", code, str(tmp_path)]
    # Killed while round 1 has candidates but no verdict yet, and again between two rounds.
    for sign in ("round-001/run/summary.json", "round-001/round.json"):
        process = subprocess.Popen(call, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 300
        while not (tmp_path / sign).exists() and time.monotonic() < deadline:
            assert process.poll() is None, "the loop ended before it could be killed"
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "round-002" / "round.json").exists()
    subprocess.run(call, check=True, capture_output=True)
    whole, broken = snapshot(folder), snapshot(tmp_path)
    assert broken.keys() == whole.keys()
    assert [name for name in whole if whole[name] != broken[name]] == []


def test_zero_rounds_and_settings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="at least one round"):
        play_loop(small_loop(), 0, tmp_path, SEED)
    with pytest.raises(ConfigurationError, match="count from 1"):
        small_loop(poisoned=(0,))


def test_the_command_prints_its_rounds(folder: Path, played: list[Round]) -> None:
    from pushgen.cli.loop import shares, show

    show(played)
    for one in played:
        assert shares(one)["all"] == pytest.approx(
            (one.figures.all - one.figures.random) / (one.figures.best - one.figures.random)
        )
    assert json.loads((folder / "round-001" / "round.json").read_text())["number"] == 1
