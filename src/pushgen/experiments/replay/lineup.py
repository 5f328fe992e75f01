"""The policies that a replay compares by default, each with what it believes before the first click."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pushgen.experiments.bandits.expected_gain import ExpectedGain
from pushgen.experiments.bandits.policy import Policy
from pushgen.experiments.bandits.simple import PriorOnly, TestThenWinner
from pushgen.experiments.bandits.thompson import TemperedThompson, Thompson
from pushgen.experiments.bandits.ucb import BayesUcb

Source = Literal["flat", "learnt", "reward"]
"""`flat`: Beta(1/2, 1/2) for every arm. `learnt`: level and scatter from other experiments, all arms alike. `reward`:
also the lift that a reward model expects of each arm."""
HEAT = 0.1
"""Heat of the tempered policy; see benchmarks/replay.py, which chooses it on a fold that is not reported."""
DRAWS, PIECES = 25, 2
"""Draws of Thompson sampling and pieces of Bayes-UCB per batch: thousands of contests need no finer ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A policy in a replay."""

    policy: Policy
    source: Source = "flat"
    label: str | None = None
    """Name in the figures; by default the policy's, with its prior."""

    @property
    def name(self) -> str:
        return self.label or f"{self.policy.name}, {self.source} prior"


def lineup(*, reward: bool, heats: Sequence[float] = (HEAT,)) -> Sequence[Entry]:
    """Tests with a winner, plain bandits, and every bandit with what other experiments taught.

    Those that need a reward model come only with `reward`. Each of them has a twin that knows all else but the reward.
    """
    tests = [TestThenWinner(share=share) for share in (0.2, 0.5)]
    entries = [Entry(policy=test, label=test.name) for test in tests]
    entries += [Entry(policy=Thompson(draws=DRAWS)), Entry(policy=BayesUcb(pieces=PIECES))]
    entries += bandits("learnt", heats)
    if not reward:
        return entries
    return [*entries, Entry(policy=PriorOnly(), source="reward", label="reward only"), *bandits("reward", heats)]


def bandits(source: Source, heats: Sequence[float] = (HEAT,)) -> Sequence[Entry]:
    """One of each kind, and a tempered one for each heat."""
    tempered = [tempered_by(heat) for heat in heats]
    policies: list[Policy] = [Thompson(draws=DRAWS), BayesUcb(pieces=PIECES), *tempered, ExpectedGain()]
    return [Entry(policy=policy, source=source) for policy in policies]


def tempered_by(heat: float) -> TemperedThompson:
    """The tempered policy as a replay plays it."""
    return TemperedThompson(heat=heat, draws=DRAWS)
