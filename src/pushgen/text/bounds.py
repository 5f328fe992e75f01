"""The range of each measure that pushes written by people show, outside of which nobody knows what readers do."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from pushgen.errors import InputError
from pushgen.text.measures import MEASURES

LOW, HIGH = 0.01, 0.99
"""Quantiles of the texts of a log that bound a measure: one text in a hundred lies outside at each end, which keeps
slips and stunts out and all usual practice in."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Closed ranges by measure; a measure without a range is free."""

    ranges: Mapping[str, tuple[float, float]]

    def broken(self, text: str) -> str | None:
        """The first bound that the text breaks, in words; None where it keeps all."""
        return next(self._broken(text), None)

    def _broken(self, text: str) -> Iterator[str]:
        for measure, (low, high) in self.ranges.items():
            value = MEASURES[measure](text)
            if value < low:
                yield f"{measure} {value:.4g} is below {low:.4g}"
            elif value > high:
                yield f"{measure} {value:.4g} is above {high:.4g}"


def bounds_of(texts: Sequence[str], low: float = LOW, high: float = HIGH) -> Bounds:
    """Bounds from texts that people wrote: both ends are values that occur. No text gives no bounds.

    Texts count once each, however often they were sent.
    """
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return Bounds({})
    ranges: dict[str, tuple[float, float]] = {}
    for name, measure in MEASURES.items():
        values = np.array([measure(text) for text in distinct])
        least, most = np.quantile(values, [low, high], method="inverted_cdf").tolist()
        ranges[name] = (least, most)
    return Bounds(ranges)


def write_bounds(bounds: Bounds, path: Path, notes: Sequence[str] = ()) -> None:
    """Writes TOML: one table per measure with `low` and `high`, the notes as comments above."""
    lines = [f"# {note}" for note in notes]
    for name, (low, high) in bounds.ranges.items():
        key = f'"{name}"' if " " in name else name
        lines += ["", f"[{key}]", f"low = {low!r}", f"high = {high!r}"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).lstrip() + "\n", encoding="utf-8")


def read_bounds(path: Path) -> Bounds:
    """Bounds as `write_bounds` writes them; an end that is left out is open.

    Raises `InputError` where the file is no TOML, names a measure that there is not, or has ends that are no range.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            file=str(path),
            expected="bounds in TOML",
            found=str(error),
            remedy="Write them with `pushgen evaluate probes MODEL LOG --out FILE`.",
        ) from error
    return Bounds({name: _range(path, name, value) for name, value in values.items()})


def _range(path: Path, name: str, value: object) -> tuple[float, float]:
    if name not in MEASURES:
        raise InputError(
            file=str(path),
            field=name,
            expected=f"one of the measures {', '.join(MEASURES)}",
            found=repr(name),
            remedy="Correct the name, or take the table out.",
        )
    ends = cast(dict[str, Any], value) if isinstance(value, dict) else {}
    low, high = ends.get("low", -np.inf), ends.get("high", np.inf)
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high))
    if not ends or set(ends) - {"low", "high"} or not numbers or not low <= high:
        raise InputError(
            file=str(path),
            field=name,
            expected="`low` and `high` as numbers, low not above high; one of them may be left out",
            found=f"{value!s}",
            remedy="Correct the ends, or take the table out.",
        )
    return float(low), float(high)
