"""Word lists of the package, written for it: `words/NAME.txt`, lower case, `#` opens a comment."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "words"


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of one list."""
    return read_words(_FOLDER / f"{name}.txt")


def read_words(path: Path) -> frozenset[str]:
    """The words of a file in the same form, in any case."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines for word in line.split("#")[0].split())
