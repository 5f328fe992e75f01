"""`pushgen run` as a user types it: killed, resumed, with bad rows, into a used folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from pushgen.records import push_text
from pushgen.tables import CANDIDATES, REJECTS, SELECTIONS, VERDICTS, read_table


def command(contents: Path, reward: Path, out: Path, *more: str) -> list[str]:
    words = ["run", str(contents), "--reward", str(reward), "--out", str(out), "--part-size", "4", *more]
    return [sys.executable, "-m", "pushgen", *words]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of an output folder but the times."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name not in {"timings.json", ".lock"})
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_a_killed_run_ends_as_an_unbroken_one(tmp_path: Path, contents_csv: Path, tiny_reward: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run(command(contents_csv, tiny_reward, whole), check=True, capture_output=True)
    seen: set[int] = set()
    for wanted in (1, 4, 8):
        process = subprocess.Popen(command(contents_csv, tiny_reward, broken), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while len(list((broken / "selections").glob("part-*.parquet"))) < wanted and time.monotonic() < deadline:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not (broken / "manifest.json").exists()
        seen.add(len(list((broken / "selections").glob("part-*.parquet"))))
    assert len(seen) == 3, "each kill must have hit another place"
    subprocess.run(command(contents_csv, tiny_reward, broken), check=True, capture_output=True)
    assert snapshot(broken) == snapshot(whole)
    ids = read_table(broken / "selections", SELECTIONS)["content_id"]
    assert ids.n_unique() == len(ids) == 40


def test_every_content_ends_in_selections_or_rejects(tmp_path: Path, tiny_reward: Path) -> None:
    contents = tmp_path / "contents.csv"
    contents.write_text(
        "content_id,caption\n"
        'a,"Ana Voss built a wooden boat in 12 weeks in Rose Bay. The film shows every step."\n'
        "b,\n"
        'a,"the same id again"\n'
        ',"a caption without an id"\n'
    )
    out = tmp_path / "out"
    done = subprocess.run(command(contents, tiny_reward, out, "--json"), capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    assert summary["contents"] == 2
    assert summary["selections"] == 1
    assert summary["rejects"]["no title or caption"] == 1
    rejects = read_table(out / "rejects", REJECTS)
    assert {3, 4} <= set(rejects["row"].drop_nulls().to_list())
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["rows_in"] == manifest["rows_out"] + sum(manifest["dropped"].values()) == 4
    assert "selection" not in manifest["configuration"]


def test_the_choice_is_one_of_the_candidates_that_passed(tmp_path: Path, contents_csv: Path, tiny_reward: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(command(contents_csv, tiny_reward, out), check=True, capture_output=True)
    blocked = read_table(out / "verdicts", VERDICTS).filter(pl.col("severity") == "block")
    accepted = set(read_table(out / "candidates", CANDIDATES)["candidate_id"]) - set(blocked["candidate_id"])
    selections = read_table(out / "selections", SELECTIONS)
    assert set(selections["candidate_id"]) <= accepted
    assert selections["p_win"].is_between(0.5, 1.0).all()
    for row in selections.iter_rows(named=True):
        assert all(0.0 <= rival["p_beaten"] <= 1.0 for rival in row["rivals"])


def test_a_folder_of_other_work_is_refused(tmp_path: Path, contents_csv: Path, tiny_reward: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(command(contents_csv, tiny_reward, out), check=True, capture_output=True)
    before = snapshot(out)
    again = subprocess.run(
        command(contents_csv, tiny_reward, out, "--seed", "7"), capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "other work" in again.stderr
    assert "configuration" in again.stderr
    assert snapshot(out) == before


def test_a_diverse_run_goes_on_as_if_it_had_not_been_broken(
    tmp_path: Path, contents_csv: Path, tiny_reward: Path
) -> None:
    """What earlier parts chose bears on later ones, also after a break."""
    repeated = tmp_path / "contents.csv"
    frame = pl.read_csv(contents_csv)
    pl.concat([frame.head(6), frame.head(6).with_columns(content_id=pl.col("content_id") + "b")]).write_csv(repeated)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    words = [*command(repeated, tiny_reward, whole, "--diversity", "0.7")]
    subprocess.run(words, check=True, capture_output=True)
    shutil.copytree(whole, broken)
    parts = sorted((broken / "selections").glob("part-*.parquet"))
    assert len(parts) == 3
    for folder in ("selections", "candidates", "verdicts", "rejects"):
        for part in parts[1:]:
            (broken / folder / part.name).unlink()
    (broken / "manifest.json").unlink()
    subprocess.run(command(repeated, tiny_reward, broken, "--diversity", "0.7"), check=True, capture_output=True)
    assert snapshot(broken) == snapshot(whole)
    chosen = read_table(whole / "selections", SELECTIONS)
    texts = [push_text(title, body) for title, body in chosen.select("title", "body").iter_rows()]
    assert len(set(texts)) == len(texts) == 12
    barred = [rival["barred"] or "" for rivals in chosen["rivals"] for rival in rivals]
    assert any(reason.startswith("near-copy of ") for reason in barred)
    configuration = json.loads((whole / "manifest.json").read_text())["configuration"]
    assert configuration["selection"]["diversity"] == 0.7


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("title,caption\nx,y\n", "content_id"), ('content_id,caption\na,"never closed\n', "quote")],
)
def test_contents_that_cannot_be_used_are_explained(tmp_path: Path, tiny_reward: Path, text: str, words: str) -> None:
    contents = tmp_path / "contents.csv"
    contents.write_text(text)
    done = subprocess.run(command(contents, tiny_reward, tmp_path / "out"), capture_output=True, text=True, check=False)
    rejects = tmp_path / "out" / "rejects" / "input.parquet"
    explained = done.stderr + (str(read_table(rejects, REJECTS).to_dicts()) if rejects.exists() else "")
    assert words in explained
    assert "Traceback" not in done.stderr
