import json
from pathlib import Path

import polars as pl
import pytest

from pushgen.cli.app import app
from pushgen.errors import ConfigurationError
from pushgen.records import Candidate
from pushgen.tables import CANDIDATES, SELECTIONS, VERDICTS, read_table, write_table

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


def run(*words: object) -> None:
    app([str(word) for word in words], result_action="return_value")


def test_check_writes_verdicts_survivors_and_counts(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [files / "candidates.parquet", "--contents", files / "contents.csv"]
    run("check", *given, "--out", files / "verdicts.parquet", "--accepted", files / "accepted.parquet", "--json")
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
    given = [files / "candidates.parquet", "--contents", files / "contents.csv", "--out", out, "--past", past]
    run("check", *given, "--names", "off", "--numbers", "off")
    assert read_table(out, VERDICTS).select("candidate_id", "rule").rows() == [("b1", "duplicate")]


@pytest.fixture(scope="module")
def reward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model trained on a log in which `secret` doubles the click rate of `weekly`."""
    folder = tmp_path_factory.mktemp("reward")
    words = ["harbour", "baker", "garden", "window", "teacher", "river"]
    rows = ["experiment_id,content_id,push_id,body,impressions,clicks"]
    for number in range(200):
        a, b = words[number % 6], words[(number // 6) % 6]
        for arm, (word, clicks) in enumerate([("secret", 160), ("weekly", 80)]):
            rows.append(f"e{number},c{number},e{number}-{arm},the {word} {a} and the {b},4000,{clicks + number % 7}")
    (folder / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    run("import", "table", folder / "log.csv", "--out", folder / "log")
    size = [
        "--backbone.name",
        "own",
        "--backbone.width",
        "32",
        "--backbone.layers",
        "1",
        "--backbone.vocabulary",
        "300",
    ]
    pace = ["--validation", "0.2", "--epochs", "4", "--learning-rate", "3e-3", "--bf16", "no"]
    run("train", "reward", folder / "log", "--out", folder / "model", "--kind", "pair", *size, *pace)
    return folder / "model"


def test_check_then_select(tmp_path: Path, reward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contents = ["content_id,caption", "a,The secret garden and the weekly baker.", "b,Nothing but a river."]
    (tmp_path / "contents.csv").write_text("\n".join(contents) + "\n", encoding="utf-8")
    texts = [
        *[("a1", "a", "the weekly garden and the baker"), ("a2", "a", "the secret garden and the baker")],
        *[("a3", "a", "the secret garden of 99 bakers"), ("b1", "b", "Only 77 rivers")],
    ]
    rows = [
        Candidate(candidate_id=key, content_id=content, body=body, style="s", generator="t", seed=0, prompt_hash="h")
        for key, content, body in texts
    ]
    files = {name: tmp_path / f"{name}.parquet" for name in ("candidates", "verdicts", "selections")}
    write_table(CANDIDATES.frame(rows), files["candidates"])
    given = [files["candidates"], "--contents", tmp_path / "contents.csv"]
    run("check", *given, "--out", files["verdicts"])
    capsys.readouterr()
    more = ["--verdicts", files["verdicts"], "--out", files["selections"], "--json"]
    run("select", *given, "--reward", reward, *more)
    out, err = capsys.readouterr()
    counts = json.loads(out)
    assert counts == {"candidates": 4, "blocked": 2, "selections": 1, "without": 1, "rejects": 0}
    assert "1 contents have no candidate" in err
    (row,) = read_table(files["selections"], SELECTIONS).iter_rows(named=True)
    assert (row["content_id"], row["candidate_id"]) == ("a", "a2")
    assert row["p_win"] > 0.5
    assert [rival["candidate_id"] for rival in row["rivals"]] == ["a1"]
    assert row["rivals"][0]["p_beaten"] == pytest.approx(row["p_win"], abs=1e-6)


def test_select_with_bounds_and_an_incumbent(tmp_path: Path, reward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "contents.csv").write_text("content_id,caption\na,A garden.\nb,A river.\nc,A window.\n")
    texts = {"a1": ("a", "the secret garden"), "a2": ("a", "the weekly garden"), "b1": ("b", "the weekly river")}
    rows = [
        Candidate(candidate_id=key, content_id=content, body=body, style="s", generator="t", seed=0, prompt_hash="h")
        for key, (content, body) in texts.items()
    ]
    write_table(CANDIDATES.frame(rows), tmp_path / "candidates.parquet")
    (tmp_path / "now.csv").write_text("content_id,body\nb,the secret river\nc,the window\n,no content\n")
    (tmp_path / "bounds.toml").write_text("[emoji]\nhigh = 0\n")
    given = [tmp_path / "candidates.parquet", "--contents", tmp_path / "contents.csv", "--reward", reward]
    out = tmp_path / "selections.parquet"
    more = ["--incumbent", tmp_path / "now.csv", "--margin", "0.6", "--bounds", tmp_path / "bounds.toml"]
    run("select", *given, "--out", out, *more, "--selector", "bradley-terry", "--json")
    told, err = capsys.readouterr()
    counts = json.loads(told)
    assert counts == {"candidates": 3, "blocked": 0, "selections": 3, "without": 0, "incumbents": 2, "rejects": 1}
    assert "2 contents keep their incumbent" in err
    rows = {row["content_id"]: row for row in read_table(out, SELECTIONS).iter_rows(named=True)}
    assert [rows[key]["body"] for key in "abc"] == ["the secret garden", "the secret river", "the window"]
    assert "less than the margin of 0.6" in rows["b"]["reason"]
    assert rows["a"]["reason"] is None
    for wrong in (["--margin", "0.6"], ["--past", tmp_path / "now.csv"]):
        with pytest.raises(ConfigurationError):
            run("select", *given, "--out", out, *wrong)
