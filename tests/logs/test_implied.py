"""Counts from rates with confidences, and from bare winners."""

from pathlib import Path

import polars as pl
import pytest
from scipy.stats import norm

from pushgen.errors import InputError
from pushgen.intake import ColumnMapping
from pushgen.logs import ImportConfig, Log, import_log, make_pairs
from pushgen.logs.adapters import TableAdapter
from pushgen.logs.implied import implied_exposures

SHOWN = 2000


def confidence(a: float, b: float, shown: int = SHOWN) -> float:
    """Of the two-sided pooled test of two rates."""
    mean = (a + b) / 2
    z = abs(a - b) / (2 * mean * (1 - mean) / shown) ** 0.5
    return float(2 * norm.cdf(z) - 1)


def written(folder: Path, rows: list[dict[str, object]]) -> Log:
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "rows.parquet")
    return import_log([folder / "rows.parquet"], folder / "log", TableAdapter(ColumnMapping()), ImportConfig())


def test_of(number: int, rates: tuple[float | None, float | None], **stated: object) -> list[dict[str, object]]:
    return [
        {
            "content_id": f"c{number}", "experiment_id": f"e{number}", "arm_id": arm,
            "body": f"text {number} {arm}", "rate": rate, **stated,
        }
        for arm, rate in zip("ab", rates, strict=True)
    ]  # fmt: skip


test_of.__test__ = False  # type: ignore[attr-defined]


def test_impressions_come_back_from_confidences(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = []
    for number in range(30):
        a, b = 0.05 + 0.001 * number, 0.06 + 0.0012 * number
        rows += test_of(number, (a, b), stated_confidence=round(confidence(a, b), 3))
    rows += test_of(30, (0.1, 0.2), stated_confidence=1.0)
    rows += test_of(31, (0.1, 0.101), stated_confidence=0.0)
    pairs = make_pairs(written(tmp_path, rows), implied=True).frame
    assert pairs.height == 32
    shown = pairs["impressions_a"].unique().to_list()
    assert len(shown) == 1
    assert shown[0] == pytest.approx(SHOWN, rel=0.02)
    last = pairs.filter(pl.col("experiment_id") == "e30").row(0, named=True)
    assert sorted((last["clicks_a"], last["clicks_b"])) == [round(0.1 * shown[0]), round(0.2 * shown[0])]


def test_a_bare_winner_is_one_click_of_one_impression(tmp_path: Path) -> None:
    rows = test_of(0, (None, None)) + test_of(1, (None, None))
    for row, won in zip(rows, (1, 0, 0, 1), strict=True):
        row["stated_winner"] = won
    log = written(tmp_path, rows)
    assert make_pairs(log).frame.is_empty()
    pairs = make_pairs(log, implied=True).frame.sort("experiment_id")
    texts = pairs.select("text_a", "text_b", "clicks_a", "clicks_b").rows()
    won = [{a: clicks_a, b: clicks_b} for a, b, clicks_a, clicks_b in texts]
    assert won == [{"text 0 a": 1, "text 0 b": 0}, {"text 1 a": 0, "text 1 b": 1}]
    assert set(pairs["impressions_a"]) | set(pairs["impressions_b"]) == {1}


def test_stated_counts_stay(tmp_path: Path) -> None:
    rows = test_of(0, (None, None))
    for row, clicks in zip(rows, (30, 20), strict=True):
        row |= {"impressions": 1000, "clicks": clicks, "stated_winner": int(clicks == 20)}
    log = written(tmp_path, rows)
    assert implied_exposures(log).equals(log.exposures)


def test_an_arm_without_a_rate_beside_one_with_a_rate_stays_without_counts(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = []
    for number in range(30):
        rows += test_of(number, (0.05, 0.065), stated_confidence=0.9)
    rows += test_of(30, (0.05, None), stated_confidence=0.9, stated_winner=1)
    found = make_pairs(written(tmp_path, rows), implied=True)
    assert found.left_out["arms without counts"] == 1
    assert "e30" not in found.frame["experiment_id"]


def test_rates_without_confidences_are_refused(tmp_path: Path) -> None:
    log = written(tmp_path, test_of(0, (0.05, 0.06)))
    with pytest.raises(InputError, match=r"stated_confidence.*impressions of each arm"):
        make_pairs(log, implied=True)
