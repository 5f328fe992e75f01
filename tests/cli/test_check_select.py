import json
from pathlib import Path

import polars as pl
import pytest

from pushgen.cli.check import check
from pushgen.guardrails import GuardrailConfig
from pushgen.records import Candidate
from pushgen.tables import CANDIDATES, VERDICTS, read_table, write_table

TEXTS = {
    "a1": ("a", "Amara Osei opened a bakery"),
    "a2": ("a", "Tomas Brandt opened a bakery"),
    "a3": ("a", "A bakery with 99 ovens"),
    "b1": ("b", "The bridge is closed"),
    "x1": ("nowhere", "No such content"),
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    contents = ["content_id,caption", 'a,"Amara Osei opened a bakery with 25 ovens."', "b,The bridge is closed."]
    (tmp_path / "contents.csv").write_text("\n".join(contents) + "\n", encoding="utf-8")
    rows = [
        Candidate(candidate_id=key, content_id=content, body=body, style="s", generator="t", seed=0, prompt_hash="h")
        for key, (content, body) in TEXTS.items()
    ]
    write_table(CANDIDATES.frame(rows), tmp_path / "candidates.parquet")
    return tmp_path


def test_check_writes_verdicts_survivors_and_counts(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(
        files / "candidates.parquet",
        contents=files / "contents.csv",
        out=files / "verdicts.parquet",
        accepted=files / "accepted.parquet",
        json=True,
    )
    out, err = capsys.readouterr()
    counts = json.loads(out)
    assert (counts["candidates"], counts["accepted"], counts["rejects"]) == (4, 2, 1)
    assert counts["rules"] == {"names": {"block": 1, "warn": 0}, "numbers": {"block": 1, "warn": 0}}
    assert "1 x no such content" in err
    assert read_table(files / "accepted.parquet", CANDIDATES)["candidate_id"].to_list() == ["a1", "b1"]
    verdicts = read_table(files / "verdicts.parquet", VERDICTS)
    assert verdicts["candidate_id"].to_list() == ["a2", "a3"]
    for row in verdicts.iter_rows(named=True):
        assert TEXTS[row["candidate_id"]][1][row["start"] : row["end"]] in {"Tomas Brandt", "99"}
    assert pl.read_parquet(files / "verdicts.rejects.parquet")["value"].to_list() == ["nowhere"]


def test_check_blocks_copies_of_past_pushes(files: Path) -> None:
    past = files / "past.csv"
    past.write_text("push_id,content_id,body\n1,b,The bridge is CLOSED!\n", encoding="utf-8")
    out = files / "verdicts.parquet"
    config = GuardrailConfig(names="off", numbers="off")
    check(files / "candidates.parquet", contents=files / "contents.csv", out=out, past=past, config=config)
    assert read_table(out, VERDICTS).select("candidate_id", "rule").rows() == [("b1", "duplicate")]
