from decimal import Decimal

import pytest

from pushgen.text.units import articles, measure_after


@pytest.mark.parametrize(
    ("text", "dimension", "base"),
    [
        ("5 km away", "length", 5000),
        ("5km away", "length", 5000),
        ("5-mile walk", "length", Decimal("8046.720")),
        ("5 Miles to go", "length", Decimal("8046.720")),
        ("5 square metres", "area", 5),
        ("5 km² of forest", "area", 5_000_000),
        ("5 hours", "time", 18_000),
        ("5-minute", "time", 300),
        ("5 centuries", "calendar", 6000),
        ("5个小时", "time", 18_000),
        ("5年前", "calendar", 60),
        ("5公斤", "mass", 5000),
        ("5 times", "times", 5),
        ("5x faster", "times", 5),
    ],
)
def test_units(text: str, dimension: str, base: Decimal | int) -> None:
    unit = measure_after(text, 1)
    assert unit is not None
    assert (unit.dimension, 5 * unit.factor) == (dimension, base)


@pytest.mark.parametrize(
    "text", ["5", "5 minded men", "5 kmart", "5年级", "5周年", "5G", "5 marvels", "5 m's", "5 gears"]
)
def test_no_units(text: str) -> None:
    assert measure_after(text, 1) is None


def test_amounts_without_a_number() -> None:
    assert list(articles("half an hour, a mile and 半年")) == [
        ("time", 1800),
        ("length", Decimal("1609.344")),
        ("calendar", 6),
    ]
