"""The analysis of the simulated test, on counts whose answer is known."""

import numpy as np
import polars as pl
import pytest

from pushgen.errors import InputError
from pushgen.pipeline.measure import BEST, CHOSEN, RANDOM, TEMPLATE, measure, style_shares


def _counts(rates: dict[str, float], contents: int = 60, impressions: int = 20_000) -> pl.DataFrame:
    generator = np.random.default_rng(1)
    appeal = generator.lognormal(0.0, 0.5, contents)
    rows = [
        {
            "arm": arm,
            "content_id": f"c{index}",
            "impressions": impressions,
            "clicks": int(generator.binomial(impressions, rate * appeal[index])),
        }
        for arm, rate in rates.items()
        for index in range(contents)
    ]
    return pl.DataFrame(rows)


def test_a_planted_lift_and_gap_are_found() -> None:
    measured = measure(_counts({CHOSEN: 0.012, TEMPLATE: 0.010, RANDOM: 0.010, BEST: 0.014}))
    lifts = {lift.versus: lift for lift in measured.lifts}
    assert lifts[TEMPLATE].low < 0.2 < lifts[TEMPLATE].high
    assert lifts[TEMPLATE].low > 0
    assert measured.recovered is not None
    assert measured.recovered.low < 0.5 < measured.recovered.high
    assert sum(arm.clicks for arm in measured.arms) > 0


def test_no_effect_gives_an_interval_around_zero_and_no_gap() -> None:
    measured = measure(_counts({CHOSEN: 0.01, TEMPLATE: 0.01, RANDOM: 0.01, BEST: 0.01}))
    assert all(lift.low < 0 < lift.high for lift in measured.lifts)
    assert measured.recovered is None


def test_the_interval_covers_the_truth() -> None:
    covered = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        appeal = generator.lognormal(0.0, 0.5, 50)
        rows = [
            {
                "arm": arm,
                "content_id": str(i),
                "impressions": 5000,
                "clicks": int(generator.binomial(5000, rate * appeal[i])),
            }
            for arm, rate in ((CHOSEN, 0.022), (RANDOM, 0.02))
            for i in range(50)
        ]
        lift = measure(pl.DataFrame(rows), seed=seed).lifts[0]
        covered += lift.low <= 0.1 <= lift.high
    assert 51 <= covered <= 60  # 95% of 60 is 57; the bounds are its 99.8% range


def test_an_arm_without_a_content_is_refused() -> None:
    frame = _counts({CHOSEN: 0.01, RANDOM: 0.01})
    with pytest.raises(InputError, match="every content in every arm"):
        measure(frame.slice(1))


def test_style_shares_leave_unlabelled_rows_out() -> None:
    assert style_shares(["plain", "plain", "offer", None]) == {"plain": 2 / 3, "offer": 1 / 3}
    assert style_shares([None]) == {}
