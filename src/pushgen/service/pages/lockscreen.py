"""What of a push shows on a locked phone, before anybody touches it.

Neither Apple nor Google documents a number, and screens and type sizes differ; the numbers here are those that senders
give their customers. Batch ("What is the optimal length for every iOS/Android push notification?"): iOS shows up to 180
characters over four lines on the lock screen, Android one line of about 50. Emarsys ("Limitations for text length"): a
collapsed Android notification shows one line of title and one of body, 20 to 55 characters each, by screen density. A
title of iOS has one line, as wide as one of the four of the body: 45.
"""

import unicodedata
from dataclasses import dataclass

import regex

_GRAPHEME = regex.compile(r"\X")
_ELLIPSIS = "…"
_AS_EMOJI = "\N{VARIATION SELECTOR-16}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Room on a lock screen, in the width of a Latin letter; Chinese signs and emoji take two."""

    name: str
    title: int
    body: int


IOS = Screen(name="iOS", title=45, body=180)
ANDROID = Screen(name="Android", title=50, body=50)
SCREENS = (IOS, ANDROID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A push as one lock screen shows it."""

    screen: Screen
    title: str | None
    body: str
    lost: str
    """What the cut hides, title first; empty where all shows."""


def preview(screen: Screen, title: str | None, body: str) -> Shown:
    """The push with an ellipsis where the screen cuts it. Line breaks become spaces, as one line has none."""
    shown_title, lost_title = cut_to_width(title or "", screen.title)
    shown_body, lost_body = cut_to_width(body, screen.body)
    lost = " … ".join(part for part in (lost_title, lost_body) if part)
    return Shown(screen=screen, title=shown_title or None, body=shown_body, lost=lost)


def cut_to_width(text: str, room: int) -> tuple[str, str]:
    """What fits into a room of Latin letters, with an ellipsis where it is cut, and the rest; graphemes stay whole."""
    text = " ".join(text.split())
    used = end = 0
    last = 0
    for match in _GRAPHEME.finditer(text):
        used += width(match.group())
        if used <= room - 1:
            last = match.end()
        if used > room:
            return text[:last].rstrip() + _ELLIPSIS, text[last:].lstrip()
        end = match.end()
    return text[:end], ""


def width(grapheme: str) -> int:
    """2 for wide signs and emoji, 1 for others."""
    wide = any(unicodedata.east_asian_width(sign) in "WF" for sign in grapheme)
    return 2 if wide or _AS_EMOJI in grapheme else 1
