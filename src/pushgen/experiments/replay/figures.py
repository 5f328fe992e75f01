"""What a replay says: gains over random sending and shares of the oracle's gain, with intervals over experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgen.experiments.contests import Array
from pushgen.experiments.replay.simulate import Replayed
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """One policy at one traffic level."""

    policy: str
    traffic: int
    clicks: float
    """Mean expected clicks per contest."""
    gain: Interval
    """Clicks over those of uniform random sending, less 1."""
    share: Interval
    """Gain as a share of the oracle's, which sends the best arm from the first impression on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two policies at one traffic level, on the same contests."""

    policy: str
    rival: str
    traffic: int
    difference: Interval
    """Clicks of the policy less those of the rival, as a share of the clicks of uniform random sending."""


class Figures:
    """Gains and differences of one replay; all intervals share their resamples of experiments."""

    def __init__(self, replayed: Replayed, *, draws: int = 2000, seed: int = 0) -> None:
        self._replayed = replayed
        self._bootstrap = ClusterBootstrap(list(replayed.contests.experiments), draws=draws, seed=seed)
        self._clicks: Mapping[str, Mapping[int, Array]] = {**replayed.clicks, "oracle": replayed.oracle}

    @property
    def policies(self) -> Sequence[str]:
        """Names in the order of the replay, the oracle last."""
        return list(self._clicks)

    def gains(self) -> list[Gain]:
        """Every policy and the oracle, by traffic."""
        found: list[Gain] = []
        for traffic in self._replayed.config.traffic:
            uniform, oracle = self._replayed.uniform[traffic], self._replayed.oracle[traffic]
            for policy, by_traffic in self._clicks.items():
                more = by_traffic[traffic] - uniform
                found.append(
                    Gain(
                        policy=policy,
                        traffic=traffic,
                        clicks=float(by_traffic[traffic].mean()),
                        gain=self._bootstrap.ratio(more, uniform),
                        share=self._bootstrap.ratio(more, oracle - uniform),
                    )
                )
        return found

    def differences(self) -> list[Difference]:
        """Every two policies, the later one in the order of the replay less the earlier one, by traffic."""
        return [
            self.difference(later, earlier, traffic)
            for traffic in self._replayed.config.traffic
            for place, later in enumerate(self.policies)
            for earlier in self.policies[:place]
        ]

    def difference(self, policy: str, rival: str, traffic: int) -> Difference:
        """Paired over contests."""
        more = self._clicks[policy][traffic] - self._clicks[rival][traffic]
        interval = self._bootstrap.ratio(more, self._replayed.uniform[traffic])
        return Difference(policy=policy, rival=rival, traffic=traffic, difference=interval)
