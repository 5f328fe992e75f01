"""`pushgen experiment replay` as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest


def pushgen(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pushgen.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 tests of two headlines, the one that asks clicked twice as often, and one test of the excluded window."""
    folder, rng = tmp_path_factory.mktemp("replay"), np.random.default_rng(0)
    rows = ["clickability_test_id,headline,lede,impressions,clicks,eyecatcher_id,created_at"]
    for test in range(41):
        day = "2013-10-01" if test == 40 else "2014-05-01"
        for text, rate in ((f"Story {test} is out", 0.02), (f"Have you seen story {test}?", 0.04)):
            rows.append(f"t{test},{text},<p>About {test}</p>,5000,{rng.binomial(5000, rate)},m,{day}")
    (folder / "packages.csv").write_text("\n".join(rows) + "\n")
    done = pushgen("import", "upworthy", folder / "packages.csv", "--out", folder / "log")
    assert done.returncode == 0, done.stderr
    return folder / "log"


def test_utilities_earn_and_the_page_shows_it(log: Path, tmp_path: Path) -> None:
    pushes = pl.concat([pl.read_parquet(part) for part in sorted((log / "pushes").glob("*.parquet"))])
    known = pushes.select("push_id", utility=pl.col("body").str.contains("Have").cast(pl.Float64) * 0.7)
    known.write_csv(tmp_path / "u.csv")
    page = tmp_path / "out" / "page.html"
    flags = ["--traffic", "200", "--traffic", "1000", "--batches", "10", "--seeds", "1", "--draws", "200"]
    done = pushgen("experiment", "replay", log, "--utilities", tmp_path / "u.csv", "--html", page, "--json", *flags)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["contests"], found["experiments"]) == (40, 40)
    assert found["left_out"]["arms of excluded experiments: window"] == 2
    gains = {(row["policy"], row["traffic"]): row["gain"]["value"] for row in found["gains"]}
    # The better arm has 4% where the mean is 3%.
    assert gains["oracle", 200] == pytest.approx(1 / 3, abs=0.04)
    assert gains["reward only", 200] == pytest.approx(gains["oracle", 200], abs=0.01)
    assert gains["Thompson, reward prior", 200] > gains["Thompson, learnt prior", 200]
    paired = {(row["policy"], row["rival"], row["traffic"]): row["difference"] for row in found["differences"]}
    assert paired["Thompson, reward prior", "Thompson, learnt prior", 200]["value"] == pytest.approx(
        gains["Thompson, reward prior", 200] - gains["Thompson, learnt prior", 200]
    )
    assert found["learnt"]["reward"][0]["slope"] == pytest.approx(1.0, abs=0.25)
    html = page.read_text()
    assert html.count("<svg") == 1
    assert "Share of the oracle&#39;s gain" in html
    assert "https://" not in html
    assert "reward only" in done.stderr


def test_without_a_reward_model_the_other_policies_are_replayed(log: Path) -> None:
    done = pushgen("experiment", "replay", log, "--traffic", "100", "--seeds", "1", "--json", "--draws", "50")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not [row for row in found["gains"] if "reward" in row["policy"]]
    assert found["learnt"].keys() == {"learnt"}


def test_wrong_use_is_told(log: Path, tmp_path: Path) -> None:
    both = pushgen("experiment", "replay", log, "--utilities", tmp_path / "u.csv", "--reward", tmp_path)
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    few = pushgen("experiment", "replay", log, "--traffic", "5")
    assert (few.returncode, "one impression per batch" in few.stderr) == (2, True)
