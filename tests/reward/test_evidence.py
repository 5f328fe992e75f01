"""Evidence and losses, by hand and by simulation."""

import numpy as np
import polars as pl
import pytest
import torch

from pushgen.reward.evidence import arms, evidence, sample, signal_variance, usable
from pushgen.reward.likelihood import count_loss, list_loss, order_loss
from pushgen.tables import PAIRS


def frame(counts: list[tuple[int, int, int, int]], experiment: str = "e") -> pl.DataFrame:
    rows = [
        {"experiment_id": experiment, "content_id": "c", "push_a": f"a{i}", "push_b": f"b{i}", "text_a": "x",
         "text_b": "y", "caption": None, "clicks_a": a, "impressions_a": n, "clicks_b": b, "impressions_b": m}
        for i, (a, n, b, m) in enumerate(counts)
    ]  # fmt: skip
    return PAIRS.conform(pl.DataFrame(rows))


def test_evidence_by_hand() -> None:
    given = evidence(frame([(10, 1000, 20, 500)]))
    assert given.ratio[0] == pytest.approx(np.log(10.5 / 1000) - np.log(20.5 / 500))
    assert given.variance[0] == pytest.approx(1 / 10.5 + 1 / 20.5)
    assert given.offset[0] == pytest.approx(np.log(2))
    assert given.share[0] == 1.0


def test_pairs_without_impressions_or_clicks_say_nothing() -> None:
    kept = usable(frame([(0, 0, 3, 10), (0, 10, 0, 10), (0, 10, 1, 10)]))
    assert kept["push_a"].to_list() == ["a2"]
    assert np.isfinite(evidence(kept).ratio).all()


def test_arms_are_counted_per_picture(train_pairs: pl.DataFrame) -> None:
    assert arms(train_pairs).tolist() == [3.0] * train_pairs.height
    assert evidence(train_pairs).share.sum() / 250 == pytest.approx(2.0)  # three arms carry two contrasts


def test_the_signal_is_told_from_the_noise() -> None:
    generator = np.random.default_rng(0)
    for tau2 in (0.04, 0.3):
        shown = generator.integers(500, 5000, (2, 20_000))
        effect = generator.normal(0, np.sqrt(tau2 / 2), (2, 20_000))
        clicks = generator.poisson(shown * 0.02 * np.exp(effect))
        pairs = usable(frame(list(zip(clicks[0], shown[0], clicks[1], shown[1], strict=True))))
        assert signal_variance(evidence(pairs)) == pytest.approx(tau2, rel=0.1)


def test_sampling_prefers_evidence_and_stays_unbiased() -> None:
    given = evidence(frame([(i % 50 + 1, 1000, i % 37 + 1, 1000) for i in range(2000)]))
    values = np.random.default_rng(0).normal(size=2000)
    rows, _ = sample(given, 0.1, 400, seed=3)
    assert abs(len(rows) - 400) <= 1
    assert len(set(rows.tolist())) == len(rows)
    assert given.reliability(0.1)[rows].mean() > given.reliability(0.1).mean()
    totals = [np.sum(values[r] * w) for r, w in (sample(given, 0.1, 400, seed) for seed in range(400))]
    assert np.mean(totals) == pytest.approx(values.sum(), abs=float(4 * np.std(totals) / 20))
    everything, ones = sample(given, 0.1, 5000, seed=1)
    assert sorted(everything.tolist()) == list(range(2000))
    assert (ones == 1).all()
    assert (sample(given, 0.1, 400, 3)[0] == rows).all()


def test_the_count_loss_is_the_binomial_likelihood_with_overdispersion() -> None:
    def loss(mean: float, a: float, b: float, offset: float, s2: float) -> float:
        m_P, a_P, b_P, o_P = torch.tensor([[mean], [a], [b], [offset]], dtype=torch.float64)
        return float(count_loss(m_P, a_P, b_P, o_P, s2))

    assert loss(np.log(2), 20, 10, 0.0, 0.1) == pytest.approx(0.0, abs=1e-6)  # least at the observed ratio
    assert loss(0.0, 20, 10, np.log(2), 0.1) == pytest.approx(0.0, abs=1e-6)  # which impressions can explain
    by_hand = -(20 * np.log(0.5) + 10 * np.log(0.5)) + 20 * np.log(2 / 3) + 10 * np.log(1 / 3)
    assert loss(0.0, 20, 10, 0.0, 0.1) == pytest.approx(by_hand / (1 + 30 * 0.1 / 4))
    assert loss(0.3, 20, 10, 0.2, 0.1) == pytest.approx(loss(-0.3, 10, 20, -0.2, 0.1))
    assert loss(0.5, 0, 3, 0.0, 0.1) > loss(-0.5, 0, 3, 0.0, 0.1)  # an arm without clicks needs no care
    many = loss(0.1, 50_000, 50_000, 0.0, 0.1)
    assert many == pytest.approx(0.1**2 / (2 * 0.1), rel=0.05)  # known exactly: the residual's Gaussian


