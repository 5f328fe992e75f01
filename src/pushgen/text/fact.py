"""One checkable fact of a text. What finds them: `numbers`, `names`, `facts`."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "date", "time", "name", "quote"]
Doubt = Literal["", "start", "headline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A number, date, time, name or quotation with its place: `text == source[start:end]`."""

    kind: Kind
    text: str
    value: str
    """Normalised, equal for equal facts: `1500000` for "1.5 million", `2021-09-25`, `--09` for "September", `10:30`,
    names and quotations case-folded with single spaces."""
    start: int
    end: int
    unit: str = ""
    """Of a number: `%`, a currency sign, `ordinal`, `decade`, or `vague` for "thousands of"; otherwise empty."""
    doubt: Doubt = ""
    """Why the capital of a name proves nothing: it opens a sentence, or every word around it has one."""
    firm: str = ""
    """Of a name: those of its words whose capital proves something, with single spaces; empty where none does."""

    @property
    def certain(self) -> bool:
        """False where a capital letter is the only sign of a name and stands where any word has one."""
        return not self.doubt
