"""What of a push a locked phone shows."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from pushgen.service.pages.lockscreen import ANDROID, IOS, cut_to_width, preview, width


@pytest.mark.parametrize(
    ("text", "room", "shown", "lost"),
    [
        ("four", 4, "four", ""),
        ("fives", 4, "fiv…", "es"),
        ("one two three", 8, "one two…", "three"),
        ("two\nlines", 20, "two lines", ""),
        ("新しい展示室", 7, "新しい…", "展示室"),
        ("👩‍👩‍👧‍👦ab", 4, "👩‍👩‍👧‍👦ab", ""),
        ("a👩‍👩‍👧‍👦bc", 4, "a👩‍👩‍👧‍👦…", "bc"),
        ("❤️❤️", 3, "❤️…", "❤️"),
        ("", 5, "", ""),
    ],
)
def test_by_hand(text: str, room: int, shown: str, lost: str) -> None:
    assert cut_to_width(text, room) == (shown, lost)


@given(text=st.text(max_size=80), room=st.integers(min_value=3, max_value=60))
def test_it_always_fits_and_loses_nothing(text: str, room: int) -> None:
    shown, lost = cut_to_width(text, room)
    assert sum(width(part) for part in regex.findall(r"\X", shown)) <= room
    kept = shown.removesuffix("…") if lost else shown
    assert "".join((kept + lost).split()) == "".join(text.split())


def test_title_and_body_by_phone() -> None:
    body = "word " * 40
    ios, android = (preview(screen, "A title of one line", body) for screen in (IOS, ANDROID))
    assert (len(ios.body), len(android.body)) == (180, 50)
    assert (ios.title, ios.lost[:4]) == ("A title of one line", "word")
    assert preview(IOS, None, "short").title is None
