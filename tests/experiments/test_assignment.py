"""Shares, layers and holdouts, and what a wrong file is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from scipy import stats

from pushgen.errors import ConfigurationError
from pushgen.experiments.assignment import Allocation, Assignment, read_assignment
from pushgen.experiments.buckets import bucket

IDS = pl.Series([f"user-{i}" for i in range(100_000)])
FILE = """
unit = "user"
[holdout]
name = "2026"
share = 0.1
[[experiments]]
id = "emoji"
layer = "copy"
to = 0.5
arms = { control = 3, emoji = 1 }
[[experiments]]
id = "question"
layer = "copy"
from = 0.5
to = 0.9
arms = { control = 1, question = 1 }
[[experiments]]
id = "hour"
layer = "time"
arms = { morning = 1, evening = 1 }
"""


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    (tmp_path / "e.toml").write_text(FILE)
    return read_assignment(tmp_path / "e.toml")


def test_shares_are_those_asked_for(assignment: Assignment) -> None:
    found = assignment.assign(IDS)
    assert found.height == 2 * len(IDS)
    assert found["held_out"].mean() == pytest.approx(0.1, abs=0.004)
    sizes = dict(
        found.drop_nulls("arm").group_by(pl.concat_str("experiment_id", "arm", separator="/")).len().iter_rows()
    )
    expected = {"emoji/control": 0.3375, "emoji/emoji": 0.1125, "question/control": 0.18, "question/question": 0.18,
                "hour/morning": 0.45, "hour/evening": 0.45}  # fmt: skip
    assert {name: size / len(IDS) for name, size in sizes.items()} == pytest.approx(expected, abs=0.006)


def test_nobody_is_in_two_experiments_of_one_layer_nor_held_out_and_in_one(assignment: Assignment) -> None:
    found = assignment.assign(IDS)
    assert found.select(pl.struct("user_id", "layer").is_duplicated().any()).item() is False
    assert found.filter(pl.col("held_out") & pl.col("arm").is_not_null()).is_empty()
    assert (found["arm"].is_null() == found["experiment_id"].is_null()).all()


def test_layers_are_independent(assignment: Assignment) -> None:
    found = assignment.assign(IDS).drop_nulls("arm")
    both = found.filter(experiment_id="emoji").join(found.filter(experiment_id="hour"), on="user_id")
    table = both.pivot("arm_right", index="arm", values="layer", aggregate_function="len").drop("arm").to_numpy()
    test: Any = stats.chi2_contingency(table)
    assert test.pvalue > 1e-3


def test_an_arm_follows_from_the_documented_buckets(assignment: Assignment) -> None:
    for row in assignment.assign(IDS.head(200)).filter(layer="copy").to_dicts():
        unit, arm = row["user_id"], None
        if bucket("holdout:2026", unit) >= 100_000:
            place = bucket("layer:copy", unit)
            if place < 500_000:
                arm = "control" if bucket("arms:emoji", unit) < 750_000 else "emoji"
            elif place < 900_000:
                arm = "control" if bucket("arms:question", unit) < 500_000 else "question"
        assert row["arm"] == arm, unit


def test_other_experiments_do_not_move_anybody(assignment: Assignment) -> None:
    alone = Assignment(experiments=assignment.experiments[:1], holdout="2026", holdout_share=0.1)
    together = assignment.assign(IDS).filter(experiment_id="emoji")
    assert alone.assign(IDS).drop_nulls("arm").equals(together)


def test_devices_are_named_as_such() -> None:
    plan = Assignment(experiments=[Allocation(experiment_id="e", arms={"a": 1, "b": 1})], unit="device")
    assert plan.assign(IDS.head(3)).columns[0] == "device_id"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("from = 0.5", "from = 0.4", "'emoji' and 'question' overlap in layer 'copy'"),
        ("to = 0.9", "to = 1.9", "0 <= from < to <= 1"),
        ("control = 3", "control = 0.75", "write 95 and 5"),
        ("share = 0.1", "share = 1.0", "holdout's share"),
        ("share = 0.1", "part = 0.1", "no setting 'part'"),
        ('id = "hour"', 'id = "emoji"', "'emoji' is there twice"),
        ('id = "hour"', "", "needs an id"),
        ('unit = "user"', 'unit = "household"', "user or device"),
        ("arms = { morning = 1, evening = 1 }", "arms = {}", "no arms"),
        ("[holdout]", "[holdout", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_where(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path / "e.toml").write_text(FILE.replace(old, new))
    with pytest.raises(ConfigurationError, match=words):
        read_assignment(tmp_path / "e.toml")


def test_the_command_counts_what_it_sets_apart(tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text(FILE)
    (tmp_path / "ids.csv").write_text("user_id\n" + "\n".join(f"u{i}" for i in range(1000)) + "\nu5\n")
    out = tmp_path / "arms.jsonl"
    command = [
        "experiment",
        "assign",
        tmp_path / "ids.csv",
        "--experiments",
        tmp_path / "e.toml",
        "--out",
        out,
        "--json",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "from pushgen.cli import main; main()", *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert (counts["ids"], counts["rejected"]) == (1000, 1)
    written = pl.read_ndjson(out)
    again = read_assignment(tmp_path / "e.toml").assign(pl.Series([f"u{i}" for i in range(1000)]))
    assert written["arm"].to_list() == again["arm"].to_list()
    assert sum(arm["ids"] for arm in counts["arms"]) == again["arm"].count()
