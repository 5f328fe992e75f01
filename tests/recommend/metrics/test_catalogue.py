import numpy as np
import pytest

from pushgen.recommend.data.jagged import NONE
from pushgen.recommend.metrics.catalogue import coverage, gini, novelty, shown

LISTS = np.array([[0, 1], [0, NONE], [2, 0]])


def test_what_is_shown() -> None:
    assert shown(LISTS, 5).tolist() == [3, 1, 1, 0, 0]
    assert coverage(LISTS, 5) == pytest.approx(3 / 5)


def test_gini_at_its_ends_and_by_hand() -> None:
    assert gini([4, 4, 4]) == pytest.approx(0)
    assert gini([0, 0, 0, 7]) == pytest.approx(3 / 4)
    values = np.array([1.0, 5.0, 2.0, 9.0])
    by_pairs = np.abs(values[:, None] - values).sum() / (2 * 16 * values.mean())
    assert gini(values) == pytest.approx(by_pairs)
    assert np.isnan(gini([0, 0]))


def test_novelty_counts_bits() -> None:
    found = novelty(np.array([[0, 1], [1, NONE], [2, 2], [NONE, NONE]]), [8, 2, 0], users=8)
    assert found[:3].tolist() == pytest.approx([(0 + 2) / 2, 2, 3])
    assert np.isnan(found[3])