def test_the_order_loss_is_least_at_the_posterior() -> None:
    means = torch.linspace(-2, 2, 801)
    ratio, variance = torch.full((801,), 0.3), torch.full((801,), 0.2)
    found = float(means[order_loss(means, ratio, variance, 0.1).argmin()])
    r = 0.1 / 0.3
    target = float(torch.special.ndtr(torch.tensor(0.3 * r / np.sqrt(0.2 * r))))
    assert found == pytest.approx(np.log(target / (1 - target)) * np.sqrt(0.1) / 1.7, abs=0.01)


def test_the_list_loss_of_two_arms_is_the_pair_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    utility_GK = torch.randn(200, 2, generator=generator, dtype=torch.float64)
    clicks_GK = torch.randint(0, 300, (200, 2), generator=generator).double()
    clicks_GK[:3] = torch.tensor([[0.0, 4.0], [7.0, 0.0], [1.0, 1.0]])
    shown_GK = torch.randint(300, 9000, (200, 2), generator=generator).double()
    for s2 in (0.0, 0.1, 2.0):
        lists = list_loss(utility_GK, clicks_GK, shown_GK, s2)
        offset = (shown_GK[:, 0] / shown_GK[:, 1]).log()
        pairs = count_loss(utility_GK[:, 0] - utility_GK[:, 1], clicks_GK[:, 0], clicks_GK[:, 1], offset, s2)
        torch.testing.assert_close(lists, pairs, atol=1e-4, rtol=1e-4)


def test_the_list_loss_by_hand_with_padding_and_lists_that_say_nothing() -> None:
    shown_GK = torch.tensor([[100.0, 100.0, 100.0, 0.0], [200.0, 0.0, 0.0, 0.0], [50.0, 50.0, 0.0, 0.0]])
    clicks_GK = torch.tensor([[1.0, 2.0, 3.0, 0.0], [9.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    utility_GK = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    flat = list_loss(0.0 * utility_GK, clicks_GK, shown_GK, 0.3)
    # q = 1/3 each: sum q_i^2 ((1 - q_i)^2 + 2/9) = 3 * (1/9) * (6/9) = 2/9 and sum q_i (1 - q_i) = 2/3.
    phi = 1 + 6 * 0.15 * (2 / 9) / (2 / 3)
    by_hand = sum(c * np.log(c / 6) for c in (1, 2, 3)) - 6 * np.log(1 / 3)
    np.testing.assert_allclose(flat.detach(), [by_hand / phi, 0, 0], atol=1e-5)
    list_loss(utility_GK, clicks_GK, shown_GK, 0.3).sum().backward()
    gradient = utility_GK.grad
    assert gradient is not None
    assert torch.isfinite(gradient).all()
    assert (gradient[0, :3] != 0).all()
    assert gradient[0, 3] == 0
    best = torch.tensor([[1.0, 2.0, 3.0, 1.0]]).log()
    assert float(list_loss(best, clicks_GK[:1], shown_GK[:1], 0.3)) == pytest.approx(0.0, abs=1e-5)


def test_the_overdispersion_of_a_list_is_that_of_simulated_counts() -> None:
    """tr Cov(c / C) is phi tr J / C where the residuals are small."""
    rng = np.random.default_rng(0)
    shown, total, s2 = np.array([1.0, 2.0, 5.0]), 4000, 0.02
    q = shown / shown.sum()
    utility = rng.normal(0, np.sqrt(s2 / 2), (20_000, 3))
    share = q * np.exp(utility)
    counts = rng.multinomial(total, share / share.sum(1, keepdims=True)) / total
    inner = (q**2 * ((1 - q) ** 2 + (q**2).sum() - q**2)).sum() / (q * (1 - q)).sum()
    phi = 1 + total * s2 / 2 * inner
    assert counts.var(axis=0).sum() == pytest.approx(phi * (q * (1 - q)).sum() / total, rel=0.05)
    # The loss uses this phi: undivided (s2 = 0) it is phi times as large.
    u_GK, c_GK, n_GK = (
        torch.tensor([[0.3, -0.2, 0.1]]),
        torch.tensor([[900.0, 1100.0, 2000.0]]),
        torch.tensor([[1.0, 2.0, 5.0]]) * 1e4,
    )
    ratio = float(list_loss(u_GK, c_GK, n_GK, 0.0) / list_loss(u_GK, c_GK, n_GK, s2))
    assert ratio == pytest.approx(phi, rel=1e-3)
