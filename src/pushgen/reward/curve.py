"""Whether a log has enough A/B tests: what a reward model is worth with fewer of them, and with none.

Models trained on growing random parts of the experiments are judged on the same held-out experiments. The parts are
nested, so that a step tells of the experiments that it adds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from pushgen.errors import ConfigurationError, InputError
from pushgen.progress import say
from pushgen.reward.baselines import longer_wins
from pushgen.reward.evidence import own, usable
from pushgen.reward.observed import Observed
from pushgen.reward.predictions import Prediction, predict
from pushgen.reward.settings import RewardConfig
from pushgen.reward.train import train
from pushgen.reward.trained import TrainedReward
from pushgen.statistics.bootstrap import Interval

SHARES = (0.125, 0.25, 0.5, 1.0)
FIGURES = ("accuracy, all pairs", "accuracy, p < .05", "top-1 of k", "share of the oracle's lift")
SHOWN = FIGURES[1]


@dataclass(frozen=True, slots=True)
class Point:
    """One model of the curve."""

    name: str
    experiments: int
    """That it was trained on."""
    pairs: int
    figures: Mapping[str, Interval]
    """`FIGURES`, on the held-out experiments."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The models of one kind, from few experiments to all."""

    kind: str
    points: Sequence[Point]
    """By experiments, rising."""
    cold: Sequence[Point]
    """What there is without a test of one's own: the longer text, and models of other logs."""
    last_doubling: Interval
    """Accuracy on all pairs with all experiments less that with half of them, on the same pairs."""
    held_out: int
    """Experiments that all are judged on."""

    @property
    def words(self) -> str:
        """Whether there is enough, in a sentence or two."""
        first, last = self.points[0], self.points[-1]
        accuracy = last.figures[SHOWN]
        told = f"With {last.experiments:,} experiments the model names {accuracy.value:.0%} of the clear winners "
        told += f"[{accuracy.low:.0%}, {accuracy.high:.0%}], "
        told += f"with {first.experiments:,} {first.figures[SHOWN].value:.0%}. "
        gain = self.last_doubling
        step = f"{100 * gain.value:+.1f} points of all pairs [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
        if gain.low > 0:
            return told + f"The last doubling still brought {step}: more tests will make it better."
        return told + f"The last doubling brought {step}, no more than chance may: the next one may bring little."

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "words": self.words}


def learning_curve(
    pairs: pl.DataFrame,
    held: pl.DataFrame,
    config: RewardConfig,
    *,
    shares: Sequence[float] = SHARES,
    cold: Mapping[str, TrainedReward] | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Curve:
    """Trains on parts of a frame of `tables.PAIRS` and judges on another, whose contents are others.

    `shares` of the experiments are in (0, 1] and rise to 1, with 0.5 among them; `cold` are models of other logs by
    name. A part that is too small to train on is left out, and that is said. Raises `ConfigurationError` for other
    shares, `InputError` where half of the experiments are too few.
    """
    rising = sorted(set(shares)) == list(shares)
    if not (shares and rising and shares[0] > 0 and shares[-1] == 1 and 0.5 in shares):
        raise ConfigurationError(f"shares must rise within (0, 1] to 1, with 0.5 among them, found {tuple(shares)}")
    known = usable(held)
    observed = Observed(known, (), draws, seed)
    names = pairs["content_id"].unique().sort().to_list()
    order = np.random.default_rng(seed).permutation(len(names))
    points: list[Point] = []
    said: dict[float, Prediction] = {}
    for share in shares:
        chosen = [names[index] for index in order[: round(share * len(names))]]
        part = pairs.filter(pl.col("content_id").is_in(chosen))
        say(f"learning curve: {part['experiment_id'].n_unique():,} experiments")
        try:
            said[share] = predict(train(part, config), known)
        except InputError as error:
            if share >= 0.5:
                raise
            say(f"left out: {error}")
            continue
        points.append(_point(f"{share:.0%} of the experiments", part, said[share], observed))
    nothing = own(pairs).clear()
    rivals = {"longer wins": Prediction(longer_wins(known))}
    rivals |= {name: predict(model, known) for name, model in (cold or {}).items()}
    (step,) = [gain for gain in observed.gains(said[1.0], said[0.5]) if gain.name == "all pairs"]
    return Curve(
        kind=config.kind,
        points=points,
        cold=[_point(name, nothing, rival, observed) for name, rival in rivals.items()],
        last_doubling=step.interval,
        held_out=known["experiment_id"].n_unique(),
    )


def _point(name: str, part: pl.DataFrame, said: Prediction, observed: Observed) -> Point:
    figures = {figure.name: figure.interval for figure in observed.figures(said) if figure.name in FIGURES}
    return Point(name, part["experiment_id"].n_unique(), part.height, figures)
