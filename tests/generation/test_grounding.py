"""Names and numbers are copied whole or not at all."""

import torch

from pushgen.generation.seq2seq.grounding import Grounding, SourceWords

# 1 end, 2 "the", 3 " Mar", 4 "a", 5 "dale", 6 ".", 7 " met"; 3 and 5 stand in names.
OPENS = [True, True, True, True, False, False, True, True]
BARRED = torch.tensor([token in (3, 5) for token in range(8)])
NEVER = torch.tensor([token == 0 for token in range(8)])
SOURCE = [2, 3, 4, 5, 6, 7]


def grounding(source: list[int]) -> Grounding:
    return Grounding([source], OPENS, BARRED, NEVER)


def allowed(state: Grounding) -> list[int]:
    return state.allowed()[0].nonzero().flatten().tolist()


def test_words_of_a_source() -> None:
    words = SourceWords(SOURCE, OPENS)
    assert (3, 4, 5) in words.whole
    assert (3,) not in words.whole
    assert words.following[(3, 4)] == {5}


def test_a_name_begun_is_a_name_finished() -> None:
    state = grounding(SOURCE)
    assert 3 in allowed(state)
    state.write([3])
    assert allowed(state) == [4]
    state.write([4])
    assert allowed(state) == [5]
    state.write([5])
    assert {1, 2, 6, 7} <= set(allowed(state))
    assert 5 not in allowed(state)


def test_a_name_of_another_source_is_not_begun() -> None:
    state = grounding([2, 7, 6])
    assert 3 not in allowed(state)
    assert 5 not in allowed(state)
    state.write([2])
    assert 5 not in allowed(state)
    assert 1 in allowed(state)
