"""How often the number and name guardrails block supported texts, and how often they catch planted violations.

Sources: SciTLDR (abstract and title support a one-sentence summary) and Netflix titles (title and description
support cuts of themselves). Supported texts are cuts, frames around facts of the source, and summaries; planted
texts are the same with a number changed or with a name of another content put in. The baseline asks that every
word with a digit or a capital (but the first) stands in the source letter by letter.

    PUSHGEN_DATA=... python benchmarks/grounding.py
"""

import csv
import json
import os
import platform
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pushgen.guardrails import check
from pushgen.guardrails.names import NamesRule
from pushgen.guardrails.numbers import NumbersRule
from pushgen.records import Candidate, Content, Severity
from pushgen.statistics.proportions import wilson
from pushgen.text.segment import clauses, sentences

SEED = 20
SIZE = 2000
RESULTS = Path(__file__).parent / "results"
RULES = (NumbersRule(), NamesRule())
PREFACE = """\
Command: `PUSHGEN_DATA=... python benchmarks/grounding.py`. Share of texts blocked by the rules `numbers` and `names`,
with 95% Wilson intervals. The baseline asks that every number word and every word with a digit or a capital (but the
first) stands in the source letter by letter. SciTLDR: dev and test parts. "All summaries" is no measure of false
blocks: their authors knew the whole paper, and most blocked ones name something that title and abstract do not.
Planted names that the source happens to support (an acronym whose words it spells out) count as missed. No set is
untouched: the rules were written beside SciTLDR's training part and Netflix, and after a first run on dev and test
"zero-shot" and the like stopped being numbers and number words were added to the baseline, which defines the set of
summaries "whose words all stand in the source" (1.44% blocked before, mostly for counts that the source lacks).

""".splitlines()
_WORD = re.compile(r"[\w'’.,%$-]*[A-Z0-9][\w'’.,%$-]*|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b")
_NUMBER = re.compile(
    r"(?<![\w.,-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w.,-]*\d)|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b"
)
_SPELLED = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COINED = re.compile(r"\b(?:[A-Z]{2,}[a-z]?|[A-Z][a-z]+[A-Z]\w*)(?:-\d+)?\b")


@dataclass(frozen=True, slots=True)
class Case:
    """A text and the content that supports it or does not."""

    content: Content
    text: str


