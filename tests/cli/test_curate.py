"""`pushgen curate` on a log that the import wrote."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pushgen.tables import CORPUS, read_table

MAPPING = '[constants]\nlanguage = "en"\n'
HEADER = "content_id,caption,body,experiment_id,impressions,clicks\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    rows = [
        f"c{i},Facts about number {i},{word} number {i},e{i},{4000 + i},{clicks}\n"
        for i in range(30)
        for word, clicks in (("Look at", 20 + i), ("Why", 60 + i))
    ]
    (tmp_path / "sends.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    pushgen("import", "table", "sends.csv", "--mapping", "map.toml", "--out", "log", at=tmp_path)
    return tmp_path / "log"


def pushgen(*words: str, at: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    code = "from pushgen.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=at, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


def test_flags_win_over_the_file_and_the_file_over_the_preset(log: Path) -> None:
    toml = log.parent / "c.toml"
    toml.write_text('[hard]\nctr_above = "none"\npv_above = 4100\n[soft]\nby = "none"\n', encoding="utf-8")
    words = ["curate", "log", "--out", "corpus", "--preset", "upworthy", "--config", "c.toml", "--labeller", "none"]
    strict = json.loads(pushgen(*words, "--json", at=log.parent).stdout)
    assert strict["rows_out"] == 0
    # 800 is the default: a flag that repeats a default still wins over the file.
    done = pushgen(*words, "--hard.pv-above", "800", "--json", at=log.parent)
    funnel = json.loads(done.stdout)
    assert funnel["rows_in"] == 60
    assert [step["dropped"] for step in funnel["steps"] if step["reason"] == "lift"] == [30]
    assert funnel["skipped"]["svr"] == "switched off"
    corpus = read_table(log.parent / "corpus" / "corpus", CORPUS)
    assert corpus.height == 30
    assert corpus["text"].str.starts_with("Why").all()
    assert "Filter funnel" in done.stderr


def test_the_whole_with_clusters_and_labels(log: Path) -> None:
    words = ["curate", "log", "--out", "corpus", "--encoder", "ngrams", "--soft.below", "0.2", "--soft.clusters", "2"]
    first = pushgen(*words, at=log.parent)
    assert "svr (skipped: the log has no short views)" in first.stderr
    corpus = read_table(log.parent / "corpus" / "corpus", CORPUS)
    assert corpus["style"].null_count() == 0
    stamp = (log.parent / "corpus" / "manifest.json").stat().st_mtime_ns
    pushgen(*words, at=log.parent)
    assert (log.parent / "corpus" / "manifest.json").stat().st_mtime_ns == stamp


def test_wrong_use(log: Path) -> None:
    failed = pushgen("curate", "nowhere", "--out", "corpus", at=log.parent, status=1)
    assert "pushgen import" in failed.stderr
    wrong = pushgen(
        "curate",
        "log",
        "--out",
        "c",
        "--labeller",
        "none",
        "--soft.by",
        "all",
        "--soft.below",
        "2",
        at=log.parent,
        status=2,
    )
    assert "below must lie in [0, 1)" in wrong.stderr
