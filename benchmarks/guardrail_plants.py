"""Violations planted into human texts, one function per rule. Nothing here is shared with the rules' own code.

The words and phrases of `guardrail_plants.toml` were written by the same hand as the rules' lists, without looking at
them: a kind of violation that both miss shows as no loss.
"""

import random
import re
import string
import tomllib
from pathlib import Path

HIDDEN = "\u202e\u202d\u2066\u2067\u200b\ufeff\x07\x00\x1b\x7f\x85\u2060\u00ad\u202a"
SLOTS = ["name", "first_name", "user", "product", "city", "item_title", "price", "count", "brand", "link"]
_LISTS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SWEARS_EN = _LISTS["swears_en"]
SWEARS_ZH = _LISTS["swears_zh"]
FOREIGN = _LISTS["foreign"]
BAIT_EN = _LISTS["bait_en"]
BAIT_ZH = _LISTS["bait_zh"]
ORDERS_EN = _LISTS["orders_en"]
ORDERS_ZH = _LISTS["orders_zh"]
NAMES_ZH = _LISTS["names_zh"]
FRAMES_ZH = _LISTS["frames_zh"]


def put(text: str, piece: str, rng: random.Random, *, chinese: bool = False) -> str:
    """The text with a piece at its start, its end or between two words."""
    joint = "，" if chinese else " "
    place = rng.randrange(3)
    if place == 0:
        return f"{piece}{joint}{text}"
    if place == 1 or chinese:
        return f"{text}{joint}{piece}"
    words = text.split(" ")
    spot = rng.randrange(len(words) + 1)
    return " ".join([*words[:spot], piece, *words[spot:]])


def control(text: str, rng: random.Random) -> str:
    spot = rng.randrange(1, max(2, len(text)))
    return text[:spot] + rng.choice(HIDDEN) + text[spot:]


def leftover(rng: random.Random) -> str:
    slot = rng.choice(SLOTS)
    forms = [
        *(
            f"{{{slot}}}",
            f"{{{{{slot}}}}}",
            f"{{{{ user.{slot} }}}}",
            f"${{{slot}}}",
            f"%({slot})s",
            "%s",
            "%d",
            f"[{slot.upper()}]",
        ),
        *(
            f"<b>{slot}</b>",
            "<br>",
            "<br/>",
            "</p>",
            "&nbsp;",
            "&amp;",
            "&#39;",
            f"<%= {slot} %>",
            f"*|{slot.upper()}|*",
            "[object Object]",
        ),
        *(
            f"**{slot}**",
            f"[{slot}](https://a.example)",
            "\\u4e2d",
            "{0}",
            f"%%{slot.upper()}%%",
            "NaN",
            "[insert name]",
            "lorem ipsum",
        ),
        f"<span class='x'>{slot}",
    ]
    return rng.choice(forms)


def link(rng: random.Random) -> str:
    word = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(4, 9)))
    top = rng.choice(["com", "net", "org", "cn", "io", "shop", "xyz", "co", "top", "com.cn", "co.uk"])
    path = "".join(rng.choices(string.ascii_letters + string.digits, k=6))
    forms = [
        f"https://{word}.{top}/{path}",
        f"http://{word}.{top}",
        f"www.{word}.{top}",
        f"{word}.{top}/{path}",
        f"{word}.{top}",
    ]
    return rng.choice([*forms, f"https://t.{word}.{top}/?a={path}&b=1", f"bit.ly/{path}", "http://203.0.113.7/x"])


def swear(word: str, rng: random.Random) -> str:
    """A word as people write it past filters."""
    form = rng.randrange(6)
    if form == 0:
        return word.upper()
    if form == 1:
        return word.capitalize()
    if form == 2:
        return re.sub("[aeiou]", "*", word, count=1)
    if form == 3:
        return word.translate(str.maketrans("aeios", "43105"))
    if form == 4:
        spot = rng.randrange(1, len(word) - 1)
        return word[:spot] + word[spot] * 3 + word[spot:]
    return word


def personal(rng: random.Random, *, chinese: bool) -> str:
    def digits(count: int) -> str:
        return "".join(rng.choices(string.digits, k=count))

    user = "".join(rng.choices(string.ascii_lowercase, k=6))
    mail = f"{user}{digits(2)}@{rng.choice(['mail', 'post', 'corp'])}.{rng.choice(['com', 'org', 'cn', 'co.uk'])}"
    body = rng.choice("45") + digits(14)
    total = sum(sum(divmod(2 * int(d), 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
    card = body + str(-total % 10)
    cards = [
        card,
        " ".join(card[i : i + 4] for i in range(0, 16, 4)),
        "-".join(card[i : i + 4] for i in range(0, 16, 4)),
    ]
    if chinese:
        born = f"{rng.randint(1950, 2005)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
        head = rng.choice(["110101", "310104", "440305", "510107", "330106"]) + born + digits(3)
        remainder = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(head)) % 11
        identity = head + "0123456789X"[(12 - remainder) % 11]
        mobile = "1" + rng.choice("3456789") + digits(9)
        forms = [
            mobile,
            f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}",
            f"+86 {mobile}",
            f"0{rng.choice(['10', '21', '755'])}-{rng.randint(2, 8)}{digits(7)}",
        ]
        return rng.choice(
            [
                *forms,
                mail,
                f"微信：{user}{digits(3)}",
                f"QQ群{rng.randint(1, 9)}{digits(8)}",
                identity,
                rng.choice(cards),
            ]
        )
    area, middle, last = f"{rng.randint(2, 9)}{digits(2)}", f"{rng.randint(2, 9)}{digits(2)}", digits(4)
    ssn = f"{rng.randint(1, 665):03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"
    forms = [
        f"({area}) {middle}-{last}",
        f"{area}-{middle}-{last}",
        f"{area}.{middle}.{last}",
        f"+1 {area} {middle} {last}",
        f"1-{area}-{middle}-{last}",
    ]
    return rng.choice(
        [
            *forms,
            f"+44 20 {rng.randint(7, 8)}{digits(3)} {digits(4)}",
            mail,
            mail.upper(),
            ssn if "666" not in ssn else "078-05-1120",
            rng.choice(cards),
        ]
    )


def near_copy(text: str, rng: random.Random) -> str:
    """The text with other case, marks, or one letter changed: what a reader takes for the same push."""
    form = rng.randrange(4)
    if form == 0:
        return text.upper()
    if form == 1:
        return text + rng.choice(["!", "!!", "…", " 🔥"])
    if form == 2:
        return re.sub(r"[,.!?:;，。！？：]", "", text) + "."
    return f"{text[:-2]}{text[-1:]}" if len(text) > 60 else f"“{text}”"
