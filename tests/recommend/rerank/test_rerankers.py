"""What every reranker promises, held against all of them on data whose right answer is known."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as sizes
from hypothesis import strategies as st
from tests.recommend.rerank.planted import EACH, IDS, ITEMS, LENGTH, clusters, company, precision, settings

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.protocols import Reranker
from pushgen.recommend.rerank.kinds import KINDS, build
from pushgen.recommend.rerank.reranker import NetworkReranker
from pushgen.recommend.rerank.settings import Kind
from pushgen.recommend.rerank.storage import load_reranker, save_reranker
from pushgen.recommend.rerank.train import train_reranker

BLIND_TO_POOL: list[Kind] = ["pointwise"]
TIED_TO_PLACES: list[Kind] = ["index"]
EVERY = pytest.mark.parametrize("kind", list(KINDS))
TEST = clusters(150, seed=3)


@cache
def trained(kind: Kind) -> NetworkReranker:
    return train_reranker(clusters(1000, seed=1), clusters(60, seed=2), IDS, settings(kind)).model


@cache
def untrained(kind: Kind) -> NetworkReranker:
    config = settings(kind)
    return NetworkReranker(build(IDS, config), IDS, config)


@EVERY
class TestEveryReranker:
    def test_is_a_reranker(self, kind: Kind) -> None:
        assert isinstance(untrained(kind), Reranker)

    def test_finds_what_a_user_likes_unless_it_counts_places(self, kind: Kind) -> None:
        found = precision(TEST, trained(kind).rerank(TEST.histories, TEST.pools, LENGTH))
        if kind in TIED_TO_PLACES:
            assert found == pytest.approx(0.3, abs=0.1), "chance is 3 of 10"
        else:
            assert found > 0.9

    def test_does_not_look_at_the_order_of_the_pool(self, kind: Kind) -> None:
        again = TEST.shuffled(7)
        lists = [trained(kind).rerank(some.histories, some.pools, LENGTH) for some in (TEST, again)]
        items = [np.take_along_axis(some.pools, one, 1) for some, one in zip((TEST, again), lists, strict=True)]
        assert ((items[0] == items[1]).all(axis=1).mean() > 0.97) == (kind not in TIED_TO_PLACES)

    def test_answers_each_request_as_if_it_were_alone(self, kind: Kind) -> None:
        model = trained(kind)
        some = TEST.take(np.arange(12))
        alone = [model.rerank(some.histories.slice(row, row + 1), some.pools[row : row + 1], 3) for row in range(12)]
        assert (np.concatenate(alone) == model.rerank(some.histories, some.pools, 3)).all()

    def test_a_pool_smaller_than_the_list_is_used_up(self, kind: Kind) -> None:
        found = untrained(kind).rerank(Jagged.of([[0], [1]]), np.array([[7, 3], [NONE, 9]]), LENGTH)
        assert sorted(found[0, :2]) == [0, 1]
        assert found[0, 2] == NONE
        assert found[1].tolist() == [1, NONE, NONE]

    def test_an_item_that_the_pool_holds_twice_is_shown_once(self, kind: Kind) -> None:
        found = untrained(kind).rerank(Jagged.of([[0]]), np.array([[5, 5, 8, 5, 8]]), 5)
        assert sorted(found[0, :2]) == [0, 2]
        assert found[0, 2:].tolist() == [NONE] * 3

    def test_a_user_without_a_history_and_an_empty_pool_are_served(self, kind: Kind) -> None:
        model = untrained(kind)
        assert sorted(model.rerank(Jagged.of([[]]), np.array([[1, 2, 3]]), 3)[0]) == [0, 1, 2]
        assert (model.rerank(Jagged.of([[1]]), np.full((1, 4), NONE), 3) == NONE).all()
        assert model.rerank(Jagged.of([[1]]), np.empty((1, 0), np.int64), 2).tolist() == [[NONE, NONE]]
        assert model.rerank(Jagged.of([]), np.empty((0, 4), np.int64), 2).shape == (0, 2)

    def test_a_list_longer_than_the_networks_holds_the_whole_pool(self, kind: Kind) -> None:
        found = untrained(kind).rerank(TEST.histories, TEST.pools, 14)
        assert (np.sort(found[:, :10], axis=1) == np.arange(10)).all()
        assert (found[:, 10:] == NONE).all()
        assert (found[:, :LENGTH] == untrained(kind).rerank(TEST.histories, TEST.pools, LENGTH)).all()

    @given(seed=st.integers(0, 10_000))
    @sizes(max_examples=8, deadline=None)
    def test_whatever_the_pool_an_answer_is_a_list_of_it(self, kind: Kind, seed: int) -> None:
        rng = np.random.default_rng(seed)
        pools = rng.integers(NONE, 12, size=(4, rng.integers(1, 11)))
        k = int(rng.integers(1, 8))
        histories = Jagged.of([rng.integers(ITEMS, size=rng.integers(0, 9)) for _ in range(4)])
        for pool, row in zip(pools, untrained(kind).rerank(histories, pools, k), strict=True):
            shown = pool[row[row != NONE]]
            assert NONE not in shown
            assert len(set(shown)) == len(shown) == min(k, len(set(pool) - {NONE}))
            assert (row[len(shown) :] == NONE).all()

    def test_items_that_training_never_saw_are_known_by_their_codes(self, kind: Kind) -> None:
        """Training shows nine items of each cluster; the pools of the test hold the other three, too."""
        if kind in TIED_TO_PLACES:
            pytest.skip("an index head learns nothing here")
        model = train_reranker(
            clusters(800, 1, known=9), clusters(50, 2, known=9), IDS, settings(kind, epochs=3, policy=0)
        ).model
        found = model.rerank(TEST.histories, TEST.pools, LENGTH)
        fresh = TEST.pools % EACH >= 9
        chosen = np.take_along_axis(TEST.feedback * fresh, found, 1).sum() / (TEST.feedback * fresh).sum()
        assert chosen > 0.6, "chance is 0.3"

    def test_new_items_join_behind_the_old_ones(self, kind: Kind) -> None:
        model = untrained(kind)
        wider = model.with_items(IDS.codes[:5])
        assert wider.items == ITEMS + 5
        found = wider.rerank(Jagged.of([[ITEMS + 1]]), np.array([[ITEMS, ITEMS + 4, 3]]), 3)
        assert sorted(found[0]) == [0, 1, 2]

    def test_comes_back_from_its_folder_with_the_same_answers(self, kind: Kind, tmp_path: Path) -> None:
        model = trained(kind)
        save_reranker(model, tmp_path / "model")
        back = load_reranker(tmp_path / "model")
        assert back.config == model.config
        found = [one.rerank(TEST.histories, TEST.pools, LENGTH) for one in (model, back)]
        assert (found[0] == found[1]).all()

    def test_what_it_does_not_know_is_refused(self, kind: Kind) -> None:
        model = untrained(kind)
        with pytest.raises(InputError, match=r"row 2.*pools.*with_items"):
            model.rerank(Jagged.of([[], []]), np.array([[1, 2], [3, ITEMS]]), 2)
        with pytest.raises(InputError, match="histories"):
            model.rerank(Jagged.of([[ITEMS]]), np.array([[1, 2]]), 2)
        with pytest.raises(InputError, match="one pool for each"):
            model.rerank(Jagged.of([[1], [2]]), np.array([[1, 2]]), 2)
        with pytest.raises(ConfigurationError, match="at least one item"):
            model.rerank(Jagged.of([[1]]), np.array([[1, 2]]), 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in TIED_TO_PLACES])
def test_who_sees_the_pool_learns_what_stands_in_it_together(kind: Kind) -> None:
    model = train_reranker(company(1000, seed=1), company(60, seed=2), IDS, settings(kind, policy=0)).model
    test = company(150, seed=3)
    found = precision(test, model.rerank(test.histories, test.pools, LENGTH))
    if kind in BLIND_TO_POOL:
        assert found == pytest.approx(0.4, abs=0.08), "chance is 4 of 10"
    else:
        assert found > 0.8


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Train it again"):
        load_reranker(tmp_path)
