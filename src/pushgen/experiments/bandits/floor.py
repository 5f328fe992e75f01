"""A floor of exploration under any policy: exploration that never ends keeps the comparison between arms alive.

Without one a policy stops looking at an arm, and does not notice when tastes change.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.policy import Mask, Policy, State
from pushgen.experiments.bandits.tally import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A policy whose batches give every arm that is awake a least share, taken from the others in proportion."""

    policy: Policy
    share: float
    """Least share of a batch for every arm awake, in [0, 1); equal shares where that is more than there is."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.share < 1.0:
            raise ConfigurationError(f"the floor is a share in [0, 1), found {self.share!r}")

    @property
    def name(self) -> str:
        return f"{self.policy.name}, floor {self.share:.0%}"

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`."""
        return raised(self.policy.allocate(state, size, rng), state.available, self.share)


def raised(batch: Counts, awake: Mask, share: float) -> Counts:
    """The batch with at least `share` of it for every arm awake; (G, K)."""
    size, arms = batch.sum(axis=1, keepdims=True), awake.sum(axis=1, keepdims=True)
    least = np.minimum((share * size).astype(np.int64), size // arms)
    spare = np.maximum(batch - least, 0) * awake
    exact = spare * ((size - least * arms) / np.maximum(spare.sum(axis=1, keepdims=True), 1))
    whole = np.floor(exact).astype(np.int64)
    # Largest remainders get what rounding left over.
    missing = size - least * arms - whole.sum(axis=1, keepdims=True)
    rank = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1, kind="stable")
    lifted = whole + (rank < missing) + least * awake
    return np.where((least > 0) & (spare.sum(axis=1, keepdims=True) > 0), lifted, batch)
