import pytest

from pushgen.delivery.slots import LONGEST_VALUE, UnfilledSlotError, fill, slots_of


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("Hi {first_name|there}", {"first_name": "Ann"}, "Hi Ann"),
        ("Hi {first_name|there}", {}, "Hi there"),
        ("Hi {first_name|there}", {"first_name": " \n\t"}, "Hi there"),
        ("Hi {first_name|}!", {}, "Hi !"),
        ("{{first_name}} costs {{", {"first_name": "Ann"}, "{first_name} costs {"),
        ("{a}{a}", {"a": "{b}", "b": "never"}, "{b}{b}"),
        ("a } b {", {}, "a } b {"),
        ("{a.__class__} {a!r} {a:>9} {0} {}", {"a": "x"}, "{a.__class__} {a!r} {a:>9} {0} {}"),
        ("{{% import os %}}{a}", {"a": "{{ 7 * 7 }}"}, "{% import os %}{{ 7 * 7 }}"),
        ("{a}", {"a": "one\r\ntwo\u202ethree\x00"}, "one two three"),
        ("{a}", {"a": "x" * 500}, "x" * LONGEST_VALUE),
        ("{a}", {"a": "👩‍🚀"}, "👩‍🚀"),
    ],
)
def test_fill(text: str, values: dict[str, str], expected: str) -> None:
    assert fill(text, values) == expected


def test_a_slot_with_nothing_to_stand_in() -> None:
    with pytest.raises(UnfilledSlotError, match="city"):
        fill("News from {city}", {"town": "Ulm"})


def test_slots_of_a_text() -> None:
    assert slots_of("{{no}} {first_name|you} in {city}") == ["first_name", "city"]