def netflix(folder: Path) -> list[dict[str, str]]:
    with (folder / "netflix_titles" / "netflix_titles.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["description"] and row["cast"].count(",") >= 2]


def scitldr(folder: Path) -> list[dict[str, object]]:
    """The dev and test parts; most of the rules were written while reading the training part (see PREFACE)."""
    files = [folder / "scitldr" / name for name in ("dev.jsonl", "test.jsonl")]
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def film(row: dict[str, str]) -> Content:
    return Content(content_id=row["show_id"], title=row["title"], caption=row["description"])


def film_with_cast(row: dict[str, str]) -> Content:
    caption = f"{row['description']} Starring {row['cast']}. {row['release_year']}, {row['duration']}."
    return Content(content_id=row["show_id"], title=row["title"], caption=caption)


def paper(row: dict[str, object]) -> Content:
    source = row["source"]
    assert isinstance(source, list)
    return Content(content_id=str(row["paper_id"]), title=str(row["title"]), caption=" ".join(map(str, source)))


def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def first_lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def title_case(text: str) -> str:
    """Every word with a capital, as in a headline."""
    return re.sub(r"(?<![\w'’])[a-z]", lambda match: match.group().upper(), text)


def cast_of(row: dict[str, str]) -> list[str]:
    """Billed people with plain Latin names of at least two words."""
    return [
        name.strip() for name in row["cast"].split(",") if re.fullmatch(r"[A-Z][\w.'-]+( [A-Z][\w.'-]+)+", name.strip())
    ]


def supported(folder: Path, rng: random.Random) -> Iterator[tuple[str, list[Case]]]:
    films = rng.sample(netflix(folder), SIZE)
    yield (
        "Netflix: sentence of the description",
        [Case(film(row), rng.choice(sentences(row["description"])).text) for row in films],
    )
    cut = [(film(row), rng.choice(clauses(row["description"])).text) for row in films]
    yield "Netflix: clause", [Case(content, first_upper(text)) for content, text in cut]
    yield "Netflix: clause as a headline in title case", [Case(content, title_case(text)) for content, text in cut]
    yield "Netflix: title and clause", [Case(content, f"{content.title}: {text}") for content, text in cut]
    billed = [(row, cast_of(row)) for row in films if len(cast_of(row)) >= 2]
    yield (
        "Netflix: billed names in a new sentence",
        [
            Case(
                film_with_cast(row),
                f"Tonight, {a} meets {b}: {first_lower(rng.choice(clauses(row['description'])).text)}",
            )
            for row, names in billed
            for a, b in [rng.sample(names, 2)]
        ],
    )
    yield (
        "Netflix: names and year as a headline",
        [
            Case(
                film_with_cast(row),
                f"Why Everyone Watches {names[0]} And {names[1]} In This {row['release_year']} Story",
            )
            for row, names in billed
        ],
    )
    papers = [(paper(row), str(target)) for row in scitldr(folder) for target in row["target"]]  # type: ignore[attr-defined]
    yield (
        "SciTLDR: summaries whose words all stand in the source",
        [Case(content, text) for content, text in papers if verbatim(content, text, skip_first=False)],
    )
    yield "SciTLDR: all summaries (some add facts)", [Case(content, text) for content, text in papers]
    from pushgen.generation.template import TemplateGenerator
    from pushgen.protocols import GenerationRequest
    from pushgen.styles import load_taxonomy

    generator, styles = TemplateGenerator(), load_taxonomy().ids
    for name, contents in (
        ("Netflix: template generator, all styles", [film(row) for row in films[:300]]),
        ("SciTLDR: template generator, all styles", [paper(row) for row in scitldr(folder)[:300]]),
    ):
        requests = [GenerationRequest(content=content, style=style) for content in contents for style in styles]
        outcomes = zip(requests, generator.generate(requests), strict=True)
        yield name, [Case(request.content, out.text) for request, out in outcomes if isinstance(out, Candidate)]


def planted(folder: Path, rng: random.Random) -> Iterator[tuple[str, list[Case]]]:
    films = netflix(folder)
    rng.shuffle(films)
    yield (
        "Netflix: a number of the description changed",
        numbers_changed(
            [(film(row), sentence.text) for row in films for sentence in sentences(row["description"])], rng
        ),
    )
    papers = [(paper(row), str(target)) for row in scitldr(folder) for target in row["target"]]  # type: ignore[attr-defined]
    yield (
        "SciTLDR: a number of the abstract changed",
        numbers_changed(
            [(content, sentence.text) for content, _ in papers for sentence in sentences(content.caption or "")], rng
        ),
    )
    strangers = [
        (row, name)
        for row, other in zip(films[:SIZE], films[SIZE : 2 * SIZE], strict=True)
        for name in cast_of(other)[:1]
        if not any(part in row["cast"] + row["description"] + row["title"] for part in name.split())
    ]
    yield (
        "Netflix: another film's actor inside the sentence",
        [
            Case(
                film_with_cast(row),
                f"Tonight, {name} returns: {first_lower(rng.choice(clauses(row['description'])).text)}",
            )
            for row, name in strangers
        ],
    )
    yield (
        "Netflix: another film's actor at the start",
        [
            Case(film_with_cast(row), f"{name} stars: {first_lower(rng.choice(clauses(row['description'])).text)}")
            for row, name in strangers
        ],
    )
    yield (
        "Netflix: another film's actor in a title-case headline",
        [Case(film_with_cast(row), f"Why Everyone Watches {name} In This New Story") for row, name in strangers],
    )
    yield (
        "Netflix: family name alone at the start",
        [
            Case(
                film_with_cast(row),
                f"{name.split()[-1]} stars: {first_lower(rng.choice(clauses(row['description'])).text)}",
            )
            for row, name in strangers
        ],
    )
    coined = [(content, text, _COINED.findall(content.caption or "")) for content, text in papers]
    cases: list[Case] = []
    for (content, text, own), (_, _, foreign) in zip(coined, coined[1:] + coined[:1], strict=True):
        inside = [name for name in _COINED.findall(text) if name in own]
        other = [name for name in foreign if name.lower().rstrip("s") not in content.source_text.lower()]
        if inside and other:
            cases.append(Case(content, text.replace(inside[0], other[0], 1)))
    yield "SciTLDR: another paper's coined name", cases


def numbers_changed(pool: list[tuple[Content, str]], rng: random.Random) -> list[Case]:
    """Sentences with one number replaced by one that the source does not hold."""
    cases: list[Case] = []
    for content, text in pool:
        found = list(_NUMBER.finditer(text))
        if not found or len(cases) >= SIZE:
            continue
        match = rng.choice(found)
        if match.group()[0].isdigit():
            digits = match.group().replace(",", "")
            new = str(int(float(digits)) + rng.randint(2, 9))
        else:
            new = rng.choice([word for word in _SPELLED if word != match.group()])
        source = content.source_text.lower()
        value = str(_SPELLED.index(new) + 2) if new in _SPELLED else new
        word = _SPELLED[int(value) - 2] if value.isdigit() and 2 <= int(value) <= 12 else value
        if re.search(rf"\b(?:{re.escape(value)}|{word})\b", source) or (value == "2" and "both" in source):
            continue
        cases.append(Case(content, text[: match.start()] + new + text[match.end() :]))
    return cases


def verbatim(content: Content, text: str, *, skip_first: bool = True) -> bool:
    """Whether every word with a digit or a capital stands in the source letter by letter, any case."""
    source = content.source_text.casefold()
    for match in _WORD.finditer(text):
        if skip_first and match.start() == 0 and not any(sign.isdigit() for sign in match.group()):
            continue
        word = re.sub(r"['’]s$", "", match.group().casefold().strip(".,'’-"))
        if not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", source):
            return False
    return True


def blocked(case: Case) -> bool:
    candidate = Candidate(
        candidate_id="0",
        content_id=case.content.content_id,
        body=case.text,
        style="plain",
        generator="benchmark",
        seed=0,
        prompt_hash="",
    )
    return any(verdict.severity is Severity.BLOCK for verdict in check(case.content, [candidate], RULES).verdicts)


def share(cases: list[Case], test: Callable[[Case], bool]) -> tuple[float, float, float]:
    hits = sum(test(case) for case in cases)
    low, high = wilson(hits, len(cases))
    return hits / len(cases), float(low), float(high)


def main() -> None:
    folder = Path(os.environ["PUSHGEN_DATA"])
    rows: list[dict[str, object]] = []
    started, texts = time.perf_counter(), 0
    for kind, sets in (
        ("supported", supported(folder, random.Random(SEED))),
        ("planted", planted(folder, random.Random(SEED))),
    ):
        for name, cases in sets:
            begin = time.perf_counter()
            value, low, high = share(cases, blocked)
            texts, seconds = texts + len(cases), time.perf_counter() - begin
            base, base_low, base_high = share(cases, lambda case: not verbatim(case.content, case.text))
            rows.append(
                {
                    "kind": kind,
                    "set": name,
                    "texts": len(cases),
                    "blocked": value,
                    "low": low,
                    "high": high,
                    "baseline": base,
                    "baseline_low": base_low,
                    "baseline_high": base_high,
                    "texts_per_second": len(cases) / seconds,
                }
            )
            print(f"{kind:9} {name:58} n={len(cases):5} {value:7.2%} [{low:.2%}, {high:.2%}]  baseline {base:7.2%}")
    write(rows, time.perf_counter() - started)


def write(rows: list[dict[str, object]], seconds: float) -> None:
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    head = f"{datetime.now(UTC):%Y-%m-%d}, commit {commit}, {machine}, seed {SEED}, {seconds:.0f} s"
    lines = ["# Grounding: false blocks and caught violations", "", head, "", *PREFACE]
    for kind, title in (
        ("supported", "Supported texts (a block is false)"),
        ("planted", "Planted violations (a block is right)"),
    ):
        lines += [f"## {title}", "", "| texts | n | blocked | 95% interval | baseline |", "|---|---:|---:|---|---:|"]
        for row in rows:
            if row["kind"] == kind:
                interval = f"{row['low']:.2%} to {row['high']:.2%}"
                lines.append(
                    f"| {row['set']} | {row['texts']} | {row['blocked']:.2%} | {interval} | {row['baseline']:.2%} |"
                )
        lines.append("")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "grounding.md").write_text("\n".join(lines), encoding="utf-8")
    (RESULTS / "grounding.json").write_text(json.dumps({"run": head, "rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
