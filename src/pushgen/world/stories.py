"""Contents of the world and the facts behind them. A content is a pure function of the seed and its id."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pushgen.records import Content
from pushgen.world.language import Event, Language, expand, with_articles, words

START = datetime(2025, 1, 1, tzinfo=UTC)
"""First day of the logged period."""


_CLAUSES = ("detail", "hook", "tip", "outcome")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something concrete that a push can name."""

    kind: str
    """person, role, place, day, organisation, number or object."""
    text: str
    signs: tuple[frozenset[str], ...]
    """The fact is named where all words of one sign occur."""

    def named_in(self, found: frozenset[str]) -> bool:
        return any(sign <= found for sign in self.signs)


@dataclass(frozen=True, slots=True)
class Story:
    """A content with all that the world knows of it."""

    content: Content
    topic: int
    facts: tuple[Fact, ...]
    """Facts that the caption states."""
    slots: Mapping[str, tuple[str, ...]]
    """Fillings for the frames; a slot about a fact that the caption leaves out is absent."""
    source: frozenset[str]
    """Lower-case words of title and caption."""
    appeal: float
    """Standard normal: how much people want to see the content, whatever the text."""
    quality: float
    """Standard normal: how well the content holds who clicked."""
    grip: float
    """Standard normal: how much the wording matters for this content."""


def tell(seed: int, content_id: str, position: float, days: int, language: Language) -> Story:
    """The story of an id; `position` in [0, 1) sets when it appeared in the period of `days` days."""
    rng = random.Random(f"{seed}/story/{content_id}")
    index = rng.randrange(len(language.topics))
    topic = language.topics[index]
    event = rng.choice(topic.events)
    slots, facts = _facts(event, language, rng)
    role, org = rng.choice(topic.roles), rng.choice(topic.orgs)
    slots |= {
        "role": (role,),
        "a_role": (with_articles(f"a {role}"),),
        "org": (org,),
        "crowd": (rng.choice(topic.crowd),),
        "day": (rng.choice(language.names.days),),
    }
    facts += [_fact("role", role), _fact("organisation", org), _fact("day", slots["day"][0])]
    one = {name: rng.choice(values) for name, values in slots.items()}
    sentences = [expand(rng.choice(language.leads), one.__getitem__, rng)]
    told: set[str] = set()
    for frame in rng.sample(language.more, rng.choice((1, 2, 2, 3))):
        clauses = {name for name in _CLAUSES if f"{{{name}}}" in frame}
        if not clauses & told:
            sentences.append(expand(frame, one.__getitem__, rng))
            told |= clauses
    caption = " ".join(sentences)
    title = f"{_upper_first(rng.choice(slots['np']))}{rng.choice((' in ' + one['place'], '', ''))}"
    source = frozenset(words(f"{title} {caption}"))
    created = START + timedelta(minutes=int(position * days * 1440) - rng.randrange(60, 4320))
    stated = tuple(fact for fact in facts if fact.named_in(source))
    return Story(
        content=Content(
            content_id=content_id, title=title, caption=caption, language="en", category=topic.name, created_at=created
        ),
        topic=index,
        facts=stated,
        slots=_supported({**slots, **{name: (one[name],) for name in told}}, source),
        source=source,
        appeal=rng.gauss(0.0, 1.0),
        quality=rng.gauss(0.0, 1.0),
        grip=rng.gauss(0.0, 1.0),
    )


def _facts(event: Event, language: Language, rng: random.Random) -> tuple[dict[str, tuple[str, ...]], list[Fact]]:
    names = language.names
    first, last = rng.choice(names.first), rng.choice(names.last)
    place = rng.choice(names.place_start) + rng.choice(names.place_end)
    if rng.random() < 0.15:
        place = f"{rng.choice(names.place_before)} {place}"
    values = {
        "n": str(rng.randint(*event.n)),
        "m": str(rng.randint(*event.m)),
        "x": rng.choice(event.x),
        "y": rng.choice(event.y),
        "last": last,
    }
    slots = {
        name: tuple(with_articles(frame.format_map(values)) for frame in frames)
        for name, frames in event.phrases.items()
    }
    slots |= {"who": (f"{first} {last}",), "first": (first,), "last": (last,), "place": (place,)}
    person = Fact("person", f"{first} {last}", (frozenset(words(first)), frozenset(words(last))))
    facts = [person, _fact("place", place), _fact("number", values["n"]), _fact("number", values["m"])]
    return slots, [*facts, _fact("object", values["x"]), _fact("object", values["y"])]


def _fact(kind: str, text: str) -> Fact:
    return Fact(kind, text, (frozenset(words(text)),))


def _supported(slots: Mapping[str, tuple[str, ...]], source: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Slots whose claims the caption makes.

    A hook, a piece of advice or an outcome that the caption tells is used as it is told; where the caption tells none,
    writers who saw the video use what they saw, which holds no name and no number.
    """
    kept: dict[str, tuple[str, ...]] = {}
    for name, values in slots.items():
        if name in ("hook", "tip", "outcome", "crowd"):
            kept[name] = values
            continue
        exact = name in ("count", "count2", "org", "day", "place", "who", "role", "a_role", "detail")
        fitting = tuple(
            value
            for value in values
            if (set(words(value)) <= source if exact else {w for w in words(value) if w.isdigit()} <= source)
        )
        if fitting:
            kept[name] = fitting
    return kept


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
