"""The experiments that policies are replayed on, and the click rates that are taken for the truth in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushgen import splits
from pushgen.errors import ConfigurationError
from pushgen.statistics.shrinkage import LiftPrior, fit_spread

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contests:
    """A arms in G contests; a contest is the arms of one experiment that differ in their text alone."""

    experiments: Sequence[str]
    """Experiment of each contest, shape (G,): contests of one experiment are resampled together."""
    contents: Sequence[str]
    """Content of each contest, shape (G,); it decides the fold."""
    contest: Rows
    """Number of each arm's contest, rising from 0, so that arms of a contest stand together; shape (A,)."""
    clicks: Array
    """Shape (A,)."""
    impressions: Array
    """Shape (A,), at least 1."""
    utility: Array | None = None
    """Expected log CTR of each arm up to a constant of its contest, by a model that saw none of these counts; (A,)."""

    def __post_init__(self) -> None:
        sizes = np.bincount(self.contest, minlength=len(self.experiments)) if self.contest.size else np.zeros(1)
        if sizes.min() < 2 or len(sizes) != len(self.experiments) or len(self.contents) != len(self.experiments):
            raise ConfigurationError(
                f"expected contests of at least 2 arms, found {len(self.experiments)} contests, the smallest of "
                f"{int(sizes.min())} arms"
            )
        if (np.diff(self.contest) < 0).any():
            raise ConfigurationError("expected the arms of a contest to stand together, in the order of the contests")
        if (self.impressions < 1).any() or (self.clicks < 0).any() or (self.clicks > self.impressions).any():
            raise ConfigurationError("expected between 0 and n clicks in n >= 1 impressions of every arm")
        if self.utility is not None and not np.isfinite(self.utility).all():
            raise ConfigurationError("expected a finite utility of every arm")

    def __len__(self) -> int:
        return len(self.experiments)

    def folds(self, count: int) -> Rows:
        """Fold of each contest by its content, shape (G,); see `splits.fold`."""
        return np.array([splits.fold(content, count) for content in self.contents], np.int64)

    def blocks(self) -> Iterator[tuple[Rows, Rows]]:
        """Contests with equally many arms K together: their numbers (g,) and the rows of their arms (g, K)."""
        sizes = np.bincount(self.contest)
        first = np.cumsum(sizes) - sizes
        for arms in np.unique(sizes):
            chosen = np.flatnonzero(sizes == arms)
            yield chosen, first[chosen][:, None] + np.arange(arms)

    def only(self, contests: NDArray[np.bool_]) -> "Contests":
        """Those contests of a mask of shape (G,) alone, numbered anew."""
        kept = contests[self.contest]
        number = np.cumsum(contests) - 1
        return Contests(
            experiments=[name for name, keep in zip(self.experiments, contests, strict=True) if keep],
            contents=[name for name, keep in zip(self.contents, contests, strict=True) if keep],
            contest=number[self.contest[kept]],
            clicks=self.clicks[kept],
            impressions=self.impressions[kept],
            utility=None if self.utility is None else self.utility[kept],
        )

    def spread(self) -> LiftPrior:
        """How far true rates scatter within a contest, by moments over all contests."""
        return fit_spread(self.clicks, self.impressions, self.contest)

    def true_rates(self, draw: np.random.Generator | None = None) -> Array:
        """The CTR that each arm is given in the replay, shape (A,), below 1.

        Observed rates are shrunk towards the contest's by the evidence in the counts (`shrinkage.fit_spread`): a best
        arm that was lucky in the log must not be taken for one that is good. Posterior means scatter less than true
        rates do, which understates what any policy can gain; with `draw` the rates are drawn from the posterior and
        scatter as true rates do.
        """
        prior = self.spread()
        level_G = np.bincount(self.contest, self.clicks) / np.bincount(self.contest, self.impressions)
        expected = level_G[self.contest] * self.impressions
        if draw is None:
            lift = prior.shrink(self.clicks, expected)
        else:
            lift = draw.gamma(self.clicks + prior.strength) / (expected + prior.strength)
        return np.minimum(level_G[self.contest] * lift, 0.999)
