import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.recommend.data.jagged import NONE, Jagged, concatenate

ROWS = [[1, 2, 3], [], [4], [5, 6]]
LISTS = st.lists(st.lists(st.integers(0, 99), max_size=6), max_size=8)


def test_rows_come_back_as_they_went_in() -> None:
    jagged = Jagged.of(ROWS)
    assert [list(row) for row in jagged] == ROWS
    assert jagged.offsets.tolist() == [0, 3, 3, 4, 6]
    assert jagged.values.dtype == jagged.offsets.dtype == np.int64
    assert list(jagged[-1]) == [5, 6]


def test_padding_puts_the_newest_last() -> None:
    ids, mask = Jagged.of(ROWS).padded(2)
    assert ids.tolist() == [[2, 3], [NONE, NONE], [NONE, 4], [5, 6]]
    assert mask.tolist() == [[True, True], [False, False], [False, True], [True, True]]


def test_what_lies_beside_is_padded_with_zero() -> None:
    jagged = Jagged.of(ROWS, time=[10, 20, 30, 40, 50, 60])
    assert jagged.padded(2, of="time")[0].tolist() == [[20, 30], [0, 0], [0, 40], [50, 60]]


def test_nothing_can_be_padded() -> None:
    ids, mask = Jagged.of([]).padded(3)
    assert ids.shape == mask.shape == (0, 3)
    assert Jagged.of([[], []]).padded(1)[0].tolist() == [[NONE], [NONE]]


def test_heads_tails_and_leave_one_out() -> None:
    jagged = Jagged.of(ROWS, time=[10, 20, 30, 40, 50, 60])
    assert [list(row) for row in jagged.head(jagged.lengths - 1)] == [[1, 2], [], [], [5]]
    last = jagged.tail(1)
    assert [list(row) for row in last] == [[3], [], [4], [6]]
    assert last.beside["time"].tolist() == [30, 40, 60]


def test_a_slice_shares_memory_and_an_empty_one_is_empty() -> None:
    jagged = Jagged.of(ROWS)
    assert np.shares_memory(jagged.slice(1, 3).values, jagged.values)
    assert [list(row) for row in jagged.slice(1, 3)] == [[], [4]]
    assert len(jagged.slice(3, 2)) == 0


@pytest.mark.parametrize("offsets", [[0, 3], [1, 2], [0, 2, 1, 2], []])
def test_offsets_that_do_not_fit_are_an_error(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="offsets"):
        Jagged(np.array([1, 2]), np.array(offsets, np.int64))


@settings(deadline=None)
@given(LISTS, st.integers(1, 7), st.data())
def test_methods_agree_with_lists(rows: list[list[int]], length: int, data: st.DataObject) -> None:
    total = sum(map(len, rows))
    jagged = Jagged.of(rows, place=np.arange(total))
    assert concatenate(list(jagged.batches(length))).offsets.tolist() == jagged.offsets.tolist() or not rows
    assert [list(row) for row in jagged.head(length)] == [row[:length] for row in rows]
    assert [list(row) for row in jagged.tail(length)] == [row[-length:] for row in rows]
    ids, mask = jagged.padded(length)
    assert [row[kept].tolist() for row, kept in zip(ids, mask, strict=True)] == [row[-length:] for row in rows]
    assert (ids[~mask] == NONE).all()
    ids, mask = jagged.padded(length, newest="first free")
    assert [row[kept].tolist() for row, kept in zip(ids, mask, strict=True)] == [row[-length:] for row in rows]
    assert (mask[:, :-1] >= mask[:, 1:]).all()
    order = data.draw(st.permutations(range(len(rows))))
    taken = jagged.take(order)
    assert [list(row) for row in taken] == [rows[row] for row in order]
    assert (jagged.values[taken.beside["place"]] == taken.values).all()
    kept = np.array([value % 2 == 0 for row in rows for value in row], bool)
    assert [list(row) for row in jagged.where(kept)] == [[value for value in row if value % 2 == 0] for row in rows]
