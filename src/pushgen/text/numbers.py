"""Numbers, dates and times in English and Chinese text, with normalised values."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Literal

from pushgen.text.fact import Fact
from pushgen.text.han_numerals import HAN_DIGITS, HAN_SCALES, han_value

_UNITS = {
    word: value
    for value, word in enumerate(
        [
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        ]
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = {
    **{f"{word}th": value for word, value in _UNITS.items() if value in {4, 6, 7, 10, 11, *range(13, 20)}},
    **{"third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12},
    **{f"{word[:-1]}ieth": value for word, value in _TENS.items()},
    **{"hundredth": 100, "thousandth": 1000, "millionth": 10**6},
}
_ORDINAL_TAILS = {**_ORDINALS, "first": 1, "second": 2}
_VAGUE = {"dozens": 12, "hundreds": 100, "thousands": 10**3, "millions": 10**6, "billions": 10**9, "trillions": 10**12}
_SUFFIXES = {"k": 10**3, "m": 10**6, "mn": 10**6, "mm": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
_CURRENCIES = {
    **{
        "$": "$",
        "€": "€",
        "£": "£",
        "¥": "¥",
        "￥": "¥",
        "₹": "₹",
        "dollar": "$",
        "buck": "$",
        "usd": "$",
        "美元": "$",
    },
    **{"euro": "€", "eur": "€", "欧元": "€", "pound": "£", "gbp": "£", "英镑": "£", "yuan": "¥", "rmb": "¥"},
    **{"元": "¥", "块": "¥", "人民币": "¥", "rupee": "₹", "inr": "₹"},
}
_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MONTH = (
    r"(?-i:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_LONE_MONTH = r"(?-i:January|February|April|June|July|August|September|October|November|December)"
_SPELLED = "|".join(sorted([*_UNITS, *_TENS, *_SCALES, "dozen", *_ORDINAL_TAILS, *_VAGUE], key=len, reverse=True))
_SPELLED_START = "|".join(sorted([*_UNITS, *_TENS, *_SCALES, "dozen", *_ORDINALS, *_VAGUE], key=len, reverse=True))
_LEFT = r"(?<![A-Za-z0-9_])(?<!\d\.)"
_SCAN = re.compile(
    rf"""
    (?P<iso>{_LEFT}(?P<iy>\d{{4}})(?P<sep>[-/.])(?P<im>\d{{1,2}})(?P=sep)(?P<id>\d{{1,2}})(?![\d/.]))
  | (?P<zdate>(?:(?P<zy>\d{{4}}|\d{{2}})年)?(?P<zm>\d{{1,2}})月(?:(?P<zd>\d{{1,2}})[日号])?|(?P<zy2>\d{{4}})年)
  | (?P<mdate>{_LEFT}(?P<mm>{_MONTH})\s(?P<md>\d{{1,2}})(?:st|nd|rd|th)?(?!\w|[:,.]\d)(?:,?\s(?P<my>\d{{4}})(?!\w))?)
  | (?P<ddate>{_LEFT}(?P<dd>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<dm>{_MONTH})(?!\w)(?:,?\s(?P<dy>\d{{4}})(?!\w))?)
  | (?P<myear>{_LEFT}(?P<ym>{_MONTH}),?\s(?P<yy>\d{{4}})(?!\w))
  | (?P<month>{_LEFT}(?:{_LONE_MONTH}|(?:(?<=\bin\s)|(?<=\bof\s)|(?<=\bsince\s)|(?<=\blast\s)|(?<=\bnext\s))
        (?-i:May|March))(?![\w-]))
  | (?P<weekday>{_LEFT}(?-i:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?=s?\b))
  | (?P<zweekday>(?:星期|礼拜|(?<![一两二三四五六七八九十半整几\d])周)(?P<zw>[一二三四五六日天])
        (?![一-鿿]?[次回场]|[个天周围]))
  | (?P<time>{_LEFT}\d{{1,2}}:\d{{2}}(?:\s?[ap]\.?m\b\.?)?(?!\d)|{_LEFT}\d{{1,2}}\s?[ap]\.?m\b\.?)
  | (?P<zpercent>百分之(?P<zp>[零〇一二两三四五六七八九十百点]+|\d+(?:\.\d+)?))
  | (?P<digits>{_LEFT}(?P<currency>(?:US|A|C|HK)?[$€£¥￥₹]\s?)?
        (?P<number>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)*|(?<![\w.])\.\d+)
        (?:(?P<attached>(?:k|K|m|M|mn|mm|b|B|bn|tn|st|nd|rd|th|s)(?![A-Za-z0-9]))
          |[\s-]?(?P<scale>(?:hundred|thousand|million|billion|trillion)s?\b|mn\b|bn\b)|(?P<zscale>[百千万亿]+))?
        (?:\s?(?P<percent>%|％|percent\b|per\scent\b|percentage\spoints?\b)
          |\s?(?P<unit>dollars?\b|bucks?\b|USD\b|euros?\b|EUR\b|pounds?\b|GBP\b|yuan\b|RMB\b|rupees?\b|INR\b
              |美元|欧元|英镑|人民币|元|块(?=钱|[^\u4e00-\u9fff]|$)))?)
  | (?P<spelled>(?<![\w-])(?:an?\s(?=hundred|thousand|[mbt]r?illion|dozen))?(?!zero-)(?:{_SPELLED_START})
        (?:(?:\s|-)(?:and\s)?(?:{_SPELLED}))*(?![\w])
        (?:\s(?P<sunit>percent\b|per\scent\b|dollars?\b|bucks?\b|euros?\b|pounds?\b))?)
  | (?P<han>第?[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HAN_MEASURE = re.compile(r"[个名位人年月日天岁次件种条部只张台座家所米斤元块倍分小周点层届集季国场秒步句首幅]")
_HAN_WORDS = re.compile(r"万一|十分(?!钟)|千万(?=别|不|要|记得|小心)|万万|百万?般|千百|一一|三三两两|七八")


def find_numbers(text: str) -> Iterator[Fact]:
    """Numbers, dates and times, in order and without overlap.

    "One", "first" and "second" alone are left out: they are pronouns, adverbs and a unit far more often than counts.
    So is "zero" in compounds such as "zero-shot".
    """
    for match in _SCAN.finditer(text):
        kind = match.lastgroup
        group = match.groupdict()
        if group["digits"]:
            yield _digits(match)
        elif group["spelled"]:
            yield from _spelled(match)
        elif group["han"]:
            yield from _han(text, match)
        elif group["zpercent"]:
            inner = group["zp"]
            value = Decimal(inner) if inner[0].isdigit() and inner[0] in "0123456789" else han_value(inner)
            yield _fact("number", match, canonical(value), "%")
        elif group["time"]:
            yield _fact("time", match, re.sub(r"[\s.]", "", match.group()).lower())
        elif group["zweekday"]:
            yield _fact("date", match, _WEEKDAYS[min("一二三四五六日天".index(group["zw"]), 6)])
        elif group["weekday"]:
            yield _fact("date", match, match.group().lower())
        elif kind is not None:
            yield _fact("date", match, _date(group, match.group()))


def _fact(kind: Literal["number", "date", "time"], match: re.Match[str], value: str, unit: str = "") -> Fact:
    return Fact(kind=kind, text=match.group(), value=value, start=match.start(), end=match.end(), unit=unit)


def canonical(value: Decimal | int) -> str:
    """A number without separators, exponent or trailing zeros."""
    plain = f"{Decimal(value):f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def _date(group: dict[str, str | None], whole: str) -> str:
    year = group["iy"] or group["zy"] or group["zy2"] or group["my"] or group["dy"] or group["yy"]
    named = group["mm"] or group["dm"] or group["ym"] or (whole if group["month"] else None)
    counted = group["im"] or group["zm"]
    day = group["id"] or group["zd"] or group["md"] or group["dd"]
    month = int(counted) if counted else 0
    if named:
        month = next(index for index, name in enumerate(_MONTHS, 1) if name.startswith(named[:3].lower()))
    parts = (year or "-", f"{month:02d}" if month else "", f"{int(day):02d}" if day else "")
    return "-".join(part for part in parts if part)


def _digits(match: re.Match[str]) -> Fact:
    raw = match["number"].replace(",", "")
    attached, scale, han = (match[name] for name in ("attached", "scale", "zscale"))
    if raw.count(".") > 1:
        return _fact("number", match, raw)
    try:
        value = Decimal(raw)
    except InvalidOperation:  # digits of other scripts in odd mixtures
        return _fact("number", match, raw)
    unit = ""
    if match["percent"]:
        unit = "%"
    elif match["currency"]:
        unit = _CURRENCIES[match["currency"].strip()[-1]]
    elif match["unit"]:
        unit = _CURRENCIES[match["unit"].lower().rstrip("s")]
    if attached and attached.lower() in _SUFFIXES:
        value *= _SUFFIXES[attached.lower()]
    elif attached and attached.lower() == "s":
        unit = "decade"
    elif attached:
        unit = "ordinal"
    elif scale:
        word = scale.lower().rstrip("s")
        value *= _SCALES.get(word) or _SUFFIXES[word]
    for sign in han or "":
        value *= HAN_SCALES[sign]
    year = not (unit or attached or scale or han) and "," not in match["number"] and re.fullmatch(r"1\d{3}|20\d\d", raw)
    return _fact("date" if year else "number", match, canonical(value), unit)


def _spelled(match: re.Match[str]) -> Iterator[Fact]:
    tokens = [token for token in re.finditer(r"[a-z]+", match.group(), re.IGNORECASE) if token.group().lower() != "and"]
    unit = match["sunit"]
    sign = "" if not unit else "%" if unit.lower().startswith("per") else _CURRENCIES[unit.lower().rstrip("s")]
    group: list[re.Match[str]] = []
    groups: list[list[re.Match[str]]] = []
    for token in tokens:
        word = token.group().lower()
        if word in {"percent", "per", "cent"} or word.rstrip("s") in _CURRENCIES:
            break
        before = group[-1].group().lower() if group else ""
        small = word in _UNITS or word in _ORDINAL_TAILS
        clash = (small and before in _UNITS) or (word in _TENS and (before in _UNITS or before in _TENS))
        if clash or before in _VAGUE or before in _ORDINAL_TAILS:
            groups.append(group)
            group = []
        group.append(token)
    groups.append(group)
    for index, members in enumerate(groups):
        spelled = [token.group().lower() for token in members if token.group().lower() not in {"a", "an"}]
        if spelled in (["one"], ["first"], ["second"], []):
            continue
        start = match.start() + members[0].start()
        last = index == len(groups) - 1
        end = match.end() if last and sign else match.start() + members[-1].end()
        kind_unit = "ordinal" if spelled[-1] in _ORDINAL_TAILS else "vague" if spelled[-1] in _VAGUE else ""
        yield Fact(
            kind="number",
            text=match.string[start:end],
            value=canonical(_spelled_value(spelled)),
            start=start,
            end=end,
            unit=kind_unit or (sign if last else ""),
        )


def _spelled_value(tokens: list[str]) -> int:
    total = current = 0
    for word in tokens:
        if (
            word in _UNITS
            or word in _TENS
            or word in {"first", "second"}
            or (word in _ORDINALS and _ORDINALS[word] < 100)
        ):
            current += _UNITS.get(word) or _TENS.get(word) or _ORDINAL_TAILS.get(word) or 0
        elif word == "dozen":
            current = max(1, current) * 12
        else:
            scale = _SCALES.get(word) or _VAGUE.get(word) or _ORDINALS[word]
            if scale == 100:
                current = max(1, current) * 100
            else:
                total, current = total + max(1, current) * scale, 0
    return total + current


def _han(text: str, match: re.Match[str]) -> Iterator[Fact]:
    whole = match.group()
    ordinal = whole.startswith("第")
    body = whole.removeprefix("第")
    if not body or body == "一" or _HAN_WORDS.match(text, match.start()):
        return
    if all(sign in HAN_DIGITS for sign in body):
        if text[match.end() : match.end() + 1] == "年" and len(body) == 4:
            yield _fact("date", match, "".join(str(HAN_DIGITS[sign]) for sign in body))
            return
        if len(body) > 1:
            return
    if len(body) == 1 and not ordinal and not (body != "万" and _HAN_MEASURE.match(text, match.end())):
        return
    yield _fact("number", match, canonical(han_value(body)), "ordinal" if ordinal else "")


def date_parts(value: str) -> tuple[str, str, str]:
    """Year, month and day of a date's normalised value, empty where it has none. A weekday stands as the month."""
    if not value[:1].isdigit() and not value.startswith("--"):
        return "", value, ""
    year, _, rest = ("", "", value[2:]) if value.startswith("--") else value.partition("-")
    month, _, day = rest.partition("-")
    return year, month, day
