import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.metrics.ranking import METRICS, hits, ranking_metrics

ITEMS = np.array([[4, 1, 7, 2], [0, 1, 2, 3], [9, NONE, NONE, NONE]])
TARGETS = Jagged.of([[1, 2, 8], [5], [9]])


def test_values_by_hand() -> None:
    found = {name: values.tolist() for name, values in ranking_metrics(ITEMS, TARGETS, [2, 4]).items()}
    assert found["recall@4"] == pytest.approx([2 / 3, 0, 1])
    assert found["precision@4"] == pytest.approx([2 / 4, 0, 1 / 4])
    assert found["f1@4"] == pytest.approx([2 * 2 / 7, 0, 2 / 5])
    assert found["hit_rate@2"] == [1, 0, 1]
    assert found["mrr@4"] == pytest.approx([1 / 2, 0, 1])
    assert found["map@4"] == pytest.approx([(1 / 2 + 2 / 4) / 3, 0, 1])
    assert found["map@2"] == pytest.approx([(1 / 2) / 2, 0, 1])
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found["ndcg@4"] == pytest.approx([gain / ideal, 0, 1])
    assert found["ndcg@2"][0] == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert set(found) == {f"{name}@{k}" for name in METRICS for k in (2, 4)}


def test_an_item_that_is_recommended_twice_counts_once() -> None:
    assert hits(np.array([[5, 5, 6]]), Jagged.of([[5, 6]])).tolist() == [[True, False, True]]


@pytest.mark.parametrize("k", [0, 5])
def test_k_beyond_the_lists_is_an_error(k: int) -> None:
    with pytest.raises(ValueError, match="k must lie between 1 and the length of the lists, 4"):
        ranking_metrics(ITEMS, TARGETS, [k])


def test_a_request_without_target_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one target"):
        ranking_metrics(ITEMS[:1], Jagged.of([[]]), [1])


@settings(deadline=None)
@given(st.data())
def test_loops_over_lists_agree(data: st.DataObject) -> None:
    rows, places, catalogue = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 6)), 9
    lists = [data.draw(st.permutations(range(catalogue)))[:places] for _ in range(rows)]
    targets = [data.draw(st.lists(st.integers(0, 8), min_size=1, max_size=9, unique=True)) for _ in range(rows)]
    k = data.draw(st.integers(1, places))
    found = ranking_metrics(np.array(lists), Jagged.of(targets), [k])
    for row, (items, wanted) in enumerate(zip(lists, targets, strict=True)):
        right = [place for place, item in enumerate(items[:k], 1) if item in wanted]
        assert found[f"recall@{k}"][row] == pytest.approx(len(right) / len(wanted))
        assert found[f"mrr@{k}"][row] == pytest.approx(1 / right[0] if right else 0)
        average = sum(count / place for count, place in enumerate(right, 1)) / min(k, len(wanted))
        assert found[f"map@{k}"][row] == pytest.approx(average)
        relevance = np.array([[float(item in wanted) for item in range(catalogue)]])
        score = np.array([[-float(items.index(item)) if item in items else -99.0 for item in range(catalogue)]])
        assert found[f"ndcg@{k}"][row] == pytest.approx(ndcg_score(relevance, score, k=k))
