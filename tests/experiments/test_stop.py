"""Rules that end a live test, against arithmetic, simulation and planted truth."""

import numpy as np
import pytest

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.beliefs import Flat
from pushgen.experiments.bandits.policy import State
from pushgen.experiments.bandits.stop import LittleLeft, Proven, SmallLoss, Stop, StopRule, Watch
from pushgen.experiments.bandits.tally import Tally
from pushgen.experiments.bandits.thompson import Thompson

NAMES = ("a", "b", "c")


def look(
    rule: StopRule, shown: list[int], clicks: list[int], *, horizon: int | None = None, awake: list[bool] | None = None
) -> Stop | None:
    watch = Watch(rules=[rule], names=[NAMES[: len(shown)]])
    watch.settled([shown], [clicks])
    tally = Tally.empty(len(shown)).send(shown).settle(shown, clicks)
    mask = None if awake is None else np.array([awake])
    return watch.look(State(tally=tally, belief=Flat(len(shown)), horizon=horizon, awake=mask)).get(0)


def test_a_small_loss_is_the_integral_that_it_stands_for() -> None:
    shown, clicks = [4_000, 4_000], [80, 110]
    rng = np.random.default_rng(0)
    rates = rng.beta(0.5 + np.array(clicks), 0.5 + np.array(shown) - clicks, (400_000, 2))
    share = float((rates.max(axis=1) - rates[:, 1]).mean() / rates[:, 1].mean())
    assert look(SmallLoss(share=0.95 * share), shown, clicks) is None
    stop = look(SmallLoss(share=1.05 * share), shown, clicks)
    assert stop is not None
    assert (stop.arm, stop.rule) == (1, "small loss")
    assert f"sending b for ever gives up {share:.2%}"[:40] in stop.words
    assert "stopped after 8,000 impressions" in stop.words


def test_what_is_left_is_valued_in_clicks() -> None:
    shown, clicks = [4_000, 4_000], [80, 110]
    wide = look(LittleLeft(clicks=2.0), shown, clicks, horizon=500_000)
    narrow = look(LittleLeft(clicks=2.0), shown, clicks, horizon=20_000)
    assert wide is None
    assert narrow is not None
    assert "12,000 impressions that are left" in narrow.words
    done = look(LittleLeft(clicks=2.0), shown, clicks, horizon=8_000)
    assert done is not None
    assert "all traffic has been sent" in done.words


def test_a_proof_needs_a_difference_or_a_margin() -> None:
    assert look(Proven(), [20_000, 20_000], [400, 420]) is None
    stop = look(Proven(), [20_000, 20_000], [400, 560])
    assert stop is not None
    assert "b is better than every other arm" in stop.words
    alike = look(Proven(margin=0.2), [80_000, 80_000], [1_600, 1_610])
    assert alike is not None
    assert "b is as good to within 20%" in alike.words
    assert look(Proven(), [20_000, 0], [400, 0]) is None


def test_an_arm_asleep_is_no_rival() -> None:
    shown, clicks = [20_000, 20_000, 20_000], [300, 560, 550]
    assert look(Proven(), shown, clicks) is None
    stop = look(Proven(), shown, clicks, awake=[True, False, True])
    assert stop is not None
    assert stop.arm == 2
    alone = look(SmallLoss(), shown, clicks, awake=[True, False, False])
    assert alone is not None
    assert alone.arm == 0


def test_no_arm_is_proven_wrongly_more_often_than_said_while_a_bandit_moves_the_traffic() -> None:
    """Equal arms, a look after every batch: the nominal error is 10%."""
    experiments, rng = 150, np.random.default_rng(4)
    watch = Watch(rules=[Proven(level=0.9)], names=[("a", "b")] * experiments)
    tally = Tally.empty(2, experiments)
    for _ in range(12):
        batch = Thompson(draws=25).allocate(State(tally=tally, belief=Flat(2)), 400, rng)
        clicks = rng.binomial(batch, 0.05)
        tally = tally.send(batch).settle(batch, clicks)
        watch.settled(batch, clicks)
        watch.look(State(tally=tally, belief=Flat(2)))
    # 15% is the upper end of the 95% range of a true 10%.
    assert len(watch.stops) / experiments <= 0.15


def test_an_ended_test_stays_ended_and_a_young_one_is_left_alone() -> None:
    watch = Watch(rules=[SmallLoss(share=0.5)], names=[("a", "b")] * 2, least=100)
    tally = Tally.empty(2, 2).send([[60, 60], [10, 10]]).settle([[60, 60], [10, 10]], [[1, 9], [0, 5]])
    watch.settled(tally.shown, tally.clicks)
    state = State(tally=tally, belief=Flat(2))
    assert list(watch.look(state)) == [0]
    assert watch.look(state) == {}
    assert watch.stops[0].arm == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: SmallLoss(share=0.0),
        lambda: LittleLeft(clicks=0),
        lambda: Proven(level=1.0),
        lambda: Proven(margin=-1),
    ],
)
def test_rules_that_cannot_be_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ConfigurationError):
        make()


def test_what_is_left_needs_an_end() -> None:
    with pytest.raises(ConfigurationError, match="horizon"):
        look(LittleLeft(), [10, 10], [1, 1])
