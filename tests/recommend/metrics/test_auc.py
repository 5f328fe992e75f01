import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.metrics.auc import auc, catalogue_auc, gauc, grouped_auc

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 3)), min_size=2, max_size=40)


@settings(deadline=None)
@given(ROWS)
def test_sklearn_agrees_with_ties(rows: list[tuple[int, int, int]]) -> None:
    scores, labels, groups = (np.array(column) for column in zip(*rows, strict=True))
    if len(set(labels)) == 2:
        assert auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))
    else:
        assert np.isnan(auc(scores, labels))
    found, sizes = grouped_auc(scores, labels, groups)
    areas, weights = [], []
    for place, group in enumerate(np.unique(groups)):
        own = groups == group
        assert sizes[place] == own.sum()
        if len(set(labels[own])) == 2:
            areas.append(roc_auc_score(labels[own], scores[own]))
            weights.append(own.sum())
            assert found[place] == pytest.approx(areas[-1])
        else:
            assert np.isnan(found[place])
    if areas:
        assert gauc(scores, labels, groups) == pytest.approx(np.average(areas, weights=weights))


def test_a_good_order_within_users_can_be_a_bad_one_overall() -> None:
    scores, labels, users = [0.9, 0.8, 0.2, 0.1], [1, 0, 1, 0], [0, 0, 1, 1]
    assert gauc(scores, labels, users) == 1.0
    assert auc(scores, labels) == 0.75


def test_the_area_over_a_catalogue_by_hand() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.5, 0.7], [1, 2, 3, 4, 5]], np.float32)
    # Row 0: target 2 against 0, 3, 4: won, tied, lost. Row 1: targets 4 and 0 against 1, 2, 3: all won, none won.
    found = catalogue_auc(scores, Jagged.of([[2], [4, 0]]), Jagged.of([[1], []]))
    assert found.tolist() == pytest.approx([0.5, 0.5])
