import numpy as np
import pytest

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.protocols import Cases, Recommendations
from pushgen.recommend.registry import build
from pushgen.recommend.rerank.batch import batch_of
from pushgen.recommend.rerank.examples import Examples, first_copies
from pushgen.recommend.rerank.lists import ListConfig, split_lists
from pushgen.recommend.rerank.pools import PoolConfig, cross_fitted_examples, make_examples
from pushgen.recommend.rerank.retriever_order import RetrieverOrder

ITEMS = 30


def world(seed: int = 0) -> Jagged:
    """Users of two tastes, histories of 2 to 14 distinct items."""
    rng = np.random.default_rng(seed)
    return Jagged.of([rng.permutation(15)[: rng.integers(2, 15)] + 15 * (user % 2) for user in range(60)])


def cases() -> Cases:
    return split_lists(world(), ListConfig(length=3)).test


def popularity():
    model = build("item-knn")
    model.fit(world(1), items=ITEMS)
    return model


def test_lists_are_counted_back_from_the_end_of_a_history() -> None:
    found = split_lists(Jagged.of([range(20), range(5), range(3)]), ListConfig(length=3, windows=3, context=2))
    assert found.users == 1
    assert found.test.targets[0].tolist() == [17, 18, 19]
    assert found.test.histories[0].tolist() == list(range(17))
    assert found.validation.targets[0].tolist() == [14, 15, 16]
    assert [row.tolist() for row in found.training] == [list(range(14)), list(range(5)), list(range(3))]
    lists = dict(zip(found.lists.users.tolist(), found.lists.targets, strict=False))
    assert lists[1].tolist() == [2, 3, 4], "short histories train too"
    assert [row.tolist() for row in found.lists.targets] == [[11, 12, 13], [2, 3, 4], [8, 9, 10], [5, 6, 7]]


def test_nothing_that_validates_or_tests_is_learnt_from() -> None:
    found = split_lists(world(), ListConfig(length=3))
    later = {(user, item) for user, row in zip(found.test.users, found.test.targets, strict=True) for item in row}
    later |= {
        (user, item) for user, row in zip(found.validation.users, found.validation.targets, strict=True) for item in row
    }
    seen = {(user, item) for user, row in zip(found.training_users, found.training, strict=True) for item in row}
    assert len(later) == 2 * 3 * found.users
    assert not later & seen
    for kind in (found.lists.targets, found.lists.histories):
        rows = zip(found.lists.users, kind, strict=True)
        assert {(user, item) for user, row in rows for item in row} <= seen


@pytest.mark.parametrize("kind", ["inserted", "retrieved"])
def test_pools_are_what_the_retriever_offers_without_what_the_user_had(kind) -> None:
    some, model = cases(), popularity()
    found = make_examples(some, model, PoolConfig(kind=kind, size=12, length=3))
    best = model.recommend(some.histories, 12).items
    for row in range(len(some)):
        pool, targets = found.pools[row], set(some.targets[row])
        offered = {item for item in pool if item != NONE}
        assert not offered & set(some.histories[row])
        assert first_copies(found.pools)[row].sum() == len(offered)
        assert {pool[place] for place in np.flatnonzero(found.feedback[row])} == offered & targets
        if kind == "inserted":
            assert targets <= offered
            assert offered - targets <= set(best[row])
        else:
            assert offered == set(best[row]) - {NONE}
        reference = [pool[place] for place in found.references[row] if place != NONE]
        right = [item for item in some.targets[row] if item in offered]
        assert reference[: len(right)] == right
        assert len(set(reference)) == len(reference) == min(3, len(offered))


def test_right_items_stand_anywhere_unless_the_leak_is_asked_for() -> None:
    some, model = cases(), popularity()
    config = PoolConfig(size=10, length=3)
    places = np.argwhere(make_examples(some, model, config).feedback > 0)[:, 1]
    assert places.mean() == pytest.approx(4.5, abs=0.8)
    leak = make_examples(some, model, PoolConfig(size=10, length=3, shuffle=False))
    assert (leak.feedback[:, :3] == 1).all()


