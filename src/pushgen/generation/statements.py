"""What a source says, as statements that can stand alone, the most telling first.

Every statement is a piece of the source. A piece is dropped from it only where what remains says the same: a
parenthesis, a relative or participial clause at the end. Any other shortening ends in an ellipsis at a clause boundary,
so that the reader sees that something follows.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from pushgen.records import Content
from pushgen.text.clean import clean_text
from pushgen.text.facts import facts
from pushgen.text.graphemes import cut, grapheme_count
from pushgen.text.segment import clauses, sentences, words

MAX_SOURCE = 6000
"""Code points of a caption that are read; what matters stands at the beginning."""
MAX_STATEMENTS = 12
ELLIPSIS = "…"

_OPENING = re.compile(r"^(?:and|so|also|plus|then|now|well|anyway|yet|however|moreover|besides),?\s+", re.IGNORECASE)
_LINK = re.compile(r"https?://|www\.|\S+@\S+\.\S+")
_PARENTHESIS = re.compile(r"\s*[(\[（][^()\[\]（）]{0,200}[)\]）]")
_DANGLING = frozenset(
    "it he she they this that these those his her their its him them here there then such i my me we our us "  # noqa: SIM905
    "他 她 它 这 那".split()
)
"""Words that point at something said before; a statement that opens with one needs its neighbour."""
_DROPPABLE = frozenset({"which", "because", "while", "whereas"})
_KEEP = re.compile(
    r"\b(?:not|never|no|n't|unless|if|except|only|but|although|though|without|alleged(?:ly)?|accord(?:s|ing)|said|says|"
    r"claim(?:s|ed)?|report(?:s|ed)?|may|might|could|until)\b",
    re.IGNORECASE,
)
"""A clause with one of these limits what stands before it and is never dropped without an ellipsis."""
_SUBORDINATE = re.compile(
    r"^(?:if|when|while|after|before|unless|although|though|because|since|as|once|until|whether|despite|with|without|in|"
    r"on|at|from|to|for|by|during|having|being|\w+ing)\b",
    re.IGNORECASE,
)
_PLACE_AND_TIME = re.compile(r"^(?:In|On|At|During)\s(?:[^\s,;:.?!]+\s?){1,5},\s+(?!and\b|or\b)(?=\w)")
"""An opening that says where or when; the statement is as true without it."""
_ORIGIN = re.compile(r"^\w+(?:ish|ese|ian|ean|can)s?$")
_UNFINISHED = frozenset(
    "a an the of to in on at for from with by and or but as than that which who whose is are was were be "  # noqa: SIM905
    "been has have had will would can could may might must his her their its our my your this these those into about "
    "over under no not".split()
)
_TRAIL = " \t,;:—–-、，；：…"
_OPENERS = '(（“「《"'
_FINAL = ".。"
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the source in all lengths that may be used."""

    variants: tuple[str, ...]
    """Complete wordings without the final full stop, longest first; the later ones leave out what may be left out."""
    teasers: tuple[str, ...]
    """Starts that end at a clause boundary and in an ellipsis, longest first."""
    score: float
    """Salience; comparable within one source."""
    words: frozenset[str]
    """Lower-case words."""
    names: tuple[str, ...]
    """Certain names as written, adjectives of origin apart: they introduce nothing ("More on Turkish")."""
    numbers: tuple[str, ...]
    """Counted quantities as written."""
    has_quote: bool
    is_question: bool

    @property
    def full(self) -> str:
        return self.variants[0]

    def fitted(self, room: int) -> str | None:
        """The longest wording of at most `room` graphemes; with an ellipsis where only a cut one fits."""
        return _fitted(self.variants, self.teasers, room)


@dataclass(frozen=True, slots=True)
class Source:
    """What can be said about a content."""

    title: str
    statements: tuple[Statement, ...]
    """In order of the text."""
    name: str | None
    """The name that the source speaks of most; the first of equals."""
    lowered: frozenset[str]
    """Words that the source writes in lower case somewhere."""


def read_source(content: Content, language: str) -> Source:
    """The statements of a content's caption, or of its title where it has no caption."""
    title = clean_text((content.title or "")[:MAX_SOURCE])
    caption = clean_text((content.caption or "")[: 2 * MAX_SOURCE])[:MAX_SOURCE]
    text = caption or title
    spans = [span.text for span in sentences(text) if not _LINK.search(span.text)]
    kept = [text for text in map(_opened, spans) if _is_enough(text)] or spans
    kept = list(dict.fromkeys(kept))[:MAX_STATEMENTS]
    vocabulary = Counter(word for text in kept for word in set(_lower_words(text)) if len(word) > 3 or _HAN.match(word))
    statements = tuple(_statement(text, language, place, vocabulary, len(kept)) for place, text in enumerate(kept))
    statements = tuple(statement for statement in statements if statement.full)
    counts = Counter(name for statement in statements for name in statement.names)
    lowered = frozenset(word.text for word in words(text) if word.text.islower())
    return Source(
        title=title if title != caption else "",
        statements=statements,
        name=max(counts, key=lambda name: counts[name]) if counts else None,
        lowered=lowered,
    )


