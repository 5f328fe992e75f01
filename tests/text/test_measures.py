from pathlib import Path

import numpy as np
import pytest

from pushgen.errors import InputError
from pushgen.text.bounds import Bounds, bounds_of, read_bounds, write_bounds
from pushgen.text.measures import MEASURES, strip_emoji


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, 0, 0, 0, 0, 0)),
        ("🍜🔥🎉", (3, 0, 0, 3, 0, 0)),
        ("👩‍🍳 cooks", (7, 0, 0, 1, 0, 0)),
        ("🇫🇷 wins 3,000.50", (15, 1, 0, 1, 0, 0)),
        ("WHY? Why??", (10, 0, 4 / 6, 0, 3, 0)),
        ("面馆 2024年 3人？", (12, 2, 0, 0, 1, 0)),
        ("Then Barack Obama saw it", (24, 0, 3 / 20, 0, 0, 1)),
        ("© 2024 ™", (8, 1, 0, 0, 0, 0)),
    ],
)
def test_measures_count_what_a_person_counts(text: str, expected: tuple[float, ...]) -> None:
    found = [measure(text) for measure in MEASURES.values()]
    assert found == pytest.approx(expected)


def test_huge_and_broken_texts_are_measured() -> None:
    for text in ("x" * 100_000, "Word 9 " * 20_000, "\ud800 lone", "🔥" * 1000):
        assert all(np.isfinite(measure(text)) for measure in MEASURES.values())


def test_emoji_are_stripped_without_a_trace() -> None:
    assert strip_emoji("a 🔥 b 👩‍🍳") == "a b"
    assert strip_emoji("a  b ©") == "a  b ©"


def test_bounds_are_the_quantiles_of_distinct_texts() -> None:
    texts = ["x" * length for length in range(1, 101)]
    assert bounds_of([*texts, *texts[:1] * 1000]).ranges["length"] == (1, 99)
    assert bounds_of(texts, 0.1, 0.5).ranges["length"] == (10, 50)
    assert bounds_of([]).ranges == {}


def test_a_broken_bound_is_said_in_words() -> None:
    bounds = Bounds({"length": (3, 5), "digits": (0, 1)})
    assert bounds.broken("abcd") is None
    assert bounds.broken("ab") == "length 2 is below 3"
    assert bounds.broken("1 2 3") == "digits 3 is above 1"


def test_bounds_survive_the_file(tmp_path: Path) -> None:
    bounds = bounds_of(["Why is Anna Keller here?", "3 facts", "SHOUT!"])
    write_bounds(bounds, tmp_path / "bounds.toml", ["a note"])
    assert read_bounds(tmp_path / "bounds.toml") == bounds
    (tmp_path / "open.toml").write_text("[length]\nhigh = 90\n")
    assert read_bounds(tmp_path / "open.toml").ranges == {"length": (-np.inf, 90)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[shine]\nlow = 1", "shine"),
        ("[length]\nlow = 5\nhigh = 1", "low not above high"),
        ("[length]\nlow = 'a'", "numbers"),
        ("length = 3", "numbers"),
        ("[length]\nmiddle = 3", "numbers"),
        ("[length", "TOML"),
    ],
)
def test_bounds_that_are_none_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bounds.toml").write_text(text)
    with pytest.raises(InputError, match=words):
        read_bounds(tmp_path / "bounds.toml")
