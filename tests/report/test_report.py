"""The report shows what is there and nothing that a text could smuggle in."""

import json
from pathlib import Path

import polars as pl
import pytest

from pushgen.errors import InputError
from pushgen.pipeline.run import selections_frame
from pushgen.records import Rival, Selection
from pushgen.report import write_report
from pushgen.tables import SELECTIONS, write_table

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def _run_folder(folder: Path, text: str) -> Path:
    rival = Rival(candidate_id="k2", text=text, style="plain", p_beaten=0.7)
    chosen = Selection(
        content_id="c1",
        candidate_id="k1",
        title=None,
        body=text,
        style="question",
        language="en",
        p_win=0.7,
        generator="template",
        rivals=(rival,),
    )
    write_table(selections_frame([chosen]), folder / "selections" / "part-0.parquet", SELECTIONS)
    summary = {"contents": 1, "candidates": 2, "selections": 1, "fallbacks": 0, "rejects": {}, "failures": {}}
    (folder / "summary.json").write_text(
        json.dumps({**summary, "blocked": {"names": 3}, "warned": {"emoji": 2}, "repaired": 1})
    )
    return folder


def test_a_run_becomes_one_self_contained_file(tmp_path: Path) -> None:
    page = write_report(_run_folder(tmp_path, "Who built the tower?")).read_text()
    assert "Who built the tower?" in page
    assert "70%" in page
    assert "names" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_texts_are_escaped(tmp_path: Path) -> None:
    page = write_report(_run_folder(tmp_path, HOSTILE)).read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_every_plot_is_drawn_the_same_twice(tmp_path: Path) -> None:
    lift = {"versus": "random candidate", "lift": 0.1, "low": 0.05, "high": 0.15}
    arm = {"name": "chosen", "impressions": 1000, "clicks": 20, "ctr": 0.02, "low": 0.01, "high": 0.03}
    values = {"contents": 5, "arms": [arm], "lifts": [lift], "recovered": None}
    (tmp_path / "measure.json").write_text(json.dumps(values))
    (tmp_path / "styles.json").write_text(
        json.dumps({"corpus": {"plain": 1.0}, "selected": {"offer": 0.5, "plain": 0.5}})
    )
    funnel = {
        "rows_in": 10,
        "rows_out": 6,
        "steps": [{"reason": "pv", "dropped": 4, "alone": 4}],
        "skipped": {"svr": "no"},
    }
    (tmp_path / "funnel.json").write_text(json.dumps(funnel))
    reliability = [{"predicted": 0.4, "observed": 0.45, "count": 10}, {"predicted": 0.6, "observed": 0.55, "count": 10}]
    table = [{"metric": "all pairs", "model": "0.6", "baseline": "0.5", "count": 20}]
    (tmp_path / "evaluation.json").write_text(json.dumps({"table": table, "reliability": {"model": reliability}}))
    first = write_report(tmp_path, tmp_path / "one.html").read_bytes()
    second = write_report(tmp_path, tmp_path / "two.html").read_bytes()
    assert first == second
    assert first.count(b"<svg") == 4
    assert b"skipped: no" in first


def test_an_empty_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pushgen demo"):
        write_report(tmp_path)


def test_selections_keep_their_rivals() -> None:
    frame = selections_frame([])
    assert frame.schema == SELECTIONS.schema
    assert isinstance(frame, pl.DataFrame)
