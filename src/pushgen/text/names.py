"""Names in English text by capital letters, with the places where a capital means nothing.

A run of capitalised words is one name ("House of Cards", "Dr. Jane van Dyk"). At the start of a sentence, in a
headline where every word has a capital, and in shouted text a capital alone proves nothing: there a name counts as
certain only if its form (NASA, YouTube, GPT-4) or the package's list of names says so. In Chinese text titles are found
by their marks and persons by `han_names`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pushgen.text.fact import Doubt, Fact
from pushgen.text.han_names import find_han_names
from pushgen.text.lexicon import word_list
from pushgen.text.segment import sentences

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏͰ-ӿ"
_TOKEN = re.compile(
    rf"[{_LETTER}][{_LETTER}0-9]*(?:['’&][{_LETTER}][{_LETTER}0-9]*)*(?:-\d+[A-Za-z]?(?!\w))?|\d+[{_LETTER}]+\d*"
)
_BOOK_TITLE = re.compile(r"《([^《》\n]{1,60})》")
_HAN = re.compile(r"[\u3400-\u9fff]")
_OPENING = frozenset("\"“‘'«:—–•*([【|/>#")
_ENDING = re.compile(r"['’](?:s|m|re|ve|ll|d|t)?$", re.IGNORECASE)
_SCALED = re.compile(r"\d+(?:k|m|mn|mm|b|bn|tn|st|nd|rd|th|s|am|pm|x)$", re.IGNORECASE)
_LINKS = frozenset({"of", "the", "de", "da", "del", "der", "di", "la", "le", "van", "von", "bin", "al", "el", "y"})
_ENDINGS = ("", "s", "es", "d", "ed", "ing", "ly", "er", "ers", "est", "ness", "less", "ful", "y", "al", "able", "ment")
_FORMED = re.compile(
    r".{3,}(?:ing|ings|(?<!e)ed|tion|tions|ity|ment|ous|ive|ical|ally|able|ism|ance|ence|ized|ised|izes|ises|ifies|ates|ness|less"
    r"|ful)$"
)
"""Word endings that names seldom have. They count only where a capital proves nothing."""
_SYLLABLE = re.compile(rf"-([{_LETTER}]{{2,6}})(?![\w-])")
"""Second half of a romanised given name, as in Jung-min."""
_SMALL = 4
"""Words of fewer letters are often small in a headline too (of, the, and)."""


@lru_cache(maxsize=1 << 16)
def is_ordinary(word: str) -> bool:
    """Whether a word, in any case, is a common English word or an inflection of one."""
    ordinary = word_list("ordinary")
    word = word.lower().replace("’", "'")
    if word in ordinary:
        return True
    if word in word_list("names"):  # Amy is no form of "am"
        return False
    stem = _ENDING.sub("", word)
    for ending in _ENDINGS:
        if ending and not stem.endswith(ending):
            continue
        root = stem[: len(stem) - len(ending)]
        if len(root) < 2:
            continue
        if root in ordinary or root + "e" in ordinary or (root.endswith("i") and root[:-1] + "y" in ordinary):
            return True
        if len(root) > 3 and root[-1] == root[-2] and root[:-1] in ordinary:
            return True
    return False


def _any_ordinary(*words: str) -> bool:
    return any(not word[0].isalpha() or is_ordinary(word) for word in words)


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    word: str
    initial: bool
    capital: bool = False
    strong: bool = False
    ordinary: bool = False
    weak: bool = False
    """A capital that proves nothing here."""


def find_names(text: str) -> Iterator[Fact]:
    """Names in order of their start. Months, weekdays and the pronoun I are none."""
    for match in _BOOK_TITLE.finditer(text):
        yield _name(text, match.start(1), match.end(1), match.group(1))
    if not re.search(r"[^\W\d_]", text):
        return
    if _HAN.search(text):
        yield from find_han_names(text)
    for sentence in sentences(text):
        tokens = _tokens(text, sentence.start, sentence.end)
        if any(token.capital or token.strong for token in tokens):
            headline = _judge(tokens, in_han=_HAN.search(sentence.text) is not None)
            yield from _runs(text, tokens, headline=headline)


def _name(text: str, start: int, end: int, firm: str, doubt: Doubt = "start") -> Fact:
    value = " ".join(text[start:end].casefold().replace("’", "'").split())
    return Fact(
        kind="name", text=text[start:end], value=value, start=start, end=end, doubt="" if firm else doubt, firm=firm
    )


def _tokens(text: str, start: int, end: int) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text, start, end):
        word = match.group()
        if word.endswith(("'s", "’s", "'S", "’S")):
            word = word[:-2]
        head = word.partition("-")[0]
        if head != word and (is_ordinary(head) or head.islower()):
            word = head
        elif (tail := _SYLLABLE.match(text, match.end(), end)) and not _any_ordinary(word, tail.group(1)):
            word += tail.group()
        before = match.start() - 1
        while before >= start and before > match.start() - 4 and text[before] == " ":
            before -= 1
        initial = not found or text[before] in _OPENING or text[before] in ".?!…"
        found.append(_Token(match.start(), match.start() + len(word), word, initial))
    names = word_list("names")
    for token in found:
        word = token.word
        lower = word.lower().replace("’", "'")
        token.capital = word[0].isupper()
        token.ordinary = is_ordinary(word) or lower in word_list("calendar")
        plain = word[1:].islower() and word.isalpha()
        inner = not plain and any(a.islower() and b.isupper() for a, b in pairwise(word))
        coded = token.capital and not plain and any(sign.isdigit() for sign in word)
        digits = word[0].isdigit() and word[-1].isupper() and not _SCALED.match(word)
        acronym = len(word) > 1 and word.isupper() and not token.ordinary
        paired = token.capital and "-" in word and word[-1].isalpha()
        token.strong = (
            (inner and not token.ordinary) or coded or digits or acronym or paired or (token.capital and lower in names)
        )
    return found


def _judge(tokens: list[_Token], *, in_han: bool) -> bool:
    """Decides which capitals mean nothing in this sentence, and whether it is because all words have one."""
    long = [token for token in tokens if len(token.word) > 1]
    shouted = len(long) >= 3 and sum(token.word.isupper() for token in long) > 0.6 * len(long)
    content = [token for token in tokens[1:] if len(token.word) >= _SMALL]
    capitals = [token for token in content if token.capital]
    headline = (
        len(capitals) >= 2
        and len(capitals) >= 0.75 * len(content)
        and any(token.ordinary and not token.initial for token in capitals)
    )
    for token in tokens:
        if shouted:
            token.strong = token.strong and token.word.lower() in word_list("names")
        token.weak = not in_han and not token.strong and (shouted or headline or token.initial)
        token.ordinary = token.ordinary or (token.weak and _FORMED.match(token.word.lower()) is not None)
    if headline and not shouted:
        for left, right in pairwise(tokens):
            if left.capital and right.capital and not right.ordinary and left.word.lower() in word_list("given"):
                left.strong = right.strong = True
    return shouted or headline


def _runs(text: str, tokens: list[_Token], *, headline: bool) -> Iterator[Fact]:
    run: list[_Token] = []
    links: list[_Token] = []
    for token in tokens:
        if run and not _joined(text, (links or run)[-1], token):
            yield from _close(text, run, headline=headline)
            run, links = [], []
        if _starts_or_continues(token, bool(run)):
            run.extend((*links, token))
            links = []
        elif run and token.word in _LINKS and len(links) < 2:
            links.append(token)
        elif run:
            yield from _close(text, run, headline=headline)
            run, links = [], []
    if run:
        yield from _close(text, run, headline=headline)


def _starts_or_continues(token: _Token, inside: bool) -> bool:
    if token.strong:
        return True
    if not token.capital or (token.word in {"I", "A", "O"} and not inside):
        return False
    lower = token.word.lower()
    if lower in word_list("calendar") or (_ENDING.search(token.word) and token.ordinary):
        return False
    return not (token.weak and token.ordinary)


def _joined(text: str, left: _Token, right: _Token) -> bool:
    between = text[left.end : right.start]
    if between in {" ", "-", " & ", "/"}:
        return True
    return between in {". ", "."} and (len(left.word) == 1 or left.word.lower() in word_list("abbreviations"))


def _close(text: str, run: list[_Token], *, headline: bool) -> Iterator[Fact]:
    firm = [token.word for token in run if token.strong or (token.capital and not token.weak)]
    if not firm and headline and len(run) > 1:
        # Two rare words side by side are far more often a name than not.
        firm = [token.word for token in run]
    yield _name(text, run[0].start, run[-1].end, " ".join(firm), "headline" if headline else "start")
