"""The policies that a replay compares by default."""

from collections.abc import Sequence

from pushgen.experiments.replay.expected_gain import ExpectedGain
from pushgen.experiments.replay.policy import Belief, Policy, RewardOnly, TestThenWinner
from pushgen.experiments.replay.thompson import TemperedThompson, Thompson
from pushgen.experiments.replay.ucb import Ucb

HEAT = 0.1
"""Heat of the tempered policy; see benchmarks/replay.py, which chooses it on a fold that is not reported."""


def lineup(*, reward: bool, heats: Sequence[float] = (HEAT,)) -> Sequence[Policy]:
    """Tests with a winner, plain bandits, and every bandit with what other experiments taught.

    Those that need a reward model come only with `reward`. Each of them has a twin that knows all else but the reward.
    """
    policies: list[Policy] = [TestThenWinner(share=0.2), TestThenWinner(share=0.5)]
    policies += [Thompson(belief="flat"), Ucb(belief="flat")]
    policies += bandits("learnt", heats)
    return [*policies, RewardOnly(), *bandits("reward", heats)] if reward else policies


def bandits(belief: Belief, heats: Sequence[float] = (HEAT,)) -> Sequence[Policy]:
    """One of each kind, and a tempered one for each heat."""
    tempered = [TemperedThompson(belief=belief, heat=heat) for heat in heats]
    return [Thompson(belief=belief), Ucb(belief=belief), *tempered, ExpectedGain(belief=belief)]
