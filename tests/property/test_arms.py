"""Rows to arms: the index and the totals against a plain dictionary, however the rows are cut into batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgen.logs.arm_index import ArmIndex
from pushgen.logs.arm_total import ArmTotal, Kind

# Few low bits, so that many marks want the same slot, as only happens by chance with hashes.
MARKS = st.lists(st.builds(lambda low, high: low + (high << 40), st.integers(0, 3), st.integers(0, 300)), max_size=400)
ROWS = st.lists(st.tuples(st.integers(0, 600), st.integers(-5, 5)), max_size=60)


@given(MARKS, st.integers(1, 50))
def test_marks_are_numbered_in_order_of_first_appearance(marks: list[int], cut: int) -> None:
    index, numbers = ArmIndex(), dict[int, int]()
    for start in range(0, len(marks), cut):
        batch = np.array(marks[start : start + cut], np.uint64)
        expected = [numbers.get(int(mark), -1) for mark in batch]
        assert index.find(batch).tolist() == expected
        new = [int(mark) for mark in dict.fromkeys(batch.tolist()) if mark not in numbers]
        index.add(np.array(new, np.uint64))
        numbers |= {mark: len(numbers) + place for place, mark in enumerate(new)}
    assert len(index) == len(numbers)
    assert index.find(np.array(list(numbers), np.uint64)).tolist() == list(numbers.values())


def test_index_grows_to_many_marks() -> None:
    marks = np.random.default_rng(0).integers(0, 2**64, 100_000, dtype=np.uint64)
    index = ArmIndex()
    for part in np.array_split(marks, 7):
        index.add(part)
    assert (index.find(marks) == np.arange(len(marks))).all()
    assert (index.find(marks + np.uint64(1)) == -1).all()


FOLDS = {"sum": sum, "least": min, "greatest": max, "first": lambda numbers: numbers[0]}


@pytest.mark.parametrize("kind", ["sum", "least", "greatest", "first"])
@given(rows=ROWS, cut=st.integers(1, 20))
def test_totals_are_those_of_each_arm(kind: Kind, rows: list[tuple[int, int]], cut: int) -> None:
    total = ArmTotal(kind, np.int64)
    for start in range(0, len(rows), cut):
        arms, numbers = zip(*rows[start : start + cut], strict=True)
        total.add(np.array(arms), np.array(numbers))
    given = {arm: [number for other, number in rows if other == arm] for arm, _ in rows}
    expected = [FOLDS[kind](given[arm]) if arm in given else None for arm in range(601)]
    assert total.series(601).to_list() == expected
