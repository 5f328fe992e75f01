"""What a measure of the text is worth to the model, and what it is worth to readers, inside experiments.

For a pair of arms let x be the difference of the measure, m the model's mean of the log-CTR ratio, delta the true
log-CTR ratio and d = delta + e the observed one, whose sampling error e has mean 0 and a known variance v
(`reward.evidence`) and does not depend on x. Orientation of a pair is arbitrary, so all means are 0 and nothing is
centred. With weights w = share * tau2 / (tau2 + v), the evidence of a pair,

    slope of the model      b_m = sum w x m / sum w x^2
    slope of the readers    b_d = sum w x d / sum w x^2

The error e sits in the dependent variable: it widens the interval of b_d and biases nothing. If the model is right on
average, delta - m does not depend on x and b_m = b_d, whatever else moves delta; so the model overstates a measure
where b_m - b_d has the sign of b_m and an interval without 0. Correlations cannot be compared so: the model leaves out
what it does not know, which makes its correlation with x larger than the readers' even where it is right. They are
reported because people ask for them: that of d, which noise attenuates, and that of delta, which divides by the
standard deviation of delta, sum w (d^2 - v), in place of that of d (Spearman 1904, with the error variance known from
the counts). Slopes are per standard deviation of x among the pairs, so that measures can be compared; for a style they
are the whole step from another style to it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.reward.evidence import Evidence, signal_variance
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval

Array = NDArray[np.float64]
Verdict = Literal["overstates", "understates", "no difference shown", "does not vary"]


@dataclass(frozen=True, slots=True)
class Association:
    """One measure, or one style, inside experiments. Intervals are 95%, over experiments."""

    measure: str
    pairs: int
    """Pairs whose arms differ in the measure."""
    spread: float
    """Standard deviation of the difference over all pairs, in the measure's own unit."""
    step: float
    """How much of the measure the slopes are for, in its own unit."""
    model: Interval
    """Correlation of the difference with the model's mean."""
    observed: Interval
    """Correlation with the observed log-CTR ratio, attenuated by sampling noise."""
    true: Interval
    """Correlation with the true log-CTR ratio, the noise taken out."""
    model_slope: Interval
    """Log-CTR that the model gives for `step` more of the measure."""
    observed_slope: Interval
    """Log-CTR that readers give for it; unbiased by sampling noise."""
    excess: Interval
    """Model less readers, resampled together."""

    @property
    def verdict(self) -> Verdict:
        """Whether the model makes more of the measure than readers do, as far as the interval can tell."""
        if not self.pairs:
            return "does not vary"
        if not (self.excess.low > 0 or self.excess.high < 0):
            return "no difference shown"
        return "overstates" if self.excess.value * self.model_slope.value > 0 else "understates"


class Associations:
    """The pairs of one evaluation, against which any number of measures is held."""

    def __init__(self, given: Evidence, mean_P: ArrayLike, over: ClusterBootstrap) -> None:
        """`mean_P` is the model's mean of each pair; `over` resamples their experiments."""
        self.weight = given.share * given.reliability(signal_variance(given))
        self.mean, self.ratio, self.variance = np.asarray(mean_P, np.float64), given.ratio, given.variance
        self._over = over

    def of(self, name: str, difference_P: ArrayLike, *, step: float | None = None) -> Association:
        """The association of a measure, given its difference between the arms of each pair.

        `step` is how much of the measure the slopes are for; its standard deviation where not given.
        """
        x, w = np.asarray(difference_P, np.float64), self.weight
        over, m, d = self._over, self.mean, self.ratio
        wxx, spread = w * x**2, float(np.sqrt(np.sum(w * x**2) / np.sum(w)))
        by = step or spread or 1.0

        def correlation(y: Array, square: Array) -> Interval:
            return over.of_sums(lambda xy, xx, yy: xy / np.sqrt(xx * yy), w * x * y, wxx, w * square)

        def slope(y: Array) -> Interval:
            return over.ratio(w * x * y * by, wxx)

        return Association(
            measure=name,
            pairs=int(np.count_nonzero(x)),
            spread=spread,
            step=by,
            model=correlation(m, m**2),
            observed=correlation(d, d**2),
            true=correlation(d, d**2 - self.variance),
            model_slope=slope(m),
            observed_slope=slope(d),
            excess=slope(m - d),
        )


@dataclass(frozen=True, slots=True)
class NearCopies:
    """Pairs of one experiment whose texts are near-copies: readers hardly tell them apart, and a model should not."""

    pairs: int
    model: Interval
    """Mean square of the model's mean log-CTR ratio."""
    true: Interval
    """Mean square of the true log-CTR ratio, d^2 - v; by chance below 0 where the arms do not differ."""

    @property
    def overstates(self) -> bool:
        """Whether the model tells near-copies apart by more than all that readers may, at the interval's end."""
        return self.model.low > max(self.true.high, 0.0)


def near_copies(given: Evidence, mean_P: ArrayLike, rows: NDArray[np.bool_], over: ClusterBootstrap) -> NearCopies:
    """The near-copies among the pairs, `rows` telling which they are; weighted as `Associations` weighs."""
    weight = given.share * given.reliability(signal_variance(given)) * rows
    return NearCopies(
        pairs=int(rows.sum()),
        model=over.mean(np.asarray(mean_P, np.float64) ** 2, weight),
        true=over.mean(given.ratio**2 - given.variance, weight),
    )
