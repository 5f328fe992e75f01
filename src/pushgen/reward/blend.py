"""The blended reward model: what a network reads between the lines, and what can be counted in them.

The utility of a text is a weighted sum of what a model of the kind `score` and one of the kind `linear` say of it, with
the weights of least squares on validation experiments (stacking; Wolpert 1992, Breiman 1996). Their errors differ: the
network forgets how long a text is, the regression does not know what it means.
"""

from collections.abc import Sequence

import numpy as np

from pushgen.protocols import Comparison, Floats
from pushgen.reward.linear import LinearReward
from pushgen.reward.origin import Origin
from pushgen.reward.probability import captions_of, from_means, win_matrix
from pushgen.reward.utility import UtilityReward
from pushgen.statistics.calibration import Residual


class BlendReward:
    """A trained blend, a `protocols.UtilityModel`."""

    kind = "blend"

    def __init__(
        self,
        network: UtilityReward,
        linear: LinearReward,
        weights: tuple[float, float],
        residual: Residual,
        origin: Origin,
        *,
        name: str = "blend",
    ) -> None:
        """`weights` belong to the utilities of the network and of the regression, both calibrated."""
        self.network, self.linear, self.weights = network, linear, weights
        self.residual, self.origin, self.name = residual, origin, name

    def utilities(self, lists: Sequence[Sequence[str]], captions: Sequence[str | None]) -> list[Floats]:
        """Expected log-CTR of each text up to a constant of its list, shape (K,) per list; K may be 0."""
        said = zip(self.network.utilities(lists, captions), self.linear.utilities(lists, captions), strict=True)
        one, two = (weight * self.residual.slope for weight in self.weights)
        return [(one * network + two * linear).astype(np.float32) for network, linear in said]

    def win_matrix(self, utilities: Floats) -> Floats:
        """Probability p[i, j] that text i of a list beats text j, shape (K, K), 0.5 where utilities are equal."""
        return win_matrix(utilities, self.residual.scale)

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        """Mean log-CTR ratio and win probability of each pair, which is a list of two."""
        given = captions_of(texts_a, texts_b, captions)
        found = self.utilities(list(zip(texts_a, texts_b, strict=True)), given)
        return from_means([float(a) - float(b) for a, b in found], self.residual.scale)

    def count_truncated(self, texts: Sequence[str]) -> int:
        """How many of the texts are longer than what the network reads and are judged without their end."""
        return self.network.count_truncated(texts)

    @property
    def reads(self) -> str:
        """How much of a text is read, in words."""
        return f"{self.network.reads} (the regression: {self.linear.reads})"

    @property
    def shape(self) -> str:
        """What the model is, in a line."""
        one, two = self.weights
        return f"{one:.2f} x ({self.network.shape}) + {two:.2f} x ({self.linear.shape})"
