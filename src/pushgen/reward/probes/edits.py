"""Minimal edits of a text: each changes one measure and as little else as can be, in English and Chinese.

An edit that does not apply to a text gives None; nothing is forced. Only the first occurrence is changed, but marks and
emoji are taken out wherever they stand.
"""

from collections.abc import Callable
from dataclasses import dataclass

import regex

from pushgen.text.measures import strip_emoji
from pushgen.text.names import find_names
from pushgen.text.segment import sentences

_HAN = regex.compile(r"\p{Han}")
_LETTER = regex.compile(r"\p{L}")
_END = regex.compile(r"[.!?…。！？]+[\s\"'”’]*$")
_SPELLED = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = regex.compile(rf"(?<![\w-])(?:{'|'.join(_SPELLED)})(?![\w-])", regex.IGNORECASE)
_SMALL = regex.compile(r"(?<![\p{L}\p{N}.,:$€£¥#-])(?:[2-9]|1[0-2])(?![\p{L}\p{N}%:-]|[.,]\p{N})")
_HAN_SPELLED = "两三四五六七八九"
_HAN_NUMBER = regex.compile(
    rf"(?<![\p{{N}}{_HAN_SPELLED}一十百千万第])[{_HAN_SPELLED}](?=[个名位年月天次件种条部只张座家步])"
)
_HAN_SMALL = regex.compile(r"(?<![\p{N}.])[2-9](?=[个名位年月天次件种条部只张座家步])")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]{3,}")
_TITLE_WORD = regex.compile(r"(?<![\p{L}\p{N}'’-])(?:\p{Lu}\p{Ll}+|A(?=\s))")
_THE, _THIS = regex.compile(r"\bthe\b"), regex.compile(r"\bthis\b")


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to change a text."""

    measure: str
    """Which measure it moves; `near-copies` where no reader should mind it."""
    name: str
    change: Callable[[str], str | None]
    """The changed text, or None where the edit does not apply."""


def is_han(text: str) -> bool:
    """Whether most letters are Chinese characters."""
    return 2 * len(_HAN.findall(text)) > len(_LETTER.findall(text))


def _changed(text: str, new: str) -> str | None:
    return new if new != text and new.strip() else None


def _longer(text: str) -> str | None:
    if not text.strip():
        return None
    stop, more = ("。", "来看看。") if is_han(text) else (".", " Here it is.")
    return text.rstrip() + ("" if _END.search(text) else stop) + more


def _shorter(text: str) -> str | None:
    found = sentences(text)
    return _changed(text, text[: found[-1].start].rstrip()) if len(found) > 1 else None


def _to_digits(text: str) -> str | None:
    if is_han(text):
        return _changed(text, _HAN_NUMBER.sub(lambda match: str(_HAN_SPELLED.index(match[0]) + 2), text, count=1))
    return _changed(text, _NUMBER.sub(lambda match: str(_SPELLED.index(match[0].lower()) + 2), text, count=1))


def _to_words(text: str) -> str | None:
    if is_han(text):
        return _changed(text, _HAN_SMALL.sub(lambda match: _HAN_SPELLED[int(match[0]) - 2], text, count=1))

    def spelled(match: regex.Match[str]) -> str:
        word, after = _SPELLED[int(match[0]) - 2], text[match.end() :].lstrip()
        return word.capitalize() if not text[: match.start()].strip() or after[:1].isupper() else word

    return _changed(text, _SMALL.sub(spelled, text, count=1))


def _shout(text: str) -> str | None:
    words = [match for match in _WORD.finditer(text) if not match[0].isupper()]
    if not words:
        return None
    longest = max(words, key=lambda match: len(match[0]))
    return _changed(text, text[: longest.start()] + longest[0].upper() + text[longest.end() :])


def _sentence_case(text: str) -> str | None:
    kept = {span.start for span in sentences(text)}
    names = [name for name in find_names(text) if name.certain]

    def lower(match: regex.Match[str]) -> str:
        named = any(name.start <= match.start() < name.end for name in names)
        return match[0] if named or match.start() in kept else match[0].lower()

    return _changed(text, _TITLE_WORD.sub(lower, text))


def _with_emoji(text: str) -> str | None:
    return f"{text.rstrip()} 🔥" if text.strip() else None


def _without_emoji(text: str) -> str | None:
    return _changed(text, strip_emoji(text))


def _asked(text: str) -> str | None:
    if "?" in text or "？" in text or not text.strip():
        return None
    return _END.sub("", text.rstrip()) + ("？" if is_han(text) else "?")


def _told(text: str) -> str | None:
    return _changed(text, text.replace("?", ".").replace("？", "。"))


def _named(text: str) -> str | None:
    return ("王丽：" if is_han(text) else "Anna Keller: ") + text if text.strip() else None


def _nameless(text: str) -> str | None:
    name = next((name for name in find_names(text) if name.certain or name.firm), None)
    if name is None:
        return None
    someone = "有人" if is_han(text) else "Someone" if not text[: name.start].strip() else "someone"
    return _changed(text, text[: name.start] + someone + text[name.end :])


def _stopped(text: str) -> str | None:
    if not text.strip() or _END.search(text):
        return None
    return text.rstrip() + ("。" if is_han(text) else ".")


def _unstopped(text: str) -> str | None:
    clean = text.rstrip()
    return _changed(text, clean[:-1]) if clean.endswith((".", "。")) and not clean.endswith("..") else None


def _small_word(text: str) -> str | None:
    if is_han(text):
        return _changed(text, text.replace("的", "", 1))
    return _changed(text, _THE.sub("this", text, count=1))


def _small_word_back(text: str) -> str | None:
    return _changed(text, _THIS.sub("the", text, count=1))


EDITS = (
    Edit("length", "one empty sentence more (`Here it is.`)", _longer),
    Edit("length", "without the last sentence", _shorter),
    Edit("digits", "a number in digits (three to 3)", _to_digits),
    Edit("digits", "a number in words (3 to three)", _to_words),
    Edit("capitals", "the longest word in capitals", _shout),
    Edit("capitals", "sentence case in place of title case", _sentence_case),
    Edit("emoji", "an emoji at the end", _with_emoji),
    Edit("emoji", "without emoji", _without_emoji),
    Edit("question marks", "a question mark at the end", _asked),
    Edit("question marks", "full stops for question marks", _told),
    Edit("names", "a stranger's name in front (`Anna Keller:`)", _named),
    Edit("names", "`someone` for the first name", _nameless),
    Edit("near-copies", "a full stop at the end", _stopped),
    Edit("near-copies", "without the full stop at the end", _unstopped),
    Edit("near-copies", "one small word (the to this)", _small_word),
    Edit("near-copies", "one small word (this to the)", _small_word_back),
)
