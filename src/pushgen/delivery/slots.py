"""Slots of a push, such as `{first_name|there}`, filled at the last moment.

A slot is a name and what stands in for a missing value. There is nothing else: no attributes, no calls, no formats,
so that neither the text of a push nor the value of a user can reach anything. Values are text, filled in once; what
looks like a slot in a value stays as it is. `{{` and `}}` are braces.
"""

import re
from collections.abc import Mapping

from pushgen.text.graphemes import cut

_SLOT = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]{0,39})(?:\|([^{}]*))?\}")
LONGEST_VALUE = 60
"""Graphemes of a value; the rest is cut."""


class UnfilledSlotError(ValueError):
    """A slot without a value and without a stand-in."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its slots filled. Raises `UnfilledSlotError`."""
    if "{" not in text and "}" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if name is None:
            return match.group(0)[0]
        found = _clean(values.get(name, ""))
        if found:
            return found
        if default is None:
            raise UnfilledSlotError(name)
        return default

    return _SLOT.sub(value, text)


def slots_of(text: str) -> list[str]:
    """Names of the slots of a text, in order."""
    return [match.group(1) for match in _SLOT.finditer(text) if match.group(1)]


def _clean(value: str) -> str:
    """One line without control characters and marks that turn the direction of what follows."""
    visible = "".join(letter if letter.isprintable() or letter == "\u200d" else " " for letter in value)
    return cut(" ".join(visible.split()), LONGEST_VALUE)
