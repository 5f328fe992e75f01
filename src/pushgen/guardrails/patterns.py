"""Patterns in a file of the package: one TOML table per kind, with lists of regular expressions for `en` and `zh`."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "words"


def find(name: str, text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Kind and place of what the patterns of `words/NAME.toml` find. Case does not count."""
    pattern, kinds = _compiled(name)
    for match in pattern.finditer(text):
        yield kinds[int((match.lastgroup or "k0")[1:])], match


@cache
def _compiled(name: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """One pattern with a group per kind, and the kind of each group. English patterns begin at a word."""
    kinds = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    groups = [(kind, rf"(?<![A-Za-z])(?:{'|'.join(own['en'])})|{'|'.join(own['zh'])}") for kind, own in kinds.items()]
    whole = "|".join(f"(?P<k{index}>{pattern})" for index, (_, pattern) in enumerate(groups))
    return re.compile(whole, re.IGNORECASE | re.MULTILINE), tuple(kind for kind, _ in groups)
