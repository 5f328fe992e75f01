from pathlib import Path

import pytest
from tests.recommend.logs import write

from pushgen.recommend.data.statistics import describe, page, statistics


def test_figures_by_hand(tmp_path: Path) -> None:
    one = [("ann", "tea", 0, "view"), ("ann", "soup", 0, "view"), ("ann", "tea", 5, "buy")]
    log = write(tmp_path, one, [("bob", "tea", 5, "view"), ("cy", "rice")])
    found = statistics(log)
    assert (found["interactions"], found["users"], found["items"], found["items_touched"]) == (5, 3, 3, 3)
    assert found["density"] == pytest.approx(5 / 9)
    assert (found["repeats"], found["tied"], found["without_time"]) == (1, 1, 1)
    assert found["behaviours"] == {"buy": 1, "view": 3}
    assert found["per_user"]["median"] == 1.0
    assert found["per_user"]["most"] == 3.0
    # Counts 1, 1, 3: mean absolute difference (2 + 2) * 2 / 9 over twice the mean 5/3.
    assert found["gini"] == pytest.approx((8 / 9) / (2 * 5 / 3))
    assert found["from"].startswith("2026-01-01T12:00")
    assert "| users | 3 |" in page(found)


def test_both_files_lie_in_the_folder(tmp_path: Path) -> None:
    log = write(tmp_path, [("ann", "tea", 0)])
    describe(log)
    assert log.statistics["interactions"] == 1
    assert (tmp_path / "statistics.md").read_text(encoding="utf-8").startswith("# Interaction log")