def test_a_pool_larger_than_the_catalogue_ends_with_nothing() -> None:
    found = make_examples(cases(), popularity(), PoolConfig(kind="retrieved", size=40, length=3))
    assert found.pools.shape[1] == 40
    assert ((found.pools != NONE).sum(axis=1) == ITEMS - cases().histories.lengths).all()


def test_a_retriever_never_makes_pools_for_users_that_it_learnt_from() -> None:
    split = split_lists(world(), ListConfig(length=3))
    learnt: list[Jagged] = []

    class Watched:
        name, items = "watched", ITEMS

        def fit(self, training, **_) -> None:
            learnt.append(training)

        def scores(self, histories):
            known = {tuple(row) for row in learnt[-1]}
            assert not any(tuple(row) in known for row in split.training.take(_users(split, histories)))
            return np.zeros((len(histories), ITEMS), np.float32)

        def recommend(self, histories, k, **_):
            items = np.arange(k)[None].repeat(len(histories), 0)
            self.scores(histories)
            return Recommendations(items, np.zeros(items.shape, np.float32))

    found = cross_fitted_examples(
        Watched, split.training, split.training_users, split.lists, ITEMS, PoolConfig(size=8, length=3)
    )
    assert len(learnt) == 2
    assert sorted(found.users) == sorted(split.lists.users)


def _users(split, histories: Jagged) -> list[int]:
    """The users whose lists have these histories."""
    known = {tuple(row): user for user, row in zip(split.lists.users, split.lists.histories, strict=True)}
    return [known[tuple(row)] for row in histories]


def test_the_retrievers_order_is_its_order_and_reversed_the_other_way_round() -> None:
    some, model = cases(), popularity()
    found = make_examples(some, model, PoolConfig(kind="retrieved", size=8, length=3))
    ranked = np.take_along_axis(found.pools, RetrieverOrder(model).rerank(found.histories, found.pools, 8), 1)
    assert (ranked == model.recommend(found.histories, 8).items).all()
    worst = RetrieverOrder(model, reverse=True).rerank(found.histories, found.pools, 8)
    score = np.take_along_axis(model.scores(found.histories), np.take_along_axis(found.pools, worst, 1), 1)
    assert (np.diff(score, axis=1) >= 0).all()
    short = RetrieverOrder(model).rerank(Jagged.of([[0]]), np.array([[4, 4, NONE, 9]]), 5)
    assert sorted(short[0, :2]) == [0, 3]
    assert short[0, 2:].tolist() == [NONE] * 3


def test_later_copies_teach_nothing() -> None:
    double = Examples(
        Jagged.of([[1]]), np.array([[4, 4, 7]]), np.array([[1, 1, 0]], np.float32), np.array([[1, 2]]), np.array([0])
    )
    import torch

    found = batch_of(double, np.array([0]), 3, torch.device("cpu"))
    assert found.free_BP.tolist() == [[True, False, True]]
    assert found.feedback_BP.tolist() == [[1.0, 0.0, 0.0]]
    assert found.reference_BL.tolist() == [[NONE, 2]]


def test_examples_that_do_not_fit_are_refused() -> None:
    two, one, ids = np.zeros((2, 3), np.float32), np.zeros((1, 3), np.float32), np.zeros(2, np.int64)
    with pytest.raises(InputError, match="a history, a pool"):
        Examples(Jagged.of([[1]]), np.zeros((2, 3), np.int64), two, np.zeros((2, 1), np.int64), ids)
    with pytest.raises(InputError, match=r"row 1.*places in the pool"):
        Examples(Jagged.of([[1]]), np.zeros((1, 3), np.int64), one, np.array([[3]]), ids[:1])
    with pytest.raises(ConfigurationError, match="fit a pool"):
        PoolConfig(size=4, length=6)
    with pytest.raises(ConfigurationError, match="at least 1"):
        ListConfig(length=0)
