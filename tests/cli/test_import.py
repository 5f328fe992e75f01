"""The commands as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = """clickability_test_id,headline,lede,impressions,clicks,eyecatcher_id,created_at
t1,One title,<p>About it</p>,1000,10,m,2014-05-01
t1,Another title,<p>About it</p>,1001,12,m,2014-05-01
t1,Third title,<p>About it</p>,10,12,m,2014-05-01
"""


def pushgen(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pushgen.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "packages.csv"
    path.write_text(ROWS)
    return path


def test_import_then_audit(source: Path, tmp_path: Path) -> None:
    done = pushgen("import", "upworthy", source, "--out", tmp_path / "log")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "row 3, field 'clicks': clicks above impressions: '12'" in done.stderr
    assert "1 pairs" in done.stderr
    shown = pushgen("audit", tmp_path / "log", "--json")
    assert shown.returncode == 0, shown.stderr
    result = json.loads(shown.stdout)
    assert result["pairs"] == 1
    assert {finding["check"]: finding["count"] for finding in result["findings"]}["clicks above impressions"] == 1


def test_table_with_mapping(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        '[columns]\ncontent_id = "video"\nbody = "copy"\nclicks = "hit"\n[constants]\nimpressions = 1\n'
    )
    (tmp_path / "sends.jsonl").write_text(
        '{"video": "v", "copy": "Look", "hit": 1}\n{"video": "v", "copy": "Look", "hit": 0}\n'
    )
    done = pushgen(
        "import", "table", tmp_path / "sends.jsonl", "--mapping", tmp_path / "m.toml", "--out", tmp_path / "log"
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "log" / "manifest.json").read_text())
    assert manifest["rows_in"] == manifest["rows_out"] == 2


def test_wrong_use_and_failure_have_their_exit_codes(source: Path, tmp_path: Path) -> None:
    missing = pushgen("import", "upworthy", tmp_path / "absent.csv", "--out", tmp_path / "log")
    assert (missing.returncode, "nothing there" in missing.stderr) == (1, True)
    window = pushgen("import", "upworthy", source, "--out", tmp_path / "log", "--windows", "soon")
    assert (window.returncode, "FIRST/LAST" in window.stderr) == (2, True)
    not_a_log = pushgen("audit", tmp_path)
    assert (not_a_log.returncode, "pushgen import" in not_a_log.stderr) == (1, True)
