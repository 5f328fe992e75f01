"""Intervals against theory and by hand."""

import numpy as np
import pytest

from pushgen.statistics.bootstrap import ClusterBootstrap, mean_intervals


def test_the_interval_of_independent_rows_is_that_of_the_normal_theory() -> None:
    values = np.random.default_rng(0).normal(2.0, 1.0, 4000)
    found = ClusterBootstrap(np.arange(4000), seed=1).mean(values)
    half = 1.96 * values.std() / np.sqrt(4000)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)


def test_rows_of_one_cluster_count_once() -> None:
    per_cluster = np.random.default_rng(0).normal(size=200)
    single = ClusterBootstrap(np.arange(200), seed=1).mean(per_cluster)
    copies = ClusterBootstrap(np.repeat(np.arange(200), 50), seed=1).mean(np.repeat(per_cluster, 50))
    naive = ClusterBootstrap(np.arange(10_000), seed=1).mean(np.repeat(per_cluster, 50))
    assert copies.high - copies.low == pytest.approx(single.high - single.low, rel=1e-9)
    assert naive.high - naive.low < 0.3 * (single.high - single.low)


def test_weights_leave_rows_out_and_ratios_are_of_sums() -> None:
    bootstrap = ClusterBootstrap(["a", "a", "b", "c"], draws=50)
    assert bootstrap.mean([1.0, 3.0, np.nan, 5.0], [True, True, False, True]).value == pytest.approx(3.0)
    assert bootstrap.mean([1.0, 3.0, np.nan, 5.0], [True, True, False, True]).clusters == 2
    assert bootstrap.ratio([1, 2, 3, 4], [10, 10, 10, 10]).value == pytest.approx(0.25)


def test_a_paired_difference_is_narrower_than_the_parts() -> None:
    generator = np.random.default_rng(0)
    base = generator.normal(size=500)
    bootstrap = ClusterBootstrap(np.arange(500), seed=3)
    difference = bootstrap.difference(base + 0.1 + 0.01 * generator.normal(size=500), base)
    assert difference.low > 0.09
    assert difference.high < 0.11
    assert bootstrap.mean(base).high - bootstrap.mean(base).low > 0.1


def test_the_seed_decides_and_nothing_gives_nan() -> None:
    values = np.random.default_rng(0).normal(size=50)
    one, two, other = (ClusterBootstrap(np.arange(50), seed=seed).mean(values) for seed in (1, 1, 2))
    assert one == two
    assert one != other
    assert np.isnan(ClusterBootstrap(np.arange(3)).mean([1, 2, 3], [0, 0, 0]).value)
    assert np.isnan(ClusterBootstrap(np.array([], int)).mean([]).low)


def test_calibration_error_by_hand() -> None:
    found = ClusterBootstrap(np.arange(4), draws=20).calibration_error([0.15, 0.15, 0.95, 0.95], [0, 1, 1, 1])
    assert found.value == pytest.approx((abs(1 - 0.3) + abs(2 - 1.9)) / 4)


def test_means_of_many_columns_agree_with_the_cluster_bootstrap() -> None:
    generator = np.random.default_rng(0)
    users = generator.integers(0, 300, 1000)
    columns = {"a": generator.normal(1.0, 1.0, 1000) + users % 7, "b": generator.random(1000)}
    found = mean_intervals(columns, users, draws=2000, seed=1)
    bootstrap = ClusterBootstrap(users, seed=2)
    for name, values in columns.items():
        expected = bootstrap.mean(values)
        assert found[name].value == pytest.approx(expected.value)
        assert found[name].clusters == len(np.unique(users))
        assert found[name].low == pytest.approx(expected.low, abs=0.1 * (expected.high - expected.low))
        assert found[name].high == pytest.approx(expected.high, abs=0.1 * (expected.high - expected.low))


def test_columns_share_their_draws() -> None:
    values = np.random.default_rng(0).normal(size=50)
    found = mean_intervals({"a": values, "b": values + 1.0}, draws=100)
    assert found["b"].low - found["a"].low == pytest.approx(1.0)


def test_no_rows_have_no_mean() -> None:
    assert np.isnan(mean_intervals({"a": []})["a"].value)
