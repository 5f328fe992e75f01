"""Thresholds, bounds, and rules whose columns are missing."""

from typing import Any

import polars as pl
import pytest

from pushgen.curation.hard import HardFilter, judge
from pushgen.curation.rates import bound
from pushgen.errors import ConfigurationError

FULL = {
    "impressions": 10_000,
    "clicks": 100,
    "clicks_of": 10_000,
    "short_views": 39,
    "short_views_of": 100,
    "long_views": 51,
    "long_views_of": 100,
    "dislikes": 99,
    "dislikes_of": 10_000,
    "rate": None,
}


def counts(*changes: dict[str, Any]) -> pl.DataFrame:
    schema = {name: pl.Float64 if name == "rate" else pl.Int64 for name in FULL}
    return pl.DataFrame([FULL | change for change in changes], schema=schema)


def broken(frame: pl.DataFrame, config: HardFilter | None = None) -> list[set[str]]:
    ruling = judge(frame, config or HardFilter())
    return [{rule for rule, rows in ruling.broken.items() if rows[i]} for i in range(frame.height)]


def test_each_rule_alone_and_strictly() -> None:
    frame = counts(
        {},
        {"impressions": 800},
        {"impressions": 801},
        {"clicks": 60},
        {"clicks": 61},
        {"short_views": 40},
        {"long_views": 50},
        {"dislikes": 100},
    )
    assert broken(frame) == [set(), {"pv"}, set(), {"ctr"}, set(), {"svr"}, {"lvtr"}, {"htr"}]


def test_thresholds_are_settings_and_none_switches_off() -> None:
    config = HardFilter(pv_above=None, ctr_above=0.02, svr_below=None)
    ruling = judge(counts({"impressions": 1}), config)
    assert ruling.skipped == {"pv": "switched off", "svr": "switched off"}
    assert broken(counts({"impressions": 1}), config) == [{"ctr"}]


def test_missing_columns_are_skipped_and_said() -> None:
    frame = counts({"short_views": None, "short_views_of": None, "long_views": None, "dislikes": None})
    ruling = judge(frame, HardFilter())
    assert set(ruling.skipped) == {"svr", "lvtr", "htr"}
    assert ruling.skipped["svr"] == "the log has no short views"
    assert broken(frame) == [set()]


def test_a_single_unknown_rate_is_dropped_or_kept() -> None:
    frame = counts({}, {"dislikes": None, "dislikes_of": None})
    assert broken(frame) == [set(), {"htr unknown"}]
    assert broken(frame, HardFilter(unknown="keep")) == [set(), set()]


def test_stated_rates_serve_where_there_are_no_counts() -> None:
    bare: dict[str, Any] = dict.fromkeys(FULL)
    frame = counts(bare | {"rate": 0.007}, bare | {"rate": 0.005})
    assert broken(frame) == [set(), {"ctr"}]
    assert set(judge(frame, HardFilter(bounds="wilson")).skipped) == {"pv", "svr", "lvtr", "htr"}


@pytest.mark.parametrize("bounds", ["wilson", "jeffreys"])
def test_bounds_drop_what_chance_could_explain(bounds: Any) -> None:
    thin = {"impressions": 850, "clicks_of": 850, "clicks": 6, "short_views_of": 6, "long_views_of": 6}
    frame = counts(thin | {"short_views": 0, "long_views": 6, "dislikes": 0, "dislikes_of": 850}, {"short_views": 10})
    assert broken(frame, HardFilter(svr_below=None, lvtr_above=None, htr_below=0.02)) == [set(), set()]
    assert broken(frame, HardFilter(svr_below=None, lvtr_above=None, htr_below=0.02, bounds=bounds)) == [
        {"ctr"},
        set(),
    ]


def test_interval_ends_against_published_values() -> None:
    """Brown, Cai and DasGupta (2001), table 5, n = 7, 95% Jeffreys; Wilson by the closed form."""
    hits, trials = pl.Series([0, 1, 2, 3]), pl.Series([7, 7, 7, 7])
    assert bound(hits, trials, "upper", "jeffreys", 0.95).to_list() == pytest.approx(
        [0.292, 0.501, 0.648, 0.766], abs=2e-3
    )
    assert bound(hits, trials, "lower", "jeffreys", 0.95).to_list() == pytest.approx([0, 0.016, 0.065, 0.139], abs=2e-3)
    assert bound(pl.Series([5]), pl.Series([10]), "lower", "wilson", 0.95).to_list() == pytest.approx(
        [0.2366], abs=1e-4
    )


def test_bounds_of_nothing() -> None:
    assert bound(pl.Series([0, None]), pl.Series([0, 5]), "lower", "wilson", 0.9).to_list() == [None, None]
    with pytest.raises(ConfigurationError, match="level"):
        bound(pl.Series([1]), pl.Series([2]), "lower", "wilson", 1.0)
