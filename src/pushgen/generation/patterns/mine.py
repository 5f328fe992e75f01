"""From the pushes of a log to frames: what stands around the facts stays, the facts become a slot.

"Nobody saw this coming. The bridge opened on Monday" with a voice of "Nobody saw this coming" becomes "Nobody saw this
coming. {fact}". A frame states nothing of its own, and what fills its slot comes from the source word for word
(`statements.py`), so that the generator is grounded by construction.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pushgen.errors import InputError
from pushgen.generation.corpus import Row
from pushgen.generation.patterns.config import PatternsConfig
from pushgen.generation.patterns.phrases import Phrases, Piece, is_title_case, pieces
from pushgen.generation.provenance import language_of
from pushgen.records import Content

_SLOTS = ("{fact}", "{said}", "{teaser}")
_MAX_LITERAL = 70
"""Code points of a frame's own words; a longer frame leaves no room for a fact."""


@dataclass(slots=True)
class _Kept:
    contents: set[str] = field(default_factory=set[str])
    weight: float = 0.0
    with_number: int = 0
    times: int = 0


@dataclass(frozen=True, slots=True)
class MinedFrame:
    """A frame with what supports it."""

    text: str
    contents: int
    penalty: float
    """How much less it is wanted than the best supported one of its style."""
    needs_number: bool
    """Whether every statement that the log put into it holds a number."""


Mined = Mapping[tuple[str, str], Sequence[MinedFrame]]
"""Style and language to frames, the best supported first."""


def mine(rows: Sequence[Row], config: PatternsConfig) -> Mined:
    """The frames of the rows, by style and language. A row without a style counts as plain.

    A frame belongs to a style where the style is at least as frequent among its pushes as in the log. Support counts
    contents, each with the confidence of its push. Raises `InputError` where the log has no pattern.
    """
    phrases = Phrases(rows)
    lower = is_title_case([row.text for row in rows])
    found: dict[tuple[str, str], dict[str, _Kept]] = defaultdict(dict)
    totals, by_frame = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for row in rows:
        style = row.style or "plain"
        language = language_of(Content(content_id="", caption=row.caption, language=row.language)).split("-")[0]
        totals[style] += 1
        framed = _frame(row.text, phrases, config, lower)
        if framed is None:
            continue
        text, fact = framed
        by_frame[text][style] += 1
        kept = found[style, language].setdefault(text, _Kept())
        kept.contents.add(row.content_id)
        kept.weight += row.weight
        kept.times += 1
        kept.with_number += any(sign.isdigit() for sign in fact)
    mined: dict[tuple[str, str], list[MinedFrame]] = {}
    for (style, language), frames in sorted(found.items()):
        usual = totals[style] / len(rows)
        listed = [
            (text, kept)
            for text, kept in frames.items()
            if len(kept.contents) >= config.least_per_style
            and by_frame[text][style] >= usual * by_frame[text].total()
            and sum(by_frame[text].values()) >= config.least_contents
        ]
        listed.sort(key=lambda item: (-item[1].weight, item[0]))
        if listed:
            best = listed[0][1].weight
            mined[style, language] = [
                MinedFrame(
                    text,
                    len(kept.contents),
                    round(min(0.5, 0.1 * math.log(best / kept.weight)), 3),
                    kept.with_number == kept.times >= config.least_contents,
                )
                for text, kept in listed[: config.max_frames]
            ]
    if not mined:
        raise InputError(
            expected=f"pushes that share phrases over at least {config.least_contents} contents",
            found=f"no such phrase in {len(rows)} pushes",
            remedy="Curate more of the log, or use `--generator template`, whose frames are written by hand.",
        )
    return mined


def as_toml(mined: Mined) -> str:
    """The frames as a file that the template generator reads and a person can edit."""
    lines = ["# Mined by `pushgen train generator --backend patterns`. Edit freely; the form is that of frames.toml."]
    for (style, language), frames in mined.items():
        lines += ["", f"[{style}.{language}]", "frames = ["]
        for frame in frames:
            needs = ', needs = ["number"]' if frame.needs_number else ""
            text = json.dumps(frame.text, ensure_ascii=False)  # a JSON string is a basic string of TOML
            lines.append(f"  {{ text = {text}, penalty = {frame.penalty}{needs} }}, # {frame.contents} contents")
        lines.append("]")
    return "\n".join([*lines, ""])


def _frame(text: str, phrases: Phrases, config: PatternsConfig, lower: bool) -> tuple[str, str] | None:
    """The frame of a push and what stood in its slot, or None where nothing or everything of it is voice."""
    parts = pieces(text)
    voice = [phrases.is_voice(part, config.least_contents, config.max_from_source) for part in parts]
    facts = [place for place, is_voice in enumerate(voice) if not is_voice]
    if not facts or facts != list(range(facts[0], facts[-1] + 1)):
        return None  # all voice says nothing; two separate facts would need two slots
    before, after = parts[: facts[0]], parts[facts[-1] + 1 :]
    inside = parts[facts[0] : facts[-1] + 1]
    opening = None
    if not before or before[-1].mark.endswith((".", "!", "?", "。", "！", "？")):
        opening = phrases.opening_of(inside[0], config.least_contents, config.max_from_source)
    if not (before or after or opening):
        return None
    mark = inside[-1].mark
    if mark.endswith(("?", "？")):
        return None  # a statement would stand where the log asked
    slot = "{said}" if opening else "{teaser}" if mark.startswith(("…", "...")) else "{fact}"
    closing = mark if after and slot != "{teaser}" else ""
    space = "" if not text.isascii() and " " not in text.strip() else " "
    literal = [_written(part.text, lower, place == 0) for place, part in enumerate(before)]
    middle = f"{_written(opening, lower, not before)} {slot}" if opening else slot + closing
    ending = [_written(part.text, lower, _opens(after, place, mark)) for place, part in enumerate(after)]
    frame = space.join([*literal, middle, *ending]).strip()
    if len(frame) > _MAX_LITERAL or "\n" in frame or sum(frame.count(name) for name in _SLOTS) != 1:
        return None
    return frame, space.join(part.text for part in inside)


def _opens(after: Sequence[Piece], place: int, mark: str) -> bool:
    """Whether a piece after the slot begins a sentence."""
    before = mark if place == 0 else after[place - 1].mark
    return not before or before.endswith((".", "!", "?", "…"))


def _written(text: str, lower: bool, opens: bool) -> str:
    """As in the log; out of a log of headlines in sentence case, so that it agrees with the statement beside it."""
    if not lower:
        return text
    tokens = [
        token if (token.isupper() and token != "A") or token.startswith("I'") else token.lower()
        for token in text.split()
    ]
    body = " ".join(tokens)
    return body[:1].upper() + body[1:] if opens else body
