"""How a replay is run. Nothing heavy is imported here."""

from dataclasses import dataclass

from pushgen.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayConfig:
    """How a replay is run."""

    traffic: tuple[int, ...] = (500, 1_000, 2_000, 5_000, 10_000)
    """Impressions per contest; each is a replay of its own, whose end the policies know."""
    batches: int = 20
    """Batches of equal size in which the traffic of a contest goes out."""
    seeds: int = 5
    """Replays of each contest."""
    folds: int = 5
    """Priors are learnt on the other folds of contents."""
    draw_rates: bool = False
    """Draw the true rates from their posterior, anew for each seed, in place of its mean."""
    seed: int = 0

    def check(self) -> None:
        """Raises `ConfigurationError` for a value outside its range."""
        if not self.traffic or min(self.traffic) < self.batches:
            raise ConfigurationError(
                f"traffic must be at least one impression per batch ({self.batches}), found {list(self.traffic)}"
            )
        if min(self.batches, self.seeds) < 1 or self.folds < 2:
            raise ConfigurationError(
                f"batches and seeds must be at least 1 and folds at least 2, found {self.batches}, {self.seeds}, "
                f"{self.folds}"
            )
