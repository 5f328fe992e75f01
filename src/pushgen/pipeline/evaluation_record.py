"""The log of evaluations: one line for each, so that nobody can look often and report once."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushgen.manifest import library_versions

if TYPE_CHECKING:
    from pushgen.reward.evaluate import Evaluation


def record(path: Path, facts: Mapping[str, Any], found: "Evaluation") -> None:
    """Appends what was evaluated and what came out to a file of JSON lines; a line is written whole or not at all."""
    figures: dict[str, dict[str, str]] = {}
    for metric in found.metrics:
        figures.setdefault(metric.predictor, {})[metric.name] = str(metric.interval)
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
        "pairs": found.pairs,
        "experiments": found.experiments,
        "figures": figures,
        "libraries": dict(library_versions()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
