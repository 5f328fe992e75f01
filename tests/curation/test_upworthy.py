"""The curation of the Upworthy archive: no columns for views and dislikes, broken tests left out."""

from dataclasses import replace
from pathlib import Path

import pytest

from pushgen.curation import PRESETS, LogTables, SoftFilter, curate
from pushgen.logs import ImportConfig, import_log
from pushgen.logs.adapters import UpworthyAdapter

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def log(pushgen_data: Path, tmp_path_factory: pytest.TempPathFactory) -> LogTables:
    out = tmp_path_factory.mktemp("upworthy")
    import_log([pushgen_data / "upworthy" / "packages.csv"], out, UpworthyAdapter(), ImportConfig())
    return LogTables.open(out)


def test_the_papers_filter_skips_what_the_log_lacks(log: LogTables) -> None:
    result = curate(log, replace(PRESETS["paper"], soft=SoftFilter(by="all")))
    assert set(result.funnel.skipped) == {"svr", "lvtr", "htr"}
    assert result.funnel.excluded["window"] > 500
    assert result.funnel.dropped["excluded experiment"] > 2_000
    assert 2_000 < result.corpus.height < 12_000
    assert (result.corpus["clicks"] / result.corpus["impressions"] > 0.006).all()


def test_the_lift_filter_keeps_copy_of_contents_that_the_papers_filter_loses(log: LogTables) -> None:
    lifted = curate(log, replace(PRESETS["upworthy"], soft=SoftFilter(by="none"))).corpus
    assert 2_000 < lifted.height < 6_000
    low = lifted.filter(lifted["clicks"] / lifted["impressions"] < 0.006)
    assert low.height > 100
