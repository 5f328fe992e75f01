"""Which flags were typed, so that a preset or a TOML file wins over defaults and loses against flags."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, ArgumentCollection, Parameter

from pushgen.settings import override

C = TypeVar("C")
JsonFile = Annotated[Path | None, Parameter(allow_leading_hyphen=True)]
"""A file for figures; `-` is standard output."""


class TypedFlags:
    """A cyclopts `config` hook that remembers the configuration fields whose flags were typed."""

    def __init__(self) -> None:
        self._paths: list[tuple[str, ...]] = []

    def __call__(self, app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        del app, commands
        self._paths = [argument.keys for argument in arguments if argument.tokens and argument.keys]

    def over(self, base: C, parsed: C) -> C:
        """`base` with the typed fields of `parsed`, the configuration as cyclopts built it."""
        values: dict[str, Any] = {}
        for path in self._paths:
            place, value = values, parsed
            for name in path[:-1]:
                place, value = place.setdefault(name, {}), getattr(value, name)
            place[path[-1]] = getattr(value, path[-1])
        return override(base, values, source="flags")
