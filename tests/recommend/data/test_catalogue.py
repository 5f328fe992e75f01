import polars as pl
import pytest

from pushgen.errors import InputError
from pushgen.recommend.data.catalogue import Catalogue
from pushgen.recommend.data.jagged import NONE

CATALOGUE = Catalogue.of(["soup", "tea", "bread"])


def test_numbers_and_ids_are_inverse() -> None:
    assert CATALOGUE.numbers(["bread", "soup", "cake", "soup"]).tolist() == [2, 0, NONE, 0]
    assert CATALOGUE.numbers(pl.Series(["tea"])).tolist() == [1]
    assert CATALOGUE.ids([2, NONE, 0]).to_list() == ["bread", None, "soup"]


def test_unknown_items_leave_a_history_and_are_counted() -> None:
    histories, unknown = CATALOGUE.histories([["tea", "cake", "bread"], [], ["cake"]])
    assert [list(row) for row in histories] == [[1, 2], [], []]
    assert unknown == 2


def test_an_item_that_is_there_twice_is_an_error() -> None:
    with pytest.raises(InputError, match="'tea' several times"):
        Catalogue.of(["tea", "soup", "tea"])


def test_the_order_counts() -> None:
    assert Catalogue.of(["a", "b"]).fingerprint != Catalogue.of(["b", "a"]).fingerprint
