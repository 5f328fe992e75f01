"""The frames of the template generator, read from one TOML file that users can replace by their own."""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from pushgen.errors import ConfigurationError

SLOTS = frozenset({"fact", "said", "teaser", "name", "title"})
NEEDS = frozenset({"number", "name", "cue", "quote", "question", "statement"})


@dataclass(frozen=True, slots=True)
class Frame:
    """Words around slots."""

    text: str
    slots: frozenset[str]
    needs: frozenset[str]
    """What a statement must have before the frame takes it."""
    penalty: float
    """How much less this frame is wanted than its neighbours."""


@dataclass(frozen=True, slots=True)
class StyleFrames:
    """The frames of one style in one language."""

    frames: tuple[Frame, ...]
    cues: frozenset[str]
    """Words (English) or character sequences (Chinese) that make a statement fit the style."""
    failure: str
    """The countable reason where the source fills no frame."""


Frames = Mapping[str, Mapping[str, StyleFrames]]
"""Style id to language to frames."""


def load_frames(path: Path | None = None) -> Frames:
    """The packaged frames, or a user's own file of the same form.

    Raises `ConfigurationError` that names the style, language and field at fault.
    """
    if path is None:
        return _packaged()
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ConfigurationError(f"there is no file of frames {str(path)!r}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: expected UTF-8 text: {error}") from error


@cache
def _packaged() -> Frames:
    resource = files("pushgen.generation") / "frames.toml"
    return _parse(resource.read_text(encoding="utf-8"), "frames.toml")


def _parse(text: str, source: str) -> Frames:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source}: not valid TOML: {error}") from error
    found: dict[str, dict[str, StyleFrames]] = {}
    for style, languages in values.items():
        if not isinstance(languages, dict):
            raise ConfigurationError(f"{source}: expected tables such as [{style}.en], found {languages!r}")
        for language, entry in cast(dict[str, Any], languages).items():
            found.setdefault(style, {})[language] = _style(entry, f"{source}, [{style}.{language}]")
    return found


def _style(entry: Any, where: str) -> StyleFrames:
    listed: Any = entry.get("frames") if isinstance(entry, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ConfigurationError(f"{where}: expected a list `frames` of tables with a `text`, found {listed!r}")
    table = cast(dict[str, Any], entry)
    return StyleFrames(
        tuple(_frame(item, where) for item in cast(list[Any], listed)),
        frozenset(str(cue).lower() for cue in table.get("cues", ())),
        str(table.get("failure", "no statement fits the style")),
    )


def _frame(item: Any, where: str) -> Frame:
    text = item.get("text") if isinstance(item, dict) else None
    if not isinstance(text, str):
        raise ConfigurationError(f"{where}: expected a table with a `text`, found {item!r}")
    table = cast(dict[str, Any], item)
    try:
        slots = frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError as error:
        raise ConfigurationError(f"{where}: {text!r} has an unbalanced brace") from error
    needs = frozenset(str(need) for need in table.get("needs", ()))
    for kind, given, known in (("slot", slots, SLOTS), ("need", needs, NEEDS)):
        if unknown := sorted(given - known):
            raise ConfigurationError(
                f"{where}: there is no {kind} {unknown[0]!r}; there are {', '.join(sorted(known))}"
            )
    if not slots & {"fact", "said", "teaser"}:
        raise ConfigurationError(f"{where}: {text!r} has no slot for a statement ({{fact}}, {{said}} or {{teaser}})")
    return Frame(text, slots, needs, float(table.get("penalty", 0.0)))
