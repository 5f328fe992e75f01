"""The language data of the world and the grammar that turns frames into sentences."""

import random
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

STYLES = (
    "suspense", "emotion", "practical", "humour", "urgency", "question", "numbers",
    "social_proof", "authority", "offer", "controversy", "personal", "plain",
)  # fmt: skip
"""Styles that the readers of the world react to, in the order of every style axis."""

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_SENTENCE_START = re.compile(r"((?:^|[.?!] )[\"“]?)([a-zà-ÿ])")
_ARTICLE = re.compile(r"\b([Aa]) (?=(?!one|eu)[aeio]|8|1[18](?!\d))")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_CONTRACTIONS = frozenset(
    f"{word}'s" for word in ("it", "that", "what", "here", "there", "who", "how", "he", "she", "let")
)
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d{3})")


@dataclass(frozen=True, slots=True)
class Names:
    """Vocabularies of proper names."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    place_start: tuple[str, ...]
    place_end: tuple[str, ...]
    place_before: tuple[str, ...]
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of happening, as phrases with slots; see `topics.toml`."""

    n: tuple[int, int]
    m: tuple[int, int]
    x: tuple[str, ...]
    y: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Topic:
    """A category of contents."""

    name: str
    roles: tuple[str, ...]
    orgs: tuple[str, ...]
    crowd: tuple[str, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """Everything the world can say."""

    names: Names
    topics: tuple[Topic, ...]
    leads: tuple[str, ...]
    more: tuple[str, ...]
    frames: Mapping[str, tuple[str, ...]]
    """Push frames by style."""
    cues: Mapping[str, Mapping[str, Any]]
    function_words: frozenset[str]
    """Words that name nothing."""
    ordinary: frozenset[str]
    """Lower-case words that are no names."""
    name_words: frozenset[str]
    """Lower-case words that are names of people or places."""


def words(text: str) -> list[str]:
    """Lower-case words and numbers: the apostrophe stays inside a word, a possessive s and a thousands comma go."""
    found = _WORD.findall(_DIGIT_COMMA.sub("", text.replace("’", "'")).lower())
    return [word[:-2] if word.endswith("'s") and word not in _CONTRACTIONS else word for word in found]


def expand(frame: str, fill: Callable[[str], str], rng: random.Random) -> str:
    """One sentence of a frame: alternatives chosen, slots filled, sentence starts in capitals."""
    chosen = _ALTERNATIVES.sub(lambda match: rng.choice(match[1].split("|")), frame)
    filled = _SLOT.sub(lambda match: fill(match[1]), chosen)
    return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), with_articles(filled))


def with_articles(text: str) -> str:
    """The text with `a` turned into `an` where the next word begins with a vowel."""
    return _ARTICLE.sub(r"\1n ", text)


@cache
def language() -> Language:
    """The data files of this package, read once."""
    names_data, topics_data, phrases_data, cues_data = (
        tomllib.loads((files("pushgen.world") / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("names", "topics", "phrases", "cues")
    )
    names = Names(**{key: tuple(values) for key, values in names_data.items()})
    topics = tuple(_topic(name, data) for name, data in topics_data.items())
    name_words = {word for name in (*names.first, *names.last) for word in words(name)}
    name_words |= {(start + end).lower() for start in names.place_start for end in names.place_end}
    return Language(
        names=names,
        topics=topics,
        leads=tuple(phrases_data["caption"]["lead"]),
        more=tuple(phrases_data["caption"]["more"]),
        frames={style: tuple(phrases_data["push"][style]) for style in STYLES},
        cues={style: cues_data[style] for style in STYLES},
        function_words=frozenset(cues_data["function_words"]),
        ordinary=frozenset(set(_all_words([topics_data, phrases_data, cues_data])) - name_words),
        name_words=frozenset(name_words),
    )


def _topic(name: str, data: Mapping[str, Any]) -> Topic:
    events: list[Event] = []
    for event in data["events"]:
        phrases = {key: event[key] for key in event if key not in ("n", "m", "x", "y")}
        events.append(
            Event(
                n=(event["n"][0], event["n"][1]),
                m=(event["m"][0], event["m"][1]),
                x=tuple(event["x"]),
                y=tuple(event["y"]),
                phrases={key: (value,) if isinstance(value, str) else tuple(value) for key, value in phrases.items()},
            )
        )
    return Topic(
        name=name,
        roles=tuple(data["roles"]),
        orgs=tuple(data["orgs"]),
        crowd=tuple(data["crowd"]),
        events=tuple(events),
    )


def _all_words(data: Any) -> list[str]:
    if isinstance(data, str):
        return words(data)
    if isinstance(data, Mapping):
        return [word for value in data.values() for word in _all_words(value)]  # type: ignore[reportUnknownVariableType]
    if isinstance(data, list):
        return [word for value in data for word in _all_words(value)]  # type: ignore[reportUnknownVariableType]
    return []
