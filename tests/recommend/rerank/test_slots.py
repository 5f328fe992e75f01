import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.recommend.rerank.slots import among, best_first, fill, value_at


def test_the_surest_item_goes_first_and_is_gone_for_the_other_slots() -> None:
    # Slot 1 is surest of place 0, so slot 0 has to take its second choice.
    scores = torch.tensor([[[2.0, 1.0, 0.0], [9.0, 0.0, 0.0]]])
    slate, free = fill(scores, torch.tensor([[-1, -1]]), torch.tensor([[True, True, True]]), 2)
    assert slate.tolist() == [[1, 0]]
    assert free.tolist() == [[False, False, True]]


def test_from_left_to_right_a_slot_does_not_wait_for_a_surer_one() -> None:
    scores = torch.tensor([[[2.0, 1.0, 0.0], [9.0, 0.0, 0.0]]])
    slate, _ = fill(scores, torch.tensor([[-1, -1]]), torch.tensor([[True, True, True]]), 2, "left-to-right")
    assert slate.tolist() == [[0, 1]]


def test_a_probability_is_among_what_is_left() -> None:
    """Slot 0 prefers place 0 by far and is torn between the others; once place 0 is gone, slot 1 is the surer."""
    scores = torch.tensor([[[5.0, 1.0, 1.0, 1.0], [6.0, 5.0, -5.0, -5.0], [0.0, 0.0, 0.0, 0.0]]])
    slate, _ = fill(scores, torch.tensor([[-1, -1, 0]]), torch.tensor([[False, True, True, True]]), 1)
    assert slate.tolist() == [[-1, 1, 0]]


@given(seed=st.integers(0, 1000), slots=st.integers(1, 5), places=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_lists_hold_free_places_once_and_as_many_as_there_are(seed: int, slots: int, places: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(3, slots, places, generator=generator)
    free = torch.rand(3, places, generator=generator) < 0.7
    for order in ("confidence", "left-to-right"):
        slate, left = fill(scores, torch.full((3, slots), -1), free, slots, order)
        for row, mask, rest in zip(slate.tolist(), free, left, strict=True):
            chosen = [place for place in row if place >= 0]
            assert len(set(chosen)) == len(chosen) == min(slots, int(mask.sum()))
            assert all(mask[place] and not rest[place] for place in chosen)


def test_rows_without_any_choice_stay_numbers() -> None:
    assert torch.isfinite(among(torch.randn(2, 3), torch.zeros(2, 3, dtype=torch.bool))).all()


def test_best_first_and_values_by_hand() -> None:
    score = torch.tensor([[0.1, 0.9, 0.5]])
    assert best_first(score, torch.tensor([[True, False, True]]), 4).tolist() == [[2, 0, -1, -1]]
    assert value_at(score, torch.tensor([[1, -1]])).tolist() == [[pytest.approx(0.9), 0.0]]
