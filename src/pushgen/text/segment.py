"""Sentences, clauses and words as spans of a text, for English and Chinese.

Rules instead of a model: a push generator needs thousands of captions a second and the same answer everywhere.
All scans are linear in the length of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from pushgen.text.lexicon import word_list


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: `text == source[start:end]`, in code points."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Clause(Span):
    """A part of a sentence that can stand or fall alone."""

    joint: str
    """What ties it to the part before it: the mark or the conjunction in lower case, empty for the first part."""


_HAN = r"\p{Han}\p{Hiragana}\p{Katakana}"
_WORD = regex.compile(
    rf"\p{{Nd}}+(?:[.,]\p{{Nd}}+)*(?:[\p{{L}}\p{{M}}--[{_HAN}]]+)?"
    rf"|[\p{{L}}\p{{N}}\p{{M}}--[{_HAN}]]+(?:['’\-.&](?=[\p{{L}}\p{{N}}])[\p{{L}}\p{{N}}\p{{M}}--[{_HAN}]]+)*"
    r"|\p{Katakana}+|\p{Han}|\p{Hiragana}",
    regex.V1,
)
_CLOSERS = "\"'”’»)]}」』）】》"
_STOP = re.compile(
    rf"(?P<west>[.!?…]+[{re.escape(_CLOSERS)}]*(?=\s|$))"
    rf"|(?P<east>(?:[。！？]|…{{2,}}|(?<=[\u3040-\u9fff])[!?])[。！？!?…]*[{re.escape(_CLOSERS)}]*)"
    r"|(?P<line>[\n\r\u2028\u2029])"
)
_ABBREVIATIONS = word_list("abbreviations")
_MAY_END = word_list("abbreviations_at_end")
"""Abbreviations that often close a sentence: they do where a common opening word with a capital follows."""
_OPENERS = word_list("openers")
_FIRST_WORD = re.compile(r"[\s\"'“‘(\[]*([^\W\d_]+(?:['’][^\W\d_]+)?)")
_LAST_TOKEN = re.compile(r"[^\s(\[\"“‘]+$")


def sentences(text: str) -> tuple[Span, ...]:
    """Sentences with their closing marks and without outer white space, in order.

    A line break always ends one. A point after an abbreviation, an initial or inside a number ends none.
    """
    return tuple(_pieces(text, _sentence_ends(text)))


def _pieces(text: str, ends: Iterator[int]) -> Iterator[Span]:
    start = 0
    for end in (*ends, len(text)):
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip())
        body = piece.strip()
        if body:
            yield Span(start + left, start + left + len(body), body)
        start = max(start, end)


def _sentence_ends(text: str) -> Iterator[int]:
    start = 0
    for match in _STOP.finditer(text):
        if match.lastgroup == "west" and not _is_stop(text, start, match):
            continue
        start = match.end()
        yield start


def _is_stop(text: str, start: int, match: re.Match[str]) -> bool:
    following = _FIRST_WORD.match(text, match.end(), match.end() + 60)
    word = following.group(1) if following else ""
    if word and word[0].islower():
        return False
    marks = match.group()
    if not marks.startswith(".") or marks.startswith(".."):
        return True
    before = _LAST_TOKEN.search(text, max(start, match.start() - 40), match.start())
    token = before.group().lower() if before else ""
    if token in _ABBREVIATIONS:
        return token in _MAY_END and word.lower() in _OPENERS
    if len(token) == 1 and token.isalpha():
        return token == "i" or word.lower() in _OPENERS
    return True


_SUBJECT = (
    r"(?:i|you|he|she|it|we|they|this|that|these|those|there|everyone|nobody|someone|what|how|why|when|if|then|now)\b"
)
_JOINT = re.compile(
    r"(?P<mark>[,;:](?=\s|[\"”'’]\s|[\u3040-\u9fff])|[;；，：、]|—+|(?<=\s)[–-]+(?=\s)|…+(?=\s)"
    r"|(?<=\s)[(\[]|（|[)\]）])"
    rf"|(?<=\s)(?P<word>(?:and|but|or|so|yet)(?=\s+{_SUBJECT})"
    r"|but|because|although|though|whereas|unless|until|which|while|whenever|wherever|so\s+that|even\s+though"
    r"|as\s+soon\s+as|in\s+order\s+to)(?=\s)"
    r"|(?P<han>(?<=[\u3040-\u9fff])(?:但是|可是|因为|所以|然而|虽然|如果|而且|并且))",
    re.IGNORECASE,
)
_WEAK = frozenset(",，、")
_EDGE = " \t\r\n\u3000,;:—–-、，；：…"
_HAN_CHARACTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def clauses(text: str, least_words: int = 3) -> tuple[Clause, ...]:
    """Clauses of all sentences, in order, without the marks around them; `?` and `!` at the end stay.

    Cuts lie at commas, semicolons, colons, dashes, parentheses and conjunctions. A piece of fewer than
    `least_words` words (two Han characters count as one) is joined to its neighbour: "In 2014," and the members of
    a list are no clauses.
    """
    found: list[Clause] = []
    for sentence in sentences(text):
        found.extend(_clauses_of(text, sentence, least_words))
    return tuple(found)


def _clauses_of(text: str, sentence: Span, least_words: int) -> Iterator[Clause]:
    merged: list[tuple[int, int, str]] = []
    held: tuple[int, str, float] | None = None  # start, joint and weight of short opening pieces
    raw = list(_raw_clauses(text, sentence))
    for index, (begin, finish, joint) in enumerate(raw):
        weight = _weight(text[begin:finish])
        # An opening piece hangs on the mark that follows it.
        mark = joint or (raw[index + 1][2] if index + 1 < len(raw) else "")
        enough = least_words if mark in _WEAK else min(least_words, 2)
        if held is not None:
            begin, joint, weight = held[0], held[1], held[2] + weight
            held = None
        if weight >= enough:
            merged.append((begin, finish, joint))
        elif merged:
            merged[-1] = (merged[-1][0], finish, merged[-1][2])
        else:
            held = (begin, joint, weight)
    if held is not None:
        merged.append((held[0], sentence.end, held[1]))
    for begin, finish, joint in merged:
        body = text[begin:finish]
        left = len(body) - len(body.lstrip(_EDGE))
        body = _without_stop(body.strip(_EDGE))
        if body:
            yield Clause(begin + left, begin + left + len(body), body, joint)


def _raw_clauses(text: str, sentence: Span) -> Iterator[tuple[int, int, str]]:
    start, joint = sentence.start, ""
    for match in _JOINT.finditer(text, sentence.start, sentence.end):
        yield start, match.start(), joint
        word = match.group("word") or match.group("han")
        start, joint = (match.start(), " ".join(word.lower().split())) if word else (match.end(), match.group())
    yield start, sentence.end, joint


def _without_stop(body: str) -> str:
    """Without the full stop, but with the point of a final abbreviation such as `p.m.`."""
    if body.endswith("。"):
        return body.rstrip("。")
    if not body.endswith("."):
        return body
    token = _LAST_TOKEN.search(body, max(0, len(body) - 40))
    inner = token.group()[:-1].lower() if token else ""
    return body if inner in _ABBREVIATIONS and not inner.isalpha() else body.rstrip(". ")


def _weight(piece: str) -> float:
    han = len(_HAN_CHARACTER.findall(piece))
    return han / 2 + len(_HAN_CHARACTER.sub(" ", piece).split())


def words(text: str) -> tuple[Span, ...]:
    """Words and numbers, in order; every Han character is one word, hyphens and inner apostrophes do not split."""
    return tuple(Span(match.start(), match.end(), match.group()) for match in _WORD.finditer(text))


def nearest_clause_end(text: str, limit: int) -> int:
    """The largest end of a clause of `text` that is at most `limit` (a position in code points); 0 where none is."""
    ends = sorted(clause.end for clause in clauses(text))
    index = bisect_right(ends, limit)
    return ends[index - 1] if index else 0
