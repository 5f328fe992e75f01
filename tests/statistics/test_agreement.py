"""Cohen's kappa against arithmetic by hand, an oracle, and planted agreement."""

from math import isnan
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from pushgen.statistics.agreement import cohen_kappa


def test_by_hand() -> None:
    """20 both yes, 15 both no, 5 and 10 apart: p_o = 0.7, p_e = 0.5 * 0.6 + 0.5 * 0.4 = 0.5, kappa = 0.4."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = cohen_kappa(first, second)
    assert (found.count, found.observed) == (50, 0.7)
    assert found.expected == pytest.approx(0.5)
    assert found.kappa == pytest.approx(0.4)
    assert found.low == pytest.approx((0.5625 - 0.5) / 0.5, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_as_statsmodels_has_it(seed: int) -> None:
    generator = np.random.default_rng(seed)
    first = generator.integers(0, 3, 60)
    second = np.where(generator.random(60) < 0.5, first, generator.integers(0, 3, 60))
    table = np.zeros((3, 3))
    np.add.at(table, (first, second), 1)
    found = cohen_kappa(first.tolist(), second.tolist())
    oracle: Any = cohens_kappa(table)
    assert found.kappa == pytest.approx(oracle.kappa)
    assert found.high - found.low == pytest.approx(oracle.kappa_upp - oracle.kappa_low, rel=0.25)


def test_who_always_agrees_is_not_certain() -> None:
    found = cohen_kappa(["a", "b", "a"], ["a", "b", "a"])
    assert (found.kappa, found.high) == (1.0, 1.0)
    assert found.low < 0.2


def test_one_verdict_throughout_says_nothing() -> None:
    found = cohen_kappa(["a", "a"], ["a", "a"])
    assert isnan(found.kappa)
    assert (found.low, found.high) == (-1.0, 1.0)


@pytest.mark.parametrize(("first", "second"), [([], []), (["a"], ["a", "b"])])
def test_lists_that_do_not_fit(first: list[str], second: list[str]) -> None:
    with pytest.raises(ValueError, match="same length"):
        cohen_kappa(first, second)


def test_the_interval_holds_the_truth() -> None:
    """Planted: the second copies the first in 60 of 100 cases and else draws as the first does, so kappa is 0.6."""
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        first = generator.choice(3, 30, p=(0.45, 0.45, 0.1))
        second = np.where(generator.random(30) < 0.6, first, generator.choice(3, 30, p=(0.45, 0.45, 0.1)))
        found = cohen_kappa(first.tolist(), second.tolist())
        held += found.low <= 0.6 <= found.high
    assert 0.92 <= held / 400 <= 0.99
