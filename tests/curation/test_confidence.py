"""The weight by hand, in the chosen and in the literal reading."""

import math

import polars as pl
import pytest

from pushgen.curation.confidence import Confidence, confidence


@pytest.mark.parametrize(
    ("ctr", "impressions", "expected"),
    [
        (0.006, 800, 0.360),
        (0.02, 5_000, 0.575),
        (0.05, 10_000, 0.825),
        (0.10, 10_000, 1.0),
        (0.60, 9_000_000, 1.0),
        (0.0, 0, 0.30),
        (None, None, 0.30),
    ],
)
def test_expected_weights(ctr: float | None, impressions: int | None, expected: float) -> None:
    weight = confidence(pl.Series([ctr], dtype=pl.Float64), pl.Series([impressions], dtype=pl.Int64))
    assert weight.to_list() == pytest.approx([expected], abs=5e-4)


def test_the_literal_reading_rewards_thin_exposure() -> None:
    literal = Confidence(exposure="literal")
    thin, full = confidence(pl.Series([0.006, 0.006]), pl.Series([800, 10_000]), literal)
    assert thin == pytest.approx(0.30 + 0.35 * 0.06 + 0.35 * math.log(0.08) ** 2)
    assert full == pytest.approx(0.30 + 0.35 * 0.06)
    assert thin > 2.5
