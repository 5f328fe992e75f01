import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.recommend.tokenize.semantic_ids import SemanticIds
from pushgen.recommend.tokenize.trie import PoolTrie, allowed_along


def pools(seed: int, requests: int, size: int) -> tuple[torch.Tensor, torch.Tensor, tuple[int, ...]]:
    rng = np.random.default_rng(seed)
    ids = SemanticIds(rng.integers(0, 3, size=(30, 2)), (3, 3)).distinct()
    pool = np.stack([rng.permutation(30)[:size] for _ in range(requests)])
    return torch.from_numpy(ids.codes[pool]), torch.from_numpy(rng.random(pool.shape) < 0.8), ids.sizes


@given(seed=st.integers(0, 10_000), size=st.integers(1, 10))
@settings(max_examples=60, deadline=None)
def test_any_walk_writes_every_item_of_the_pool_once(seed: int, size: int) -> None:
    codes, there, sizes = pools(seed, 3, size)
    trie, generator = PoolTrie(codes, there, sizes), torch.Generator().manual_seed(seed)
    written = []
    for _ in range(size + 1):
        for _ in sizes:
            trie.advance(torch.multinomial(trie.allowed().float(), 1, generator=generator)[:, 0])
        written.append(trie.finish())
    lists = torch.stack(written, 1)
    for row, mask in zip(lists.tolist(), there, strict=True):
        count = int(mask.sum())
        assert sorted(row[:count]) == mask.nonzero()[:, 0].tolist()
        assert row[count:] == [-1] * (size + 1 - count)


def test_masks_of_a_given_list_are_those_of_the_walk() -> None:
    codes, there, sizes = pools(5, 4, 8)
    lists = torch.full((4, 6), -1)
    for request, mask in enumerate(there):
        places = mask.nonzero()[:, 0].flip(0)[:6]
        lists[request, : len(places)] = places
    masks = allowed_along(codes, there, lists, sizes)
    trie = PoolTrie(codes, there, sizes)
    for slot in range(6):
        inside = lists[:, slot] >= 0
        for level in range(len(sizes)):
            assert torch.equal(masks[level][inside, slot], trie.allowed()[inside])
            trie.advance(codes[torch.arange(4), lists[:, slot].clamp(min=0), level])
        assert torch.equal(trie.finish()[inside], lists[inside, slot])


def test_an_item_is_finished_only_when_all_its_codes_are_written() -> None:
    codes, there, sizes = pools(0, 1, 4)
    with pytest.raises(ValueError, match="not finished"):
        PoolTrie(codes, there, sizes).finish()
