"""How the closed loop is run. Nothing heavy is imported here."""

from dataclasses import dataclass, field

from pushgen.errors import ConfigurationError
from pushgen.pipeline.run import RunConfig
from pushgen.reward.settings import RewardConfig
from pushgen.world.config import WorldConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficConfig:
    """How the traffic of a round goes out."""

    impressions: int = 8000
    """Impressions of each content in its round."""
    control_share: float = 0.15
    """Share of them that goes to candidates drawn uniformly at random, in (0, 1): what is learnt from."""
    control_arms: int = 6
    """Candidates of a content in the random share, at least 2."""
    shortlist: int = 4
    """Candidates of a content, the best by the reward model, between which the bandit divides the rest."""
    batches: int = 20
    """Batches in which that goes out."""
    delay: int = 1
    """Batches after which the clicks of a batch are known."""
    heat: float = 0.1
    """Heat of the tempered Thompson sampling; chosen on a fold of the Upworthy replay, see `benchmarks/replay.py`."""
    look_every: int = 5
    """Batches between two looks of the stop rules."""
    accepted_loss: float = 0.01
    """Share of its clicks that the arm of an ended test may give up on average."""

    def __post_init__(self) -> None:
        sent = self.impressions - round(self.control_share * self.impressions)
        if not 0.0 < self.control_share < 1.0 or self.control_arms < 2 or self.shortlist < 1:
            raise ConfigurationError(
                "loop: control_share must lie in (0, 1), control_arms be at least 2 and shortlist at least 1, found "
                f"{self.control_share}, {self.control_arms}, {self.shortlist}"
            )
        if self.batches < 1 or sent < self.batches or not 0 <= self.delay < self.batches or self.look_every < 1:
            raise ConfigurationError(
                "loop: there must be a batch, an impression for each of them beside the random share, fewer batches of "
                f"delay, and looks, found {self.batches} batches, {sent} impressions, {self.delay}, {self.look_every}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorConfig:
    """When what comes true of the predictions raises the alarm."""

    least: float = 0.5
    """Alarm where at most this share of what used to come true of a predicted lift comes true, and the drop is beyond
    chance."""
    z: float = 3.1
    """How far beyond chance, in standard errors: 3.1 is at most one false alarm in 1,000 rounds."""
    patience: int = 3
    """After so many alarms in a row the world has changed: the loop learns from these rounds and is judged by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """Everything about the loop but the number of rounds, so that more rounds can follow."""

    world: WorldConfig = field(default_factory=WorldConfig)
    reward: RewardConfig = field(default_factory=lambda: RewardConfig(kind="linear"))
    run: RunConfig = field(default_factory=RunConfig)
    traffic: TrafficConfig = field(default_factory=TrafficConfig)
    monitor: MonitorConfig = field(default_factory=MonitorConfig)
    generator: str = "template"
    """Who writes the candidates, as `pushgen run` names it."""
    annotated: int = 800
    """Past pushes whose style an annotator tells, from which the style labeller learns."""
    contents: int = 400
    """New contents of a round."""
    poisoned: tuple[int, ...] = ()
    """Rounds, counted from 1, whose random share reaches the learner with its counts shuffled within each content: a
    fault of the feed, to see what the alarm does."""

    def __post_init__(self) -> None:
        if self.contents < 2 or min(self.poisoned, default=1) < 1:
            raise ConfigurationError(
                f"loop: a round needs at least 2 contents, and rounds count from 1; found {self.contents} contents and "
                f"poisoned rounds {list(self.poisoned)}"
            )
        if self.reward.kind != "linear":
            raise ConfigurationError(
                f"loop: the reward model is trained again in every round and must be of the kind `linear`, found "
                f"{self.reward.kind!r}"
            )
