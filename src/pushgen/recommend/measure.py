"""Several models on the same held-out part of a log: figures with intervals, and paired gains over the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.interactions import Interactions
from pushgen.recommend.data.split import split
from pushgen.recommend.evaluate import EvaluateConfig, Evaluation, compare, evaluate
from pushgen.recommend.storage import TrainedRetriever, load_retriever
from pushgen.statistics.bootstrap import Interval

Part = Literal["test", "validation"]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What models are worth on one part of one log."""

    part: Part
    leaks: str
    """What the split lets a model know that it could not know in earnest."""
    evaluations: dict[str, Evaluation]
    """By the name of the model's folder."""
    gains: dict[str, dict[str, Interval]]
    """Mean difference to the first model, request by request."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        gains = {
            model: {name: [one.value, one.low, one.high] for name, one in found.items()}
            for model, found in self.gains.items()
        }
        figures = {model: one.figures() for model, one in self.evaluations.items()}
        return {"part": self.part, "leaks": self.leaks, "models": figures, "gains": gains}

    def text(self) -> str:
        """A table in Markdown, a row per model."""
        first = next(iter(self.evaluations.values()))
        names = [*first.intervals, *first.whole]
        lines = [f"Requests of the {self.part} part: {len(first.items):,}. What the split leaks: {self.leaks}", ""]
        lines += [f"| model | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
        for model, one in self.evaluations.items():
            cells = [_told(interval) for interval in one.intervals.values()]
            lines.append(f"| {model} | {' | '.join([*cells, *(f'{value:.3f}' for value in one.whole.values())])} |")
        for model, found in self.gains.items():
            cells = [_told(interval) for interval in found.values()]
            lines.append(
                f"| {model} less {next(iter(self.evaluations))} | {' | '.join(cells)} |" + " |" * len(first.whole)
            )
        return "\n".join(lines)


def measure(models: Sequence[Path], log: Path, part: Part, config: EvaluateConfig) -> Measured:
    """Measures model folders on a part that training held out.

    Raises `InputError` where a model was trained on another log, `ConfigurationError` where models were trained on
    different splits of it.
    """
    if not models:
        raise ConfigurationError("give at least one model folder before the log")
    opened, evaluations = Interactions.open(log), dict[str, Evaluation]()
    loaded = {str(folder): load_retriever(folder) for folder in models}
    first = next(iter(loaded.values())).origin
    for folder, trained in loaded.items():
        _check(folder, trained, opened, first.filter == trained.origin.filter and first.split == trained.origin.split)
    parts = split(opened, first.filter, first.split)
    cases = parts.test if part == "test" else parts.validation
    for folder, trained in loaded.items():
        evaluations[folder] = evaluate(
            trained.model, cases, parts.training, config, exclude_seen=not first.split.repeats
        )
    base, *others = evaluations
    gains = {
        other: compare(evaluations[other], evaluations[base], cases.users, draws=config.draws, seed=config.seed)
        for other in others
    }
    return Measured(part, parts.leaks, evaluations, gains)


def _check(folder: str, trained: TrainedRetriever, log: Interactions, same_split: bool) -> None:
    if trained.origin.log != log.hash:
        raise InputError(
            file=folder,
            expected=f"a model that was trained on the log {str(log.path)!r}",
            found="one of another log: what it saw in training could be in the test",
            remedy="Give the log that it was trained on, or train on this one.",
        )
    if not same_split:
        raise ConfigurationError(
            f"{folder}: trained with another filter or split than the first model; they do not compare"
        )


def _told(interval: Interval) -> str:
    return f"{interval.value:.4f} [{interval.low:.4f}, {interval.high:.4f}]"
