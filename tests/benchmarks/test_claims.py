import json
from pathlib import Path

import pytest
from benchmarks.claims.rows import Finding, Row, publish, read
from benchmarks.claims.table import CLAIMS, table
from benchmarks.claims.worlds import lift, over_seeds

from pushgen.statistics.bootstrap import Interval


def finding(low: float, high: float, *, least: float | None = 0.01, setting: str = "world, over 5 seeds") -> Finding:
    return Finding(setting=setting, measure="lift", interval=Interval((low + high) / 2, low, high, 5), least=least)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.2, "holds"),
        (-0.2, -0.1, "does not hold here"),
        (-0.02, 0.009, "does not hold here"),  # whatever there is, it is not worth the name
        (-0.02, 0.011, "undecided"),
        (0.0, 0.2, "undecided"),
    ],
)
def test_verdict_follows_from_the_interval_and_the_least_advantage(low: float, high: float, verdict: str) -> None:
    assert finding(low, high).verdict == verdict


def test_figure_that_is_told_is_not_judged() -> None:
    told = finding(0.1, 0.3, least=None)
    assert told.verdict == ""
    assert Row(claim="c", findings=[told, finding(-0.2, 0.2)]).verdict == "undecided"


def test_table_joins_planted_rows_in_order_and_names_what_was_not_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = CLAIMS[:2]
    split = Row(
        claim="second claim",
        findings=[finding(0.1, 0.3), finding(-0.3, -0.1, setting="Upworthy, 100 pairs")],
        note="a note",
    )
    publish(second, split, tmp_path)
    publish(first, Row(claim="first claim", findings=[finding(0.1, 0.3)]), tmp_path)
    assert "| first claim | world, over 5 seeds | lift: +20.0% [10.0, 30.0] |  | holds |" in capsys.readouterr().out
    assert read(tmp_path / f"{second}.json")[0] == split
    assert json.loads((tmp_path / f"{first}.json").read_text())["verdict"] == "holds"

    rows = [row for row in table(tmp_path) if row.startswith("| ")]
    assert len(rows) == 1 + len(CLAIMS)
    assert rows[1].startswith("| first claim |")
    assert "second claim<br>*a note*" in rows[2]
    assert rows[2].endswith("| holds: lift (world)<br>does not hold here: lift (Upworthy) |")
    assert all(row.endswith("| not measured |") for row in rows[3:])


def test_interval_over_seeds_is_the_student_interval() -> None:
    found = over_seeds([0.1, 0.2, 0.3, 0.4])
    # Mean .25, standard error .1291 / 2, t(.975, 3) = 3.1824.
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.0446, 0.4554), abs=1e-4)
    assert lift([0.02, 0.04], [0.02, 0.03]) == pytest.approx(0.2)
