"""From files to pushes to a log for training, by the command line alone."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pushgen.logs.log import Log


def pushgen(*arguments: str | Path, code: int = 0) -> "subprocess.CompletedProcess[str]":
    call = [sys.executable, "-m", "pushgen", *map(str, arguments)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A database with two pushes and forty users, loaded from files."""
    folder = tmp_path_factory.mktemp("furnished")
    file = folder / "pushgen.db"
    file.write_bytes(sqlite_template.read_bytes())
    users = "".join(f"u{i},,Ann{i}\n" for i in range(40))
    tables = {
        "contents": "content_id,title,caption\nc1,Title,What happened\n",
        "pushes": "push_id,content_id,body\np1,c1,Hello {first_name|you}\np2,c1,Look here\n",
        "campaigns": "campaign_id,topic,priority\nnews,news,high\nbad,news,urgent\n",
        "recipients": f"user_id,zone,first_name\n{users}x,Mars/Olympus,Y\n",
        "preferences": "user_id,topic,wanted\nu39,*,false\nu38,*,perhaps\n",
    }
    for noun, text in tables.items():
        (folder / f"{noun}.csv").write_text(text, encoding="utf-8")
        done = pushgen("db", "load", noun, folder / f"{noun}.csv", "--database", f"sqlite:///{file}", "--json")
        assert json.loads(done.stdout)["rejected"] == (noun in ("campaigns", "recipients", "preferences"))
    return file


@pytest.fixture
def loaded(tmp_path: Path, furnished: Path) -> list[str | Path]:
    """Flags that name a database of the test's own, and settings beside it in which it is never night."""
    (tmp_path / "pushgen.db").write_bytes(furnished.read_bytes())
    sink = f'quiet_from = "00:00"\nquiet_to = "00:00:01"\n[channels.sink]\npath = "{tmp_path}/sent.jsonl"\n'
    (tmp_path / "delivery.toml").write_text(sink)
    return ["--database", f"sqlite:///{tmp_path}/pushgen.db"]


def write_plan(path: Path, channel: str = "sink") -> Path:
    rows = [f"u{i},news,w1,p{i % 2 + 1},{channel},e1" for i in range(40)]
    path.write_text("\n".join(["user_id,campaign_id,window,push_id,channel,experiment_id", *rows]), encoding="utf-8")
    return path


def test_plan_send_and_learn(loaded: list[str | Path], tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.csv")
    both = [*loaded, "--config", tmp_path / "delivery.toml", "--json"]
    first = json.loads(pushgen("deliver", plan, *both, "--until-empty").stdout)
    assert first == {"planned": {"new": 40, "known": 0, "rejected": 0}, "done": {"accepted": 39, "not wanted": 1}}
    again = json.loads(pushgen("deliver", plan, *both, "--until-empty", "--workers", "2").stdout)
    assert again == {"planned": {"new": 0, "known": 40, "rejected": 0}, "done": {}}
    sent = [json.loads(line) for line in (tmp_path / "sent.jsonl").read_text().splitlines()]
    assert len(sent) == len({message["key"] for message in sent}) == 39
    assert {message["body"] for message in sent if message["user_id"] == "u4"} == {"Hello Ann4"}

    report = tmp_path / "report.csv"
    clicked = [message["key"] for message in sent if message["push_id"] == "p1"][:7]
    report.write_text("\n".join(["delivery_key,event", *(f"{key},clicked" for key in [*clicked, clicked[0]])]))
    counts = json.loads(pushgen("import", "outcomes", report, *loaded, "--json").stdout)
    assert counts == {"outcomes changed": 0, "events new": 7, "without effect": 1, "rejected": 0}
    found = json.loads(pushgen("export", "log", "--out", tmp_path / "log", *loaded, "--json").stdout)
    assert (found["pushes"], found["impressions"], found["clicks"], found["experiments"]) == (2, 39, 7, 1)
    exposures = Log.open(tmp_path / "log").exposures.sort("push_id")
    assert exposures.select("push_id", "experiment_id", "impressions", "clicks").rows() == [
        ("p1", "e1", 20, 7),
        ("p2", "e1", 19, 0),
    ]


def test_dry_run_and_preview_change_nothing(loaded: list[str | Path], tmp_path: Path) -> None:
    config = ["--config", tmp_path / "delivery.toml", "--json"]
    pushgen("deliver", write_plan(tmp_path / "plan.csv", "webhook"), *loaded, *config, "--until-empty")
    for _ in range(2):
        found = json.loads(pushgen("deliver", "--dry-run", *loaded, *config).stdout)
        assert found == {"drop: not wanted": 1, "send": 39}
    seen = json.loads(pushgen("deliver", "--preview", "u1", *loaded, *config).stdout)
    assert seen["reason"] is None


def test_another_sender(loaded: list[str | Path], tmp_path: Path) -> None:
    config = ["--config", tmp_path / "delivery.toml", "--json"]
    pushgen("deliver", write_plan(tmp_path / "plan.csv", "export"), *loaded, *config, "--until-empty")
    out = tmp_path / "braze.csv"
    pushgen("export", "pushes", "--out", out, "--sender", "braze", *loaded, *config)
    pushgen("export", "pushes", "--out", out, "--sender", "braze", *loaded, *config)
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len({row["external_id"] for row in rows}) == 39
    report = tmp_path / "report.parquet"
    words = ["bounced", "delivered", "opened"]
    pl.DataFrame({"key": [row["delivery_key"] for row in rows[:3]], "status": words}).write_parquet(report)
    counts = json.loads(pushgen("import", "outcomes", report, *loaded, "--json").stdout)
    assert counts == {"outcomes changed": 2, "events new": 1, "without effect": 0, "rejected": 0}
    again = json.loads(pushgen("import", "outcomes", report, *loaded, "--json").stdout)
    assert again["without effect"] == 3
    found = json.loads(pushgen("export", "log", "--out", tmp_path / "log", *loaded, "--json").stdout)
    assert (found["impressions"], found["clicks"]) == (38, 1)


def test_no_channel_is_wrong_use(loaded: list[str | Path]) -> None:
    assert "there is no channel" in pushgen("deliver", *loaded, "--until-empty", code=2).stderr
