from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recommend.logs import write

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.filter import FilterConfig, filtered

ROWS = [
    ("ann", "tea", 0, "view", 2.0),
    ("ann", "soup", 1, "buy", 4.0),
    ("ann", "tea", 2, "buy", 5.0),
    ("bob", "tea", 3, "view", None),
    ("bob", "rice", 4, "buy", 3.0),
]


def kept(path: Path, config: FilterConfig) -> list[tuple[str, str]]:
    frame = pl.concat(filtered(write(path, ROWS[:3], ROWS[3:]), config).parts())
    return list(zip(frame["user_id"], frame["item_id"], strict=True))


def test_repeats_keep_the_first(tmp_path: Path) -> None:
    assert kept(tmp_path, FilterConfig()) == [("ann", "tea"), ("ann", "soup"), ("bob", "tea"), ("bob", "rice")]
    assert len(kept(tmp_path, FilterConfig(repeats="keep"))) == 5


def test_behaviours_and_values(tmp_path: Path) -> None:
    assert kept(tmp_path, FilterConfig(behaviours=("buy",))) == [("ann", "soup"), ("ann", "tea"), ("bob", "rice")]
    assert kept(tmp_path, FilterConfig(least_value=4.0)) == [("ann", "soup"), ("ann", "tea")]


def test_what_is_dropped_is_counted(tmp_path: Path) -> None:
    found = filtered(write(tmp_path, [*ROWS, ("bob", "rice", 5, "buy", 4.0)]), FilterConfig(behaviours=("buy",)))
    assert found.dropped == {"another behaviour or a low value": 2, "repeated": 1}
    assert found.rows == 3
    cored = filtered(write(tmp_path, ROWS), FilterConfig(core_items=2))
    assert cored.dropped == {"repeated": 1, "outside the core of 1 per user and 2 per item": 2}
    assert cored.rows == 2


def test_nothing_left_is_an_error_that_tells_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="5 another behaviour"):
        filtered(write(tmp_path, ROWS), FilterConfig(behaviours=("share",)))


def test_a_core_below_one_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="core_users"):
        FilterConfig(core_users=0)


def test_peeling_goes_on_until_both_bounds_hold(tmp_path: Path) -> None:
    # A chain u0-i0-u1-i1-...: each end hangs by one interaction, so that the whole chain unravels.
    chain = [row for user in range(5) for row in ((f"u{user}", f"i{user}"), (f"u{user}", f"i{user + 1}"))]
    square = [(user, item) for user in ("x", "y") for item in ("p", "q")]
    found = filtered(write(tmp_path, chain + square), FilterConfig(core_users=2, core_items=2))
    assert found.users["user_id"].to_list() == ["x", "y"]
    assert found.items["item_id"].to_list() == ["p", "q"]
    assert found.rows == 4


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40, unique=True),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_the_core_is_the_largest_that_holds(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]], users: int, items: int
) -> None:
    left = set(pairs)
    while True:
        smaller = {
            (user, item)
            for user, item in left
            if sum(other == user for other, _ in left) >= users and sum(other == item for _, other in left) >= items
        }
        if smaller == left:
            break
        left = smaller
    log = write(tmp_path_factory.mktemp("core"), [(f"u{user}", f"i{item}") for user, item in sorted(pairs)])
    config = FilterConfig(core_users=users, core_items=items)
    if not left:
        with pytest.raises(InputError):
            filtered(log, config)
        return
    frame = pl.concat(filtered(log, config).parts())
    found = set(zip(frame["user_id"], frame["item_id"], strict=True))
    assert found == {(f"u{user}", f"i{item}") for user, item in left}
    assert all(a <= b for a, b in pairwise(frame["user_id"].to_list()))
