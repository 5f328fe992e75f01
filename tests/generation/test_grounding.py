"""Names and numbers are copied whole or not at all."""

from pushgen.generation.seq2seq.grounding import Grounding, WordTree, words_of

# 1 end, 2 " the", 3 " Mar", 4 "a", 5 "dale", 6 ".", 7 " met"
OPENS = [True, True, True, True, False, False, True, True]
COMMON = WordTree([(2,), (6,), (7,)])
SOURCE = [2, 3, 4, 5, 6, 7]


def grounding(source: list[int]) -> Grounding:
    return Grounding([source], COMMON, OPENS, 1)


def allowed(state: Grounding) -> list[int]:
    return state.allowed()[0].nonzero().flatten().tolist()


def test_words_of_a_source() -> None:
    assert words_of(SOURCE, OPENS) == [(2,), (3, 4, 5), (6,), (7,)]
    assert words_of([4, 5], OPENS) == [(4, 5)]
    tree = WordTree(words_of(SOURCE, OPENS))
    assert tree.following[(3, 4)] == {5}
    assert (3,) not in tree.whole


def test_a_name_begun_is_a_name_finished() -> None:
    state = grounding(SOURCE)
    assert 3 in allowed(state)
    for token, then in ((3, [4]), (4, [5])):
        state.write([token])
        assert allowed(state) == then
    state.write([5])
    assert allowed(state) == [1, 2, 3, 6, 7]


def test_a_name_of_another_source_is_not_begun() -> None:
    state = grounding([2, 7, 6])
    assert allowed(state) == [1, 2, 6, 7]
    state.write([2])
    assert allowed(state) == [1, 2, 6, 7]


def test_no_word_is_made_of_pieces_of_others() -> None:
    state = Grounding([[3, 4]], WordTree([(2, 5)]), OPENS, 1)
    state.write([3])
    assert allowed(state) == [4]
    state.write([2])
    assert allowed(state) == [5]
