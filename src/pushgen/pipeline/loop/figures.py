"""What a round earned, by the world's true click rates. The only part of the loop that reads the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.experiments.bandits.tally import Array
from pushgen.pipeline.loop.traffic import Tested
from pushgen.records import Candidate
from pushgen.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One round; CTRs are means over its contents, at true rates."""

    random: float
    """CTR of a random candidate."""
    choice: float
    """CTR of the candidate that the reward model prefers."""
    sent: float
    """CTR of what the bandit sent."""
    all: float
    """CTR of all traffic, the random share included."""
    best: float
    """CTR of the best candidate: the oracle."""
    regret: float
    """Clicks that the oracle would have earned more from the same traffic, expected."""
    clicks: float
    """Clicks of all traffic, expected."""

    def share(self, ctr: float) -> float:
        """Share of the oracle's lift over a random candidate that a CTR reaches; NaN where candidates are alike."""
        gap = self.best - self.random
        return (ctr - self.random) / gap if gap > 1e-12 else float("nan")


def figures(
    world: World, candidates: Mapping[str, Sequence[Candidate]], utilities: Mapping[str, Array], tested: Tested
) -> Figures:
    """Measures a round."""
    texts = [one for listed in candidates.values() for one in listed]
    rates = world.truth.ctrs([one.content_id for one in texts], [one.text for one in texts])
    ends = np.cumsum([len(listed) for listed in candidates.values()])[:-1]
    of_content = np.split(rates, ends)
    by_id = {one.candidate_id: float(rate) for one, rate in zip(texts, rates, strict=True)}
    picks = [float(found[int(np.argmax(utilities[name]))]) for name, found in zip(candidates, of_content, strict=True)]
    earned = {
        name: np.array([by_id[one] for one in table["candidate_id"]]) @ table["impressions"].to_numpy()
        for name, table in (("control", tested.control), ("sent", tested.sent))
    }
    control, sent = int(tested.control["impressions"].sum()), int(tested.sent["impressions"].sum())
    clicks, best = float(earned["control"] + earned["sent"]), float(np.mean([found.max() for found in of_content]))
    return Figures(
        random=float(np.mean([found.mean() for found in of_content])),
        choice=float(np.mean(picks)),
        sent=float(earned["sent"]) / sent,
        all=clicks / (control + sent),
        best=best,
        regret=best * (control + sent) - clicks,
        clicks=clicks,
    )
