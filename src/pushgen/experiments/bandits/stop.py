"""When a live test is over, and why, in words: one rule for what is lost, one for what is proven, one for what is left.

* `SmallLoss`: sending the leader for ever gives up too little to test on. Stucchio, Bayesian A/B testing at VWO (2015).
* `Proven`: the leader is shown not to be worse than any other arm by more than a margin, at an error that holds however
  often one looks and however the bandit moved its traffic: `statistics.count_sequences` on the stretches between
  batches, each of which has shares that the past alone decided.
* `LittleLeft`: what perfect knowledge could still bring in the traffic that is left is not worth waiting for.

Rules look at G experiments at once; the first that holds for one ends it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.policy import Mask, State
from pushgen.experiments.bandits.tally import Array, Counts
from pushgen.statistics.beta_binomial import compare_posteriors

_POINTS = 401
"""Grid of the posterior integrals; a loss is read to a per cent of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A test that is over."""

    rule: str
    arm: int
    """The arm to send from now on."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where G experiments stand when a rule looks at them."""

    state: State
    shown: Counts
    clicks: Counts
    """What each batch brought, (T, G, K)."""
    mean: Array
    """Posterior mean of each arm's CTR, 0 for arms asleep; (G, K)."""
    leader: Counts
    """The arm awake with the highest mean, (G,)."""
    loss: Array
    """CTR given up on average by sending the leader for ever, (G,)."""

    @classmethod
    def of(cls, state: State, shown: Counts, clicks: Counts) -> "Standing":
        """With the posteriors made out."""
        alpha, beta = state.posterior()
        # An arm asleep is made one that never wins, so that it takes no part.
        alpha, beta = np.where(state.available, alpha, 1.0), np.where(state.available, beta, 1e12)
        found = compare_posteriors(alpha, beta, points=_POINTS)
        mean = np.where(state.available, found.mean, 0.0)
        leader = mean.argmax(axis=1).astype(np.int64)
        loss = np.take_along_axis(found.expected_loss, leader[:, None], axis=1)[:, 0]
        return cls(state=state, shown=shown, clicks=clicks, mean=mean, leader=leader, loss=loss)

    @property
    def leading(self) -> Array:
        """Posterior mean of the leader, (G,)."""
        return self.mean.max(axis=1)


