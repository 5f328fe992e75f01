import random

import numpy as np
import pytest

from pushgen.text.near_copies import (
    NearCopyIndex,
    NearCopyMemory,
    bands_for,
    has_near_copy,
    near_copy_clusters,
    similarity,
)

WORDS = [
    f"{a}{b}{c}"
    for a in ("ba", "ko", "li", "mer", "tu")
    for b in ("na", "ro", "si", "ven")
    for c in ("k", "l", "mo", "th")
]


def texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=14)) for _ in range(count)]


def changed(text: str, rng: random.Random, words: int) -> str:
    parts = text.split()
    for place in rng.sample(range(len(parts)), words):
        parts[place] = "zzyx"
    return " ".join(parts)


def test_case_and_punctuation_do_not_count() -> None:
    assert similarity("The cat sat on the mat.", "the CAT sat — on the mat") == 1.0
    assert similarity("", "!!") == 1.0
    assert similarity("你好世界", "你好世界！") == 1.0
    assert similarity("abcdefgh", "stuvwxyz") == 0.0


def test_agrees_with_the_exact_answer() -> None:
    rng = random.Random(3)
    corpus = texts(400, 1)
    queries = [changed(text, rng, words) for text, words in zip(corpus, [0, 1, 2, 6] * 100, strict=True)] + texts(
        100, 2
    )
    found = has_near_copy(queries, corpus, 0.8)
    exact = np.array([max(similarity(query, text) for text in corpus) >= 0.8 for query in queries])
    assert not (found & ~exact).any()
    assert (found & exact).sum() >= 0.98 * exact.sum()
    assert 100 < exact.sum() < 400


def test_clusters_join_copies_and_name_their_first_member() -> None:
    rng = random.Random(4)
    base = texts(60, 5)
    every = base + [changed(text, rng, 1) for text in base[:30]] + base[30:40]
    clusters = near_copy_clusters(every, 0.7)
    assert clusters[:60].tolist() == list(range(60))
    assert clusters[60:90].tolist() == list(range(30))
    assert clusters[90:].tolist() == list(range(30, 40))


def test_order_does_not_change_the_partition() -> None:
    rng = random.Random(6)
    every = [changed(text, rng, words) for text in texts(20, 7) for words in (0, 1, 1)]
    order = rng.sample(range(len(every)), len(every))
    clusters, shuffled = near_copy_clusters(every), near_copy_clusters([every[place] for place in order])
    for i in range(len(every)):
        for j in range(i):
            a, b = order[i], order[j]
            assert (clusters[a] == clusters[b]) == (shuffled[i] == shuffled[j])


def test_nothing_in_nothing_out() -> None:
    assert near_copy_clusters([]).shape == (0,)
    assert has_near_copy([], ["a"]).shape == (0,)
    assert has_near_copy(["a"], []).tolist() == [False]
    assert NearCopyIndex(["one text", "another"]).contains(["one text", "other words entirely"]).tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9, 1.0])
def test_bands_find_pairs_at_the_threshold(threshold: float) -> None:
    rows = bands_for(threshold)
    assert 1 - (1 - threshold**rows) ** (128 // rows) >= 0.99


def test_a_memory_finds_what_an_index_finds() -> None:
    texts = [f"number {index} of {index * 7} bakeries in the valley opened" for index in range(60)]
    queries = [text.upper() + "!" for text in texts[::3]] + ["something else entirely", ""]
    memory = NearCopyMemory(0.8)
    assert memory.find(["anything"]) == [None]
    for text in texts:
        memory.add(text)
    found = memory.find(queries)
    assert [one is not None for one in found] == has_near_copy(queries, texts, 0.8).tolist()
    assert all(similarity(one, query) >= 0.8 for one, query in zip(found, queries, strict=True) if one)
