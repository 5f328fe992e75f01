"""Human texts, supported pairs and planted violations that `guardrails.py` measures on, all of the reported half."""

import csv
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import guardrail_plants as plants
from benchmarks.grounding import cast_of, first_lower, netflix, paper, scitldr
from pushgen.records import Content
from pushgen.splits import position
from pushgen.text.clean import clean_text

SIZE = 300
SALT = "guardrail-bench"


@dataclass(frozen=True, slots=True)
class Case:
    """A text about a content."""

    content: Content
    text: str


Planted = tuple[str, str, list[Case]]
"""Rule, language, cases."""


def reported(identity: object) -> bool:
    return position(str(identity), SALT) >= 0.5


def english(folder: Path) -> list[Case]:
    """Headlines of Upworthy with their ledes, one per test of the reported half."""
    with (folder / "upworthy" / "packages.csv").open(encoding="utf-8", newline="") as stream:
        first = {row["clickability_test_id"]: row for row in csv.DictReader(stream)}
    return [
        Case(Content(content_id=key, caption=clean_text(row["lede"]), language="en"), clean_text(row["headline"]))
        for key, row in first.items()
        if reported(key) and len(row["headline"]) > 20
    ]


def videos(folder: Path) -> list[dict[str, str]]:
    lines = (folder / "kuairec" / "videos.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if reported(row["video_id"])]


def chinese(folder: Path) -> list[Case]:
    """Cover texts of KuaiRec that hold a Han character, with their captions."""
    return [
        Case(
            Content(content_id=str(row["video_id"]), caption=row["caption"], language="zh"),
            clean_text(row["cover_text"]),
        )
        for row in videos(folder)
        if row["cover_text"] and row["caption"] and len(re.findall("[一-龥]", row["cover_text"])) >= 5
    ]


def supported(folder: Path) -> Iterator[tuple[str, list[Case]]]:
    """Pairs that a reader found supported where a word did not stand in the source letter by letter (labels)."""
    with (Path(__file__).parent / "labels" / "support.csv").open(encoding="utf-8", newline="") as stream:
        refused = {(row["source"], row["id"]) for row in csv.DictReader(stream) if row["supported"] == "0"}
    papers = [row for row in scitldr(folder) if reported(row["paper_id"])]
    papers = sorted(papers, key=lambda row: position(str(row["paper_id"]), "hand-check"))[:300]
    pairs = [Case(paper(row), str(row["target"][0])) for row in papers]  # type: ignore[index]
    yield "SciTLDR, read", [case for case in pairs if ("scitldr", case.content.content_id) not in refused]
    covers = [
        row for row in videos(folder)
        if row["caption"] and row["cover_text"] and row["cover_text"].strip() != row["caption"].strip()
        and len(own := bigrams(row["cover_text"])) >= 5
        and sum(pair in set(bigrams(row["caption"])) for pair in own) >= 0.7 * len(own)
    ]  # fmt: skip
    covers.sort(key=lambda row: position(str(row["video_id"]), "hand-check"))
    yield (
        "KuaiRec, read",
        [
            Case(Content(content_id=str(row["video_id"]), caption=row["caption"], language="zh"), row["cover_text"])
            for row in covers[:260]
            if ("kuairec", str(row["video_id"])) not in refused
        ],
    )


def bigrams(text: str) -> list[str]:
    plain = "".join(sign for sign in text if sign.isalnum())
    return [plain[index : index + 2] for index in range(len(plain) - 1)]


def planted(folder: Path, en: list[Case], zh: list[Case], rng: random.Random) -> Iterator[Planted]:
    """Rule, language and cases with one violation each."""
    yield from everywhere("en", en, rng)
    yield from everywhere("zh", zh, rng)
    yield "capitals", "en", [Case(case.content, case.text.upper()) for case in rng.sample(en, SIZE)]
    foreign = [case.text for case in zh[:200]] + plants.FOREIGN * 5
    yield "language", "en", [Case(case.content, text) for case, text in zip(en, foreign, strict=False)]
    yield "language", "zh", [Case(case.content, other.text) for case, other in zip(zh[:SIZE], en, strict=False)]
    yield from grounding_en(folder, rng)
    yield from grounding_zh(folder, rng)


def everywhere(code: str, cases: list[Case], rng: random.Random) -> Iterator[Planted]:
    """Violations that every language knows."""
    han = code == "zh"
    swears, bait, orders = (
        (plants.SWEARS_ZH, plants.BAIT_ZH, plants.ORDERS_ZH)
        if han
        else (plants.SWEARS_EN, plants.BAIT_EN, plants.ORDERS_EN)
    )
    loud = ["!!!", "?!?!", "！！！", "?????", "....."]

    def swear() -> str:
        word = rng.choice(swears)
        return word if han else plants.swear(word, rng)

    changes: dict[str, Callable[[str], str]] = {
        "controls": lambda text: plants.control(text, rng),
        "leftovers": lambda text: plants.put(text, plants.leftover(rng), rng, chinese=han),
        "links": lambda text: plants.put(text, plants.link(rng), rng, chinese=han),
        "length": lambda text: " ".join([text] * (241 // len(text) + 2)),
        "punctuation": lambda text: text.rstrip("!！?？.") + rng.choice(loud),
        "emoji": lambda text: text + "".join(rng.choices("🔥😀🎉❤👉💰😱🚀", k=rng.randint(5, 7))),
        "profanity": lambda text: plants.put(text, swear(), rng, chinese=han),
        "pii": lambda text: plants.put(text, plants.personal(rng, chinese=han), rng, chinese=han),
        "clickbait": lambda text: edge(text, rng.choice(bait), rng),
        "injection": lambda text: edge(text, rng.choice(orders), rng),
        "duplicate": lambda text: plants.near_copy(text, rng),
        "brand": lambda text: plants.put(text, rng.choice(["便宜", "Acme Corp"]), rng, chinese=han),
    }
    for rule, change in changes.items():
        chosen = rng.sample(cases, min(SIZE, len(cases)))
        yield rule, code, [Case(case.content, change(case.text)) for case in chosen]


def edge(text: str, piece: str, rng: random.Random) -> str:
    return f"{piece}: {text}" if rng.random() < 0.5 else f"{text} {piece}"


def grounding_en(folder: Path, rng: random.Random) -> Iterator[Planted]:
    films = [row for row in netflix(folder) if reported(row["show_id"])]
    rng.shuffle(films)

    def film(row: dict[str, str]) -> Content:
        caption = f"{row['description']} Starring {row['cast']}. {row['release_year']}, {row['duration']}."
        return Content(content_id=row["show_id"], title=row["title"], caption=caption, language="en")

    def lines(make: Callable[[dict[str, str]], str]) -> list[Case]:
        return [Case(film(row), make(row)) for row in films[:SIZE]]

    def wrong(row: dict[str, str]) -> int:
        return next(
            n for n in iter(lambda: rng.randint(3, 400), None) if str(n) not in row["description"] + row["duration"]
        )

    yield (
        "numbers",
        "en",
        lines(
            lambda row: (
                f"{wrong(row)} {rng.choice(['people', 'years', 'secrets'])} and {first_lower(row['description'])}"[:200]
            )
        ),
    )
    pool = [row for row in films if re.fullmatch(r"\d+ min", row["duration"])]
    units = [("hours"), ("seconds"), ("years"), ("miles"), ("kg"), ("%"), ("days")]
    yield (
        "numbers (unit)",
        "en",
        [
            Case(film(row), f"{row['title'][:60]} lasts {row['duration'].split()[0]} {rng.choice(units)}")
            for row in pool[:SIZE]
        ],
    )
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    dates = [
        lambda: f"{rng.choice(months)} {rng.randint(1, 28)}",
        lambda: f"on {rng.choice(['Monday', 'Tuesday', 'Sunday'])}",
        lambda: str(rng.randint(1700, 1899)),
        lambda: f"2019-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    ]
    yield "numbers (date)", "en", lines(lambda row: f"See it {rng.choice(dates)()}: {row['description'][:100]}")
    strangers = [
        (row, cast_of(other)[0]) for row, other in zip(films, reversed(films), strict=True)
        if cast_of(other) and not any(part in film(row).source_text for part in cast_of(other)[0].split())
        and reported(cast_of(other)[0])
    ][:SIZE]  # fmt: skip
    yield (
        "names",
        "en",
        [Case(film(row), f"Tonight, {name} returns: {row['description'][:80]}") for row, name in strangers],
    )
    heads = [
        "Why Everyone Watches {n} In This New Story",
        "How {n} Changed The Way We Think About Love",
        "What Happens When {n} Finally Comes Home",
        "The Story That {n} Never Wanted To Tell",
    ]
    yield "names (headline)", "en", [Case(film(row), rng.choice(heads).format(n=name)) for row, name in strangers]
    said = [
        "we never saw it coming",
        "this is the end of everything",
        "I would do it all again",
        "nobody leaves this town",
        "trust me on this one",
    ]
    marks = [("“", "”"), ('"', '"'), ("'", "'"), ("‘", "’")]
    yield (
        "quotes",
        "en",
        lines(lambda row: (lambda m: f"{m[0]}{rng.choice(said)}{m[1]}: {row['description'][:90]}")(rng.choice(marks))),
    )


def grounding_zh(folder: Path, rng: random.Random) -> Iterator[Planted]:
    rows = [row for row in videos(folder) if row["caption"] and 10 < len(row["caption"]) < 80]
    rng.shuffle(rows)

    def about(change: Callable[[str], str], some: list[dict[str, str]] | None = None) -> list[Case]:
        return [
            Case(
                Content(content_id=str(row["video_id"]), caption=row["caption"], language="zh"),
                change(row["caption"].split("#")[0].split("@")[0][:40]),
            )
            for row in (some or rows)[:SIZE]
        ]

    counted = ["{n}个人都说好", "{n}年的等待", "第{n}次尝试", "只要{n}元", "涨了{n}%", "{n}万人在看"]

    def number() -> str:
        return rng.choice(
            [str(rng.randint(13, 997)), rng.choice(["三百二十", "四十七", "八十九", "六百一十", "五十三"])]
        )

    yield "numbers", "zh", about(lambda text: f"{rng.choice(counted).format(n=number())}，{text}")
    zh_dates = [
        lambda: f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日",
        lambda: f"{rng.randint(1900, 2015)}年",
        lambda: f"星期{rng.choice('一二三四五')}",
        lambda: f"周{rng.choice('二四六')}",
    ]
    yield "numbers (date)", "zh", about(lambda text: f"{rng.choice(zh_dates)()}，{text}")
    names_zh = [name for name in plants.NAMES_ZH if reported(name)]
    yield "names", "zh", about(lambda text: rng.choice(plants.FRAMES_ZH).format(n=rng.choice(names_zh), t=text))
    titles = ["《红河之夜》", "《大风起兮》", "《我的邻居老周》", "《月亮背面》", "《北京往事》"]
    yield "names (title)", "zh", about(lambda text: f"{rng.choice(titles)}：{text}")
    zh_said = ["这辈子再也不回来了", "谁也别想拦住我", "没有人比我更懂生活", "从头再来一次也不后悔"]
    zh_marks = [("“", "”"), ("「", "」"), ('"', '"'), ("『", "』")]
    yield (
        "quotes",
        "zh",
        about(lambda text: (lambda m: f"他说{m[0]}{rng.choice(zh_said)}{m[1]}，{text}")(rng.choice(zh_marks))),
    )
