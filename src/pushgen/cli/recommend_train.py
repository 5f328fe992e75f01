"""`pushgen recommend train`: from an interaction log to a model."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from pushgen.progress import say
from pushgen.recommend.data.filter import FilterConfig
from pushgen.recommend.data.split import SplitConfig


def train(
    log: Path,
    *,
    out: Path,
    kind: str = "sasrec",
    settings: Annotated[list[str], Parameter(name="--set", negative=())] = [],  # noqa: B006  (never changed)
    filter: FilterConfig = FilterConfig(),
    split: SplitConfig = SplitConfig(),
    json: bool = False,
) -> None:
    """Train a model that says which items suit a user, on the training part of a log alone.

    Training stops on the validation part; the test part waits for `pushgen recommend evaluate`. Killed, the same
    command goes on.

    Args:
        log: Folder of an imported interaction log.
        out: Model folder. Finished work on the same log with the same settings is not done again.
        kind: popularity, item-knn, ease, als, sasrec or lightgbm.
        settings: A setting of that kind, as name=value: --set width=128 --set training.epochs=20.
        filter: Which interactions count.
        split: How the log is split.
        json: Write the figures on validation to standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.recommend.data.interactions import Interactions
    from pushgen.recommend.train import TrainConfig, train_retriever

    config = TrainConfig(kind=kind, settings=_nested(settings), filter=filter, split=split)
    trained = train_retriever(Interactions.open(log), out, config)
    if json:
        print_json(dict(trained.origin.figures))
    say(f"The model is {out}; its card is {out / 'card.md'}. Measure it: pushgen recommend evaluate {out} {log}")


def _nested(settings: list[str]) -> dict[str, Any]:
    """Words `a.b=value` as nested settings; a value is TOML, and what is no TOML is a text."""
    import tomllib

    from pushgen.errors import ConfigurationError

    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not name or not equals:
            raise ConfigurationError(f"--set wants name=value, found {setting!r}")
        try:
            read: Any = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            read = value
        place, *path = reversed(name.split("."))
        inner = found
        for step in reversed(path):
            inner = inner.setdefault(step, {})
        inner[place] = read
    return found
