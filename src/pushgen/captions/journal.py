"""Descriptions that a model has made already, beside the output: it is asked once for each, however often one runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Description:
    """What a model said of a picture or video."""

    text: str
    is_video: bool
    seconds: tuple[float, ...]
    """Places of the frames it saw."""


class Journal:
    """A file of JSON lines that grows; a line that was broken off by a kill counts as not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Description] = {}
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        for line in lines:
            if entry := _entry(line):
                self._known[entry[0]] = entry[1]

    def get(self, key: str) -> Description | None:
        return self._known.get(key)

    def add(self, made: Mapping[str, Description]) -> None:
        """Remembers descriptions by key."""
        self._known.update(made)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            for key, one in made.items():
                values = {"key": key, "text": one.text, "is_video": one.is_video, "seconds": one.seconds}
                # The leading line break parts it from a line that a kill broke off.
                file.write("\n" + json.dumps(values, ensure_ascii=False))


def _entry(line: str) -> tuple[str, Description] | None:
    try:
        value: Any = json.loads(line)
        values = cast(dict[str, Any], value)
        seconds = tuple(float(one) for one in values["seconds"])
        return str(values["key"]), Description(str(values["text"]), bool(values["is_video"]), seconds)
    except (ValueError, KeyError, TypeError):
        return None
