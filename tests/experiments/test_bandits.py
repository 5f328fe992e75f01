"""Tally, beliefs, floor, recovery and the events behind a live bandit, against hand arithmetic and planted truth."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.bandits.beliefs import Flat, Known
from pushgen.experiments.bandits.floor import raised
from pushgen.experiments.bandits.policy import State
from pushgen.experiments.bandits.recovery import Recovery, fit_recovery
from pushgen.experiments.bandits.settle import tally_events
from pushgen.experiments.bandits.simple import PriorOnly
from pushgen.experiments.bandits.tally import Tally
from pushgen.experiments.bandits.thompson import Thompson
from pushgen.experiments.events import EVENTS

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_known_arms_have_the_mean_and_the_spread_that_they_are_given() -> None:
    known = Known.of(np.log([0.01, 0.05]), [25.0, 100.0])
    drawn = np.random.default_rng(0).beta(known.alpha, known.beta, (200_000, 2))
    assert drawn.mean(axis=0) == pytest.approx([0.01, 0.05], rel=0.01)
    assert np.log(drawn).std(axis=0) == pytest.approx([0.2, 0.1], rel=0.04)
    assert known.log_ctr == pytest.approx(np.log([[0.01, 0.05]]))


def test_a_right_belief_earns_more_at_the_start_than_none() -> None:
    rates = np.array([0.04, 0.06, 0.10, 0.05])

    def clicks(belief: Flat | Known, seed: int) -> int:
        rng, tally = np.random.default_rng(seed), Tally.empty(4)
        for _ in range(10):
            batch = Thompson().allocate(State(tally=tally, belief=belief), 200, rng)
            tally = tally.send(batch).settle(batch, rng.binomial(batch, rates))
        return int(tally.clicks.sum())

    told = [clicks(Known.of(np.log(rates), 20.0), seed) - clicks(Flat(4), seed) for seed in range(8)]
    assert np.mean(told) > 0


def test_a_tally_refuses_what_cannot_be() -> None:
    tally = Tally.empty(2).send([10, 5])
    assert tally.settle([4, 5], [1, 0]).pending.tolist() == [[6, 0]]
    assert tally.join(1).pending.tolist() == [[10, 5, 0]]
    for shown, clicks in (([11, 0], [0, 0]), ([5, 5], [6, 0]), ([1], [0]), ([1.5, 0], [0, 0]), ([-1, 0], [0, 0])):
        with pytest.raises(ConfigurationError):
            tally.settle(shown, clicks)
    with pytest.raises(ConfigurationError, match="arm 1 of experiment 0"):
        tally.settle([5, 5], [0, 6])
    with pytest.raises(ConfigurationError, match="at least one arm"):
        Tally.empty(0)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=6), st.sampled_from([0.0, 0.05, 0.2, 0.6]), st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_a_floor_is_kept_and_order_stays(counts: list[int], share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    awake = rng.random((1, len(counts))) < 0.7
    awake[0, rng.integers(len(counts))] = True
    batch = np.array([counts]) * awake
    found = raised(batch, awake, share)
    least = min(int(share * batch.sum()), int(batch.sum()) // int(awake.sum()))
    if batch.sum() > 0:
        assert (found[awake] >= least).all() or not np.maximum(batch - least, 0).sum()
    assert found.sum() == batch.sum()
    assert not found[~awake].any()


def test_an_arm_recovers_by_half_in_its_half_life() -> None:
    recovery = Recovery(loss=0.4, half_life=3.0)
    assert recovery.worth([0.0, 3.0, 6.0, np.inf]) == pytest.approx([0.6, 0.8, 0.9, 1.0])
    with pytest.raises(ConfigurationError, match="one clock"):
        recovery.worth([1.0, -0.1])
    with pytest.raises(ConfigurationError, match="half-life"):
        Recovery(loss=0.4, half_life=0.0)


def test_a_recently_seen_arm_is_worth_less_until_it_recovers() -> None:
    """The second arm is a little worse; for a user who just saw the first it is the better one."""
    belief, recovery = Known.of(np.log([0.050, 0.045]), 1e5), Recovery(loss=0.3, half_life=2.0)
    days = np.array([[0.0, np.inf], [2.0, np.inf], [20.0, np.inf], [np.inf, np.inf]])
    tally = Tally.empty(2, 4)
    state = State(tally=tally, belief=belief, worth=recovery.worth(days))
    for policy in (Thompson(), PriorOnly()):
        batch = policy.allocate(state, 1, np.random.default_rng(0))
        assert batch.argmax(axis=1).tolist() == [1, 1, 0, 0]


def test_an_arm_shown_while_stale_is_not_taken_for_a_bad_one() -> None:
    """At half its worth an arm of 4% gets 2%; counted by worth its posterior mean is 4%."""
    shown, clicks = np.array([[10_000, 10_000]]), np.array([[200, 300]])
    tally = Tally(shown=shown, clicks=clicks, pending=np.zeros_like(shown))
    counted = State(tally=tally, belief=Flat(2), exposure=shown * np.array([[0.5, 1.0]]))
    alpha, beta = counted.posterior()
    assert (alpha / (alpha + beta))[0] == pytest.approx([0.04, 0.03], rel=0.01)
    assert Thompson().allocate(counted, 100, np.random.default_rng(0))[0, 0] > 95


def test_recovery_is_found_in_a_log() -> None:
    rng, truth = np.random.default_rng(3), Recovery(loss=0.35, half_life=4.0)
    days = np.tile(np.array([0.5, 1, 2, 4, 8, 16, 32, np.inf]), 30)
    arm = np.repeat(np.arange(30), 8)
    shown = np.full(240, 20_000.0)
    rate = rng.uniform(0.01, 0.05, 30)[arm]
    found = fit_recovery(days, shown, rng.poisson(shown * rate * truth.worth(days)), arm)
    assert found.loss == pytest.approx(0.35, abs=0.03)
    assert found.half_life == pytest.approx(4.0, rel=0.2)
    with pytest.raises(ConfigurationError, match="seen again"):
        fit_recovery([np.inf, np.inf], [10, 10], [1, 2], [0, 1])


def events(rows: list[tuple[str, str, str, str, float]]) -> pl.DataFrame:
    return EVENTS.conform(
        pl.DataFrame(
            [
                {"event_id": name, "user_id": user, "arm": arm, "event": kind, "at": START + timedelta(hours=hours)}
                for name, user, arm, kind, hours in rows
            ]
        )
    )


def test_events_settle_after_their_window_and_every_fault_is_counted() -> None:
    rows = [
        ("1", "u", "a", "impression", 0.0),
        ("2", "u", "a", "click", 1.0),
        ("2", "u", "a", "click", 1.0),  # the same event, sent twice
        ("3", "u", "a", "click", 2.0),  # a second click of one impression
        ("4", "v", "a", "impression", 0.0),
        ("5", "v", "a", "click", 30.0),  # after its window
        ("6", "v", "b", "click", 1.0),  # never shown in that arm
        ("7", "w", "b", "impression", 40.0),  # still open
        ("8", "w", "b", "click", 41.0),
        ("9", "x", "c", "impression", 0.0),  # an arm that is not asked for
        ("10", "y", "b", "impression", 90.0),  # a clock that runs ahead
        ("11", "y", "b", "click", 5.0),  # and back
        ("12", "u", "a", "dislike", 1.0),
    ]
    for order in (rows, rows[::-1]):
        found = tally_events(events(order), ["a", "b", "empty"], START + timedelta(hours=48), timedelta(hours=24))
        assert found.tally.shown.tolist() == [[2, 0, 0]]
        assert found.tally.clicks.tolist() == [[1, 0, 0]]
        assert found.tally.pending.tolist() == [[0, 1, 0]]
        assert found.faults == {
            "repeated event ids": 1,
            "events of unknown arms": 1,
            "events later than now": 1,
            "clicks without an impression before them": 2,
            "clicks after their window": 1,
            "clicks beyond the first of an impression": 1,
        }


@given(
    st.lists(
        st.tuples(
            st.integers(0, 12),
            st.sampled_from("uvw"),
            st.sampled_from("ab"),
            st.sampled_from(["impression", "click"]),
            st.floats(-50, 50),
        ),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_event_is_lost_and_clicks_stay_below_impressions(rows: list[tuple[int, str, str, str, float]]) -> None:
    frame = events([(str(row[0]), *row[1:]) for row in rows]) if rows else EVENTS.schema.to_frame()
    late = START + timedelta(hours=500)
    found = tally_events(frame, ["a", "b"], late, timedelta(hours=10))
    tally = found.tally
    assert (tally.clicks <= tally.shown).all()
    assert not tally.pending.any()
    assert tally.shown.sum() + tally.clicks.sum() + sum(found.faults.values()) == len(rows)


def test_a_live_bandit_refuses_arms_and_events_that_cannot_be() -> None:
    good = events([("1", "u", "a", "impression", 0.0)])
    with pytest.raises(ConfigurationError, match="different arms"):
        tally_events(good, ["a", "a"], START, timedelta(hours=1))
    broken = good.with_columns(user_id=pl.lit(None, pl.String))
    with pytest.raises(InputError, match="without one of them"):
        tally_events(broken, ["a"], START, timedelta(hours=1))
