from hypothesis import given
from hypothesis import strategies as st

from pushgen.encoders.batches import length_batches


@given(st.lists(st.integers(0, 300), max_size=200), st.integers(1, 1000))
def test_every_index_once_and_no_batch_above_the_budget(lengths: list[int], tokens: int) -> None:
    batches = length_batches(lengths, tokens)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(1, *(lengths[index] for index in batch)) if len(batch) > 1 else 0
        assert longest * len(batch) <= tokens or len(batch) == 1


def test_long_and_short_do_not_share_a_batch() -> None:
    assert length_batches([2, 50, 3, 49], 100) == [[1, 3], [2, 0]]
