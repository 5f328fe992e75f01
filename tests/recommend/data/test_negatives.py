import numpy as np
import pytest
from scipy import stats

from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.data.negatives import Negatives

TRAINING = Jagged.of([[0, 1], [0], [0, 2], [0, 1]])


def test_probabilities_follow_popularity() -> None:
    found = Negatives.fit(TRAINING, items=4, power=0.5).probability
    weights = np.array([2.0, np.sqrt(2), 1.0, 0.0])
    assert found == pytest.approx(weights / weights.sum())
    assert Negatives.fit(TRAINING, items=4).probability == pytest.approx([0.25] * 4)


def test_draws_have_the_probabilities_that_remain() -> None:
    negatives = Negatives.fit(TRAINING, items=4, power=1.0)
    drawn = negatives.draw(Jagged.of([[1]]), 20_000, seed=1)
    counts = np.bincount(drawn[0], minlength=4)
    assert counts[[1, 3]].tolist() == [0, 0]
    assert stats.chisquare(counts[[0, 2]], 20_000 * np.array([4, 1]) / 5).pvalue > 1e-3


def test_nothing_of_the_user_s_own_even_where_little_is_left() -> None:
    excluded = Jagged.of([list(range(999)), [5], [], list(range(1000))])
    drawn = Negatives.fit(TRAINING, items=1000).draw(excluded, 50, seed=0)
    assert (drawn[0] == 999).all()
    assert 5 not in drawn[1]
    assert len(set(drawn[2])) > 40
    assert (drawn[3] == NONE).all()


def test_the_seed_decides() -> None:
    negatives = Negatives.fit(TRAINING, items=50)
    one, other, third = (negatives.draw(TRAINING, 9, seed) for seed in (1, 1, 2))
    assert (one == other).all()
    assert (one != third).any()
