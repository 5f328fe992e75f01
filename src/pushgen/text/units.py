"""Units of measurement behind a number, English and Chinese, brought to one base unit per dimension."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple


class Measure(NamedTuple):
    """A unit: what it measures and how many base units it holds."""

    dimension: str
    """`length` in metres, `mass` in grams, `time` in seconds, `calendar` in months, `area` in square metres, `volume`
    in litres, `speed` in km/h, `data` in bytes, `times`, `age` in years, `celsius`, `fahrenheit`, `energy` in kcal."""
    factor: Decimal
    end: int = 0
    """Where the unit's word ends in the text."""


_TABLE = """
length   0.001  millimetre millimeter 毫米
length   0.01   centimetre centimeter 厘米 公分
length   1      metre meter 米
length   1000   kilometre kilometer 公里 千米
length   1609.344 mile 英里
length   0.3048 foot feet 英尺
length   0.0254 inch inches 英寸
length   0.9144 yard
mass     0.001  milligram 毫克
mass     1      gram gramme 克
mass     500    斤
mass     1000   kilogram kilo 千克 公斤
mass     1000000 tonne ton 吨
mass     453.592 lb
mass     28.3495 ounce oz
time     1      second sec 秒 秒钟
time     60     minute min 分钟
time     3600   hour hr 小时 个小时 钟头 个钟头
time     86400  day 天
time     604800 week 周 星期 个星期 个礼拜
calendar 1      month 个月
calendar 12     year 年
calendar 120    decade
calendar 1200   century centuries 世纪 个世纪
area     1      平方米 平米 平方
area     4046.86 acre
area     666.667 亩
area     10000  hectare 公顷
volume   0.001  millilitre milliliter 毫升
volume   1      litre liter 升
volume   3.78541 gallon
speed    1.609344 mph
speed    1      km/h kph kmh
data     1000   kilobyte
data     1000000 megabyte
data     1000000000 gigabyte
data     1000000000000 terabyte
energy   1      calorie kilocalorie 大卡 千卡
times    1      times 倍
age      1      岁 周岁
celsius  1      degrees_celsius 摄氏度 ℃ °C
fahrenheit 1    degrees_fahrenheit 华氏度 ℉ °F
"""
_SHORT = {
    "mm": "millimetre", "cm": "centimetre", "m": "metre", "km": "kilometre", "mi": "mile", "ft": "foot",
    "mg": "milligram", "g": "gram", "kg": "kilogram", "h": "hour", "ml": "millilitre", "l": "litre", "L": "litre",
    "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "kcal": "calorie",
    "x": "times",
}  # fmt: skip
"""Symbols; upper and lower case differ, and no letter may follow."""
_UNITS = {
    word.replace("_", " "): Measure(line.split()[0], Decimal(line.split()[1]))
    for line in _TABLE.strip().splitlines()
    for word in line.split()[2:]
}
_HAN_UNIT = "|".join(sorted((unit for unit in _UNITS if not unit.isascii()), key=len, reverse=True))
_NO_UNIT = "(?<=年)[级代轻货味]|(?<=周)[年末边刊]|(?<=米)[饭粉线]|(?<=秒)[杀懂变]|(?<=克)[拉服制]|(?<=天)[才使空地下生]"
"""What makes another word of a unit: 三年级 is third grade, 三周年 an anniversary, 秒杀 a sale."""
_WORD_UNIT = "|".join(sorted((re.escape(unit) for unit in _UNITS if unit.isascii()), key=len, reverse=True))
_AFTER = re.compile(
    rf"(?P<square>\s?square)?[\s-]?(?P<word>(?i:{_WORD_UNIT}))(?:(?<!s)s)?(?![A-Za-z])"
    rf"|\s?(?P<symbol>{'|'.join(sorted(_SHORT, key=len, reverse=True))})(?:²|2(?!\d))?(?![A-Za-z0-9'’])"
    rf"|\s?(?P<han>{_HAN_UNIT})(?!{_NO_UNIT})"
)
_ONE = re.compile(
    rf"(?<![\w-])(?P<half>half\s)?an?\s(?P<word>(?i:{_WORD_UNIT}))(?![A-Za-z])|(?P<zh>半)(?P<han>{_HAN_UNIT})"
)
_METRES = re.compile(r"\d+(?:\.\d+)?m")


def measure_after(text: str, end: int) -> Measure | None:
    """The unit that stands right behind a number that ends at `end`; None where there is none."""
    match = _AFTER.match(text, end)
    if match is None:
        return None
    if match["word"]:
        unit = _UNITS[match["word"].lower()]
    elif match["symbol"]:
        unit = _UNITS[_SHORT[match["symbol"]]]
    else:
        unit = _UNITS[match["han"]]
    if match["square"] or match.group()[-1] in "²2":
        unit = Measure("area", unit.factor * unit.factor) if unit.dimension == "length" else unit
    return Measure(unit.dimension, unit.factor, match.end())


def is_metres(text: str) -> bool:
    """Whether "5m" may be five metres where a number's rules read five million."""
    return _METRES.fullmatch(text) is not None


def articles(text: str) -> Iterator[tuple[str, Decimal]]:
    """Dimension and amount in base units of quantities without a number: "an hour", "half a mile", 半年."""
    for match in _ONE.finditer(text):
        unit = _UNITS[(match["word"] or match["han"]).lower()]
        yield unit.dimension, unit.factor / (2 if match["half"] or match["zh"] else 1)
