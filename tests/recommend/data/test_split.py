from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recommend.logs import write

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.catalogue import Catalogue
from pushgen.recommend.data.histories import Histories
from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.data.split import LEAKS, Split, SplitConfig, SplitKind, contained, split, split_histories
from pushgen.recommend.protocols import Cases


def whole(rows: Sequence[Sequence[int]], times: Sequence[int] | None = None) -> Histories:
    catalogue = Catalogue.of(str(number) for number in range(1 + max(max(row, default=0) for row in rows)))
    items = Jagged.of(rows, **({} if times is None else {"time": times}))
    return Histories(pl.Series([f"u{user}" for user in range(len(rows))]), items, catalogue)


def told(cases: Cases) -> list[tuple[int, list[int], list[int]]]:
    return [
        (int(user), list(history), list(targets))
        for user, history, targets in zip(cases.users, cases.histories, cases.targets, strict=True)
    ]


def test_leave_one_out_by_hand() -> None:
    found = split_histories(whole([[0, 1, 2, 3], [4, 5], [6, 7, 8]]), SplitConfig(kind="leave-one-out"))
    assert [list(row) for row in found.training] == [[0, 1], [4, 5], [6]]
    assert told(found.validation) == [(0, [0, 1], [2]), (2, [6], [7])]
    assert told(found.test) == [(0, [0, 1, 2], [3]), (2, [6, 7], [8])]
    assert found.counts["test: user without target"] == 1


def test_temporal_by_hand() -> None:
    # Ten interactions at moments 0 to 9: training before 6, validation 6 and 7, test 8 and 9.
    rows = [[0, 1, 2, 3], [4, 5, 6], [7, 8], [9]]
    found = split_histories(whole(rows, [0, 5, 6, 8, 1, 2, 9, 3, 7, 4]), SplitConfig(validation=0.2, test=0.2))
    assert [list(row) for row in found.training] == [[0, 1], [4, 5], [7], [9]]
    assert told(found.validation) == [(0, [0, 1], [2]), (2, [7], [8])]
    assert told(found.test) == [(0, [0, 1, 2], [3]), (1, [4, 5], [6])]


def test_ratio_by_hand() -> None:
    found = split_histories(whole([list(range(10))]), SplitConfig(kind="ratio", validation=0.2, test=0.3))
    assert [list(row) for row in found.training] == [[0, 1, 2, 3, 4]]
    assert told(found.validation) == [(0, [0, 1, 2, 3, 4], [5, 6])]
    assert told(found.test) == [(0, [0, 1, 2, 3, 4, 5, 6], [7, 8, 9])]


def test_users_are_apart() -> None:
    found = split_histories(whole([[0, 1, 2, 3, 4]] * 500), SplitConfig(kind="users"))
    groups = [set(users.tolist()) for users in (found.training_users, found.validation.users, found.test.users)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 500
    assert 30 < len(groups[1]) < 70
    assert told(found.test)[0][1:] == ([0, 1, 2, 3], [4])
    assert (found.training.lengths == 5).all()


def test_a_target_that_the_history_holds_counts_only_where_asked() -> None:
    rows = [[0, 1, 0, 1, 2, 3, 3, 3, 1, 0]]
    config = SplitConfig(kind="ratio", validation=0.2, test=0.3)
    found = split_histories(whole(rows), config)
    assert told(found.test) == []
    assert found.counts["test: target stands in the history"] == 3
    again = split_histories(whole(rows), SplitConfig(kind="ratio", validation=0.2, test=0.3, repeats=True))
    assert told(again.test) == [(0, rows[0][:7], [3, 1, 0])]


def test_users_without_history_are_counted_and_left_out() -> None:
    found = split_histories(whole([[0], [1, 2]], [9, 0, 1]), SplitConfig(validation=0.3, test=0.3))
    assert found.counts["test: user without history"] == 1
    assert 0 not in found.test.users


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=12), min_size=2, max_size=12),
    st.sampled_from(["temporal", "leave-one-out", "ratio", "users"]),
    st.randoms(use_true_random=False),
)
def test_no_split_lets_a_user_s_future_into_the_past(rows: list[list[int]], kind: SplitKind, random: Any) -> None:
    moments = [random.randrange(100) for row in rows for _ in row]
    times = np.concatenate([np.sort(part) for part in np.split(moments, np.cumsum([len(row) for row in rows])[:-1])])
    unique = [[row * 100 + place for place in range(len(items))] for row, items in enumerate(rows)]
    found = split_histories(whole(unique, times.tolist()), SplitConfig(kind=kind, validation=0.2, test=0.2))
    moment = dict(zip(np.concatenate(unique).tolist(), times.tolist(), strict=True))
    for cases in (found.validation, found.test):
        for user, history, targets in told(cases):
            assert unique[user][: len(history)] == history
            assert all(target in unique[user][len(history) :] for target in targets)
    taught = set(found.training.values.tolist())
    for cases in (found.validation, found.test):
        assert not taught & set(cases.targets.values.tolist())
    if kind == "temporal" and taught:
        latest = max(moment[item] for item in taught)
        for cases in (found.validation, found.test):
            assert all(moment[item] >= latest for item in cases.targets.values.tolist())


def test_contained_asks_row_by_row() -> None:
    assert contained(Jagged.of([[1, 2], [1]]), Jagged.of([[2], [2]])).tolist() == [False, True, False]


def logged(found: Split) -> list[list[str]]:
    return [found.catalogue.ids(row).to_list() for row in found.training]


def test_a_log_is_split_part_by_part(tmp_path: Path) -> None:
    one = [("ann", item, hour) for hour, item in enumerate("abcd")]
    other = [("bob", item, hour) for hour, item in enumerate("bcda")]
    log = write(tmp_path, one, other)
    found = split(log, config=SplitConfig(validation=0.25, test=0.25))
    assert logged(found) == [["a", "b"], ["b", "c"]]
    assert found.user_ids.to_list() == ["ann", "bob"]
    assert found.leaks == LEAKS["temporal"]


def test_a_temporal_split_needs_times(tmp_path: Path) -> None:
    log = write(tmp_path, [("ann", item) for item in "abcd"])
    with pytest.raises(InputError, match="4 interactions without"):
        split(log)
    assert logged(split(log, config=SplitConfig(kind="leave-one-out"))) == [["a", "b"]]


@pytest.mark.parametrize("shares", [{"validation": 0.0}, {"validation": 0.5, "test": 0.5}, {"given": 1.0}])
def test_shares_that_leave_nothing_are_an_error(shares: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="split"):
        SplitConfig(**shares)
