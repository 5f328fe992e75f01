"""Quantile cropping by hand."""

import polars as pl
import pytest

from pushgen.curation.soft import SoftFilter, crop, raw_ctr, shrunk_ctr
from pushgen.errors import ConfigurationError
from pushgen.statistics.shrinkage import BetaPrior


def test_the_lower_share_of_each_group_goes() -> None:
    rate = pl.Series([0.01, 0.02, 0.03, 0.04, 0.5, 0.6])
    group = pl.Series(["a", "a", "a", "a", "b", "b"])
    assert crop(rate, group, SoftFilter(below=0.5)).to_list() == [True, True, False, False, True, False]
    assert crop(rate, group, SoftFilter(below=0.0, above=0.25)).to_list() == [False, False, False, True, False, False]


def test_a_share_means_whole_rows() -> None:
    rate, group = pl.Series(range(10)).cast(pl.Float64), pl.repeat("a", 10, eager=True)
    assert crop(rate, group, SoftFilter(below=0.3)).sum() == 3
    assert crop(rate[:3], group[:3], SoftFilter(below=0.3)).sum() == 0


def test_thin_rows_do_not_lead_the_shrunk_order() -> None:
    rows = pl.DataFrame({"clicks": [3, 300, None], "clicks_of": [60, 10_000, None], "rate": [None, None, 0.04]})
    assert raw_ctr(rows).to_list() == pytest.approx([0.05, 0.03, 0.04])
    thin, thick, stated = shrunk_ctr(rows, BetaPrior(10, 990))
    assert thin < thick
    assert stated == pytest.approx(0.04)


def test_shares_that_leave_nothing_are_refused() -> None:
    for config in (SoftFilter(below=1.0), SoftFilter(below=0.6, above=0.4), SoftFilter(above=-0.1)):
        with pytest.raises(ConfigurationError, match="soft"):
            crop(pl.Series([0.1]), pl.Series(["a"]), config)
