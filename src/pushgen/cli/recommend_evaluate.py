"""`pushgen recommend evaluate`: what models are worth on the test part of their log."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pushgen.progress import say
from pushgen.recommend.evaluate import EvaluateConfig


def evaluate(
    models: Annotated[list[Path], Parameter(negative=())],
    log: Path,
    /,
    *,
    part: Literal["test", "validation"] = "test",
    settings: Annotated[EvaluateConfig, Parameter(name="*")] = EvaluateConfig(),
    json: Annotated[Path | None, Parameter(name="--json")] = None,
) -> None:
    """Rank the whole catalogue for users of the log and count what they then chose, with intervals over users.

    The part is the same that training held out. With several models, the gain of each over the first is told too.

    Args:
        models: Model folders, trained on this log with the same filter and split; the last name is the log.
        log: Folder of the interaction log.
        part: Which part; look at the test once, and choose on validation.
        settings: How it is measured.
        json: Also write the figures to this file, or to standard output for `-`.
    """
    from pushgen.cli.output import print_json
    from pushgen.manifest import write_json
    from pushgen.recommend.measure import measure

    found = measure(models, log, part, settings)
    say(found.text())
    if json is not None and str(json) == "-":
        print_json(found.as_dict())
    elif json is not None:
        write_json(json, found.as_dict())