@runtime_checkable
class StopRule(Protocol):
    """One reason to end a test."""

    @property
    def rule(self) -> str: ...

    def holds(self, standing: Standing) -> Mask:
        """The experiments that it ends, (G,)."""
        ...

    def words(self, standing: Standing, number: int, name: str) -> str:
        """Why it ends an experiment whose leader has this name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallLoss:
    """Expected loss of the leader below a share of its CTR."""

    share: float = 0.01
    """Share of the leader's CTR that may be given up on average, above 0."""
    rule: str = "small loss"

    def __post_init__(self) -> None:
        _above_zero("share", self.share)

    def holds(self, standing: Standing) -> Mask:
        """See `StopRule`."""
        return standing.loss < self.share * standing.leading

    def words(self, standing: Standing, number: int, name: str) -> str:
        """See `StopRule`."""
        share = standing.loss[number] / standing.leading[number]
        return (
            f"sending {name} for ever gives up {share:.2%} of its clicks on average, less than the {self.share:.2%} "
            "that is accepted"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Always-valid: against every other arm awake the leader's CTR ratio lies above 1 / (1 + margin)."""

    level: float = 0.95
    """Probability that no leader is ever wrongly called proven, in (0, 1)."""
    margin: float = 0.0
    """How much better another arm may be after all, at least 0; 0 proves the best arm."""
    scale: float = 0.3
    """Standard deviation of the log CTR ratios that are expected; it decides where the test is sharpest."""
    rule: str = "proven"

    def __post_init__(self) -> None:
        _above_zero("scale", self.scale)
        if not 0.0 < self.level < 1.0 or self.margin < 0.0:
            raise ConfigurationError(f"expected a level in (0, 1) and a margin of at least 0, found {self!r}")

    def holds(self, standing: Standing) -> Mask:
        """See `StopRule`. The error is divided over all ordered pairs of arms, as the leader is chosen by the data."""
        from pushgen.statistics.count_sequences import log_evidence, log_likelihood

        shown, clicks = standing.shown.astype(np.float64), standing.clicks.astype(np.float64)
        awake, (experiments, arms) = standing.state.available, standing.state.shape
        limit, bound = float(np.log(max(arms * (arms - 1), 1) / (1.0 - self.level))), 1.0 / (1.0 + self.margin)
        rows = np.arange(experiments)
        proven: Mask = awake.sum(axis=1) > 1
        for rival in range(arms):
            asked = proven & awake[:, rival] & (standing.leader != rival)
            if not asked.any():
                continue
            own = (slice(None), rows[asked], standing.leader[asked])
            other = (slice(None), rows[asked], np.full(int(asked.sum()), rival))
            # A batch that did not show both compares nothing.
            both = (shown[own] > 0) & (shown[other] > 0)
            k, n, rival_k, rival_n = ((part[arm] * both).T for arm in (own, other) for part in (clicks, shown))
            strong = log_evidence(k, n, rival_k, rival_n, self.scale, bound) >= limit
            # The evidence is two-sided: it must speak for the leader.
            place = float(np.log(bound))
            better = log_likelihood(place + 1e-3, k, n, rival_k, rival_n) > log_likelihood(
                place, k, n, rival_k, rival_n
            )
            proven[asked] = strong & better
        return proven

    def words(self, standing: Standing, number: int, name: str) -> str:
        """See `StopRule`."""
        del standing, number
        close = (
            f"as good to within {self.margin:.0%} as any other arm" if self.margin else "better than every other arm"
        )
        return f"{name} is {close}; the error of saying so is {1 - self.level:.0%} at most, however often one looks"


@dataclass(frozen=True, slots=True, kw_only=True)
class LittleLeft:
    """Clicks that perfect knowledge could bring in the traffic that is left, below a number."""

    clicks: float = 1.0
    """Clicks that are not worth waiting for, above 0."""
    rule: str = "little left"

    def __post_init__(self) -> None:
        _above_zero("clicks", self.clicks)

    def holds(self, standing: Standing) -> Mask:
        """See `StopRule`. Raises `ConfigurationError` where the state has no horizon."""
        return self._worth(standing) < self.clicks

    def words(self, standing: Standing, number: int, name: str) -> str:
        """See `StopRule`."""
        left = int(standing.state.left[number, 0])
        if left <= 0:
            return f"all traffic has been sent; {name} leads"
        return (
            f"knowing for sure whether {name} is the best would bring {self._worth(standing)[number]:.2g} more clicks "
            f"in the {left:,} impressions that are left, fewer than the {self.clicks:g} worth waiting for"
        )

    def _worth(self, standing: Standing) -> Array:
        return np.maximum(standing.state.left[:, 0], 0) * standing.loss


@dataclass(slots=True)
class Watch:
    """Looks at G experiments and ends each where a rule holds; an ended one stays ended."""

    rules: Sequence[StopRule]
    names: Sequence[Sequence[str]]
    """Of the K arms of each experiment."""
    least: int = 1
    """Settled impressions of an experiment before any rule may end it."""
    stops: dict[int, Stop] = field(default_factory=dict[int, Stop])
    """By number of the experiment."""
    _shown: list[Counts] = field(default_factory=list[Counts])
    _clicks: list[Counts] = field(default_factory=list[Counts])

    def settled(self, shown: ArrayLike, clicks: ArrayLike) -> None:
        """Notes a batch that came back, (G, K)."""
        self._shown.append(np.asarray(shown, np.int64))
        self._clicks.append(np.asarray(clicks, np.int64))

    def look(self, state: State) -> dict[int, Stop]:
        """The experiments that end now."""
        if not self._shown:
            return {}
        young = state.tally.shown.sum(axis=1) < self.least
        standing = Standing.of(state, np.stack(self._shown), np.stack(self._clicks))
        ended: dict[int, Stop] = {}
        for rule in self.rules:
            for number in np.flatnonzero(rule.holds(standing) & ~young).tolist():
                if number in self.stops or number in ended:
                    continue
                arm = int(standing.leader[number])
                sent = int(state.tally.sent[number, 0])
                words = f"stopped after {sent:,} impressions: {rule.words(standing, number, self.names[number][arm])}"
                ended[number] = Stop(rule=rule.rule, arm=arm, words=words)
        self.stops |= ended
        return ended


def _above_zero(name: str, value: float) -> None:
    if not value > 0.0:
        raise ConfigurationError(f"{name} must be above 0, found {value!r}")
