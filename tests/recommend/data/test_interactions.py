from pathlib import Path

import pytest
from tests.recommend.logs import write

from pushgen.errors import InputError
from pushgen.recommend.data.interactions import Interactions

ROWS = [("ann", "tea", 0, "view"), ("ann", "soup", 1, "buy"), ("bob", "tea", 2, "view")]


def test_a_log_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, ROWS, [("cy", "rice", 3)])
    log = Interactions.open(tmp_path)
    assert log.frame["user_id"].to_list() == ["ann", "ann", "bob", "cy"]
    assert log.frame["position"].to_list() == [0, 1, 0, 0]
    assert log.items["item_id"].to_list() == ["rice", "soup", "tea"]
    assert log.catalogue.numbers(log.frame["item_id"]).tolist() == [2, 1, 2, 0]
    assert [part.height for part in log.parts()] == [3, 1]
    assert log.scan().collect().equals(log.frame)


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "a", ROWS).hash == write(tmp_path / "b", ROWS).hash
    assert write(tmp_path / "c", ROWS[:2]).hash != Interactions(tmp_path / "a").hash


def test_a_second_log_replaces_the_first(tmp_path: Path) -> None:
    write(tmp_path, ROWS, [("cy", "rice", 3)])
    assert write(tmp_path, ROWS[:1]).frame.height == 1


def test_an_unfinished_log_is_refused(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(InputError, match="unfinished import"):
        Interactions.open(tmp_path)
    with pytest.raises(InputError, match="no interactions/ in it"):
        Interactions.open(tmp_path / "nowhere")
