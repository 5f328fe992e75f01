from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pushgen.errors import InputError
from pushgen.recommend.data.jagged import NONE
from pushgen.recommend.tokenize.semantic_ids import SemanticIds

CODES = arrays(np.int64, st.tuples(st.integers(1, 12), st.just(2)), elements=st.integers(0, 2))


@given(codes=CODES)
@settings(max_examples=60, deadline=None)
def test_distinct_codes_lead_back_to_their_item(codes: np.ndarray) -> None:
    ids = SemanticIds(codes, (3, 3)).distinct()
    assert ids.collisions.shared == 0
    assert ids.items_of(ids.codes).tolist() == list(range(len(codes)))


@given(codes=CODES, more=CODES)
@settings(max_examples=60, deadline=None)
def test_items_that_come_later_change_no_earlier_one(codes: np.ndarray, more: np.ndarray) -> None:
    ids = SemanticIds(codes, (3, 3)).distinct()
    wider = ids.extend(more)
    assert wider.sizes == ids.sizes
    assert len(wider) == len(codes) + len(more)
    assert (wider.codes[: len(ids)] == ids.codes).all()
    assert (wider.codes[len(ids) :, :2] == more).all()


def test_codes_that_nobody_has_lead_nowhere() -> None:
    ids = SemanticIds(np.array([[0, 1], [2, 2]]), (3, 3))
    assert ids.items_of([[0, 1], [1, 1], [2, 2], [3, 0], [-1, 0]]).tolist() == [0, NONE, 1, NONE, NONE]


def test_collisions_are_counted() -> None:
    found = SemanticIds(np.array([[0, 0], [0, 0], [0, 0], [1, 0], [1, 1], [1, 1]]), (2, 2)).collisions
    assert (found.items, found.groups, found.shared, found.largest) == (6, 3, 5, 3)


def test_the_table_comes_back_from_its_folder(tmp_path: Path) -> None:
    ids = SemanticIds(np.array([[0, 1], [2, 2]]), (3, 3), (np.eye(3, dtype=np.float32),) * 2)
    ids.save(tmp_path)
    back = SemanticIds.load(tmp_path)
    assert (back.codes == ids.codes).all()
    assert back.sizes == ids.sizes
    assert all((a == b).all() for a, b in zip(back.codebooks, ids.codebooks, strict=True))


def test_a_code_beyond_its_level_and_a_missing_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="below the size"):
        SemanticIds(np.array([[0, 3]]), (3, 3))
    with pytest.raises(InputError, match="train it again"):
        SemanticIds.load(tmp_path)