@lru_cache(maxsize=4096)  # many frames leave the same room
def _fitted(variants: tuple[str, ...], teasers: tuple[str, ...], room: int) -> str | None:
    telling = (text for text in teasers if not _is_introduction(text))
    for text in (*variants, *telling):
        if grapheme_count(text) <= room:
            return text
    if room < 20:
        return None
    head = cut(variants[-1], room - 1)
    if _is_open(head) and (start := max(head.rfind(mark) for mark in _OPENERS)) >= 20:
        head = head[:start].rstrip(_TRAIL)
    while " " in head.strip() and (last := head.rsplit(None, 1)[-1].lower()) in _UNFINISHED:
        head = head[: -len(last)].rstrip(_TRAIL)
    return head.rstrip(_TRAIL) + ELLIPSIS


def _opened(sentence: str) -> str:
    """The sentence without a connective that points back, with a capital at its start."""
    body = _OPENING.sub("", sentence, count=1)
    return body[:1].upper() + body[1:] if body != sentence else sentence


def _is_enough(text: str) -> bool:
    han = len(_HAN.findall(text))
    return han >= 6 or len(text.split()) >= 4


def _lower_words(text: str) -> list[str]:
    return [word.text.lower() for word in words(text)]


def _statement(text: str, language: str, place: int, vocabulary: Counter[str], total: int) -> Statement:
    found = facts(text, language)
    found_names = tuple(
        dict.fromkeys(
            fact.text for fact in found if fact.kind == "name" and fact.certain and not _ORIGIN.search(fact.text)
        )
    )
    numbers = tuple(
        fact.text for fact in found if fact.kind == "number" and fact.unit not in ("ordinal", "vague", "decade")
    )
    tokens = _lower_words(text)
    variants, teasers = _wordings(text)
    central = sum(vocabulary[word] - 1 for word in set(tokens)) / (1 + len(set(tokens)))
    length = len(text)
    score = 1.0 / (1.0 + 0.35 * place) + 0.15 * min(len(found_names), 2) + 0.1 * bool(numbers)
    score += 0.5 * central / max(total - 1, 1)
    score -= 0.4 * bool(tokens and tokens[0] in _DANGLING)
    score -= 0.3 * (length < 25 and not _HAN.search(text)) + 0.2 * (grapheme_count(variants[-1]) > 100)
    return Statement(
        variants=variants,
        teasers=teasers,
        score=score,
        words=frozenset(tokens),
        names=found_names,
        numbers=numbers,
        has_quote=any(fact.kind == "quote" for fact in found),
        is_question=text.rstrip("\"'”’）)").endswith(("?", "？")),
    )


def _wordings(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Complete wordings and teasers, each longest first."""
    full = _without_stop(text)
    variants = [full]
    rest = _PLACE_AND_TIME.sub("", full, count=1)
    if rest != full and _is_enough(rest):
        variants.append(rest[:1].upper() + rest[1:])
    bare = _PARENTHESIS.sub("", full).strip()
    if bare != full and _is_enough(bare):
        variants.append(bare)
    parts = clauses(full)
    teasers: list[str] = []
    complete = True
    for index in range(len(parts) - 1, 0, -1):
        head = full[: parts[index - 1].end].rstrip(_TRAIL)
        complete = complete and _may_drop(parts[index].joint, full[parts[index].start :], head)
        if not _is_enough(head) or _is_open(head) or _PLACE_AND_TIME.match(head + ", it"):
            continue
        teasers.append(head + ELLIPSIS)
        if complete:
            variants.append(head)
    return tuple(dict.fromkeys(variants)), tuple(dict.fromkeys(teasers))


def _is_introduction(teaser: str) -> bool:
    """Whether a cut statement ends before its main clause begins."""
    return bool(_SUBORDINATE.match(teaser)) and "," not in teaser


def _without_stop(text: str) -> str:
    """The text without one final full stop; an ellipsis and a stop inside quotes stay."""
    if text.endswith(tuple(_FINAL)) and not text.endswith(("..", "。。")) and not re.search(r"\b\w\.\w\.$", text):
        return text[:-1].rstrip()
    return text.rstrip()


def _is_open(head: str) -> bool:
    """Whether a quote or parenthesis that opens in the text is not closed in it."""
    pairs = (("(", ")"), ("（", "）"), ("“", "”"), ("「", "」"), ("《", "》"))
    return any(head.count(left) != head.count(right) for left, right in pairs) or head.count('"') % 2 == 1


def _may_drop(joint: str, tail: str, head: str) -> bool:
    """Whether what stands before a final clause says the same without it."""
    if _KEEP.search(tail) or _SUBORDINATE.match(head):
        return False
    first = tail.split(None, 1)[0].lower() if tail.split() else ""
    return joint in _DROPPABLE or first in _DROPPABLE or (joint == "," and first.endswith("ing") and len(first) > 4)
