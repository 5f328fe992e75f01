import numpy as np
import pytest

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.tokenize.interaction_vectors import interaction_vectors
from pushgen.recommend.tokenize.multi_head import QuantiserConfig, fit_quantiser


def planted(rng: np.random.Generator, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors whose two halves each sit near one of four centres, and which centres."""
    centres = rng.normal(size=(2, 4, 8)) * 5
    which = rng.integers(0, 4, size=(items, 2))
    halves = [centres[half, which[:, half]] for half in (0, 1)]
    return (np.concatenate(halves, axis=1) + rng.normal(size=(items, 16)) * 0.01).astype(np.float32), which


def test_heads_find_planted_groups_and_name_new_items_alike() -> None:
    rng = np.random.default_rng(0)
    vectors, which = planted(rng, 400)
    quantiser = fit_quantiser(vectors[:300], QuantiserConfig(heads=2, codes=16, components=8))
    table = quantiser.table(vectors)
    pairs = {(tuple(code), tuple(kind)) for code, kind in zip(table.codes.tolist(), which.tolist(), strict=True)}
    assert len({code for code, _ in pairs}) == len(pairs), "items with equal codes come from equal groups"
    assert len(pairs) < 100, "items of a group share codes"


def test_codes_lose_less_of_a_vector_the_more_there_are() -> None:
    vectors = np.random.default_rng(1).normal(size=(500, 12)).astype(np.float32)
    lost = []
    for codes in (2, 16, 128):
        quantiser = fit_quantiser(vectors, QuantiserConfig(heads=3, codes=codes, components=12))
        table = quantiser.encode(vectors)
        parts = zip(table.T, quantiser.codebooks, quantiser.axes, strict=True)
        back = quantiser.mean + sum(book[code] @ axes for code, book, axes in parts)
        lost.append(float(((vectors - back) ** 2).mean() / vectors.var()))
    assert lost[0] > lost[1] > lost[2]
    assert lost[2] < 0.35


def test_heads_carry_about_the_same_variance() -> None:
    rng = np.random.default_rng(2)
    vectors = (rng.normal(size=(2000, 8)) * 2.0 ** -np.arange(8)).astype(np.float32)
    quantiser = fit_quantiser(vectors, QuantiserConfig(heads=2, codes=4, components=8))
    logs = [np.log((((vectors - quantiser.mean) @ axes.T) ** 2).mean(axis=0)).sum() for axes in quantiser.axes]
    assert logs[0] == pytest.approx(logs[1], abs=1.5)


def test_few_different_vectors_give_few_codes() -> None:
    vectors = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    assert fit_quantiser(vectors, QuantiserConfig(heads=1, codes=256, components=4)).table(vectors).sizes == (4,)


def test_histories_put_items_that_go_together_side_by_side() -> None:
    rng = np.random.default_rng(3)
    rows = [rng.permutation(10)[:6] + 10 * group for group in rng.integers(0, 3, 300)]
    vectors = interaction_vectors(Jagged.of(rows), 31, width=8)
    assert vectors.shape == (31, 8)
    assert not vectors[30].any(), "nobody touched the last item"
    likeness = vectors[:30] @ vectors[:30].T
    same = np.arange(30)[:, None] // 10 == np.arange(30) // 10
    assert likeness[same].min() > likeness[~same].max()


def test_no_history_at_all_gives_no_evidence() -> None:
    assert not interaction_vectors(Jagged.of([[], [3]]), 5, width=4).any()


def test_settings_and_vectors_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="component for every head"):
        QuantiserConfig(heads=8, components=4)
    with pytest.raises(InputError, match="at least two items"):
        fit_quantiser(np.full((3, 4), np.nan, np.float32))
