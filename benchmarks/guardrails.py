"""What every guardrail catches of planted violations and takes for one in human texts, in English and Chinese.

    PUSHGEN_DATA=... python -m benchmarks.guardrails

Violations are planted by `guardrail_plants.py`, which shares nothing with the rules. Contents are parted by a hash of
their id: the rules were tuned on one half, all figures are from the other.
"""

import json
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.grounding import netflix
from benchmarks.guardrail_sets import Case, chinese, english, planted, supported
from benchmarks.machine import stamp
from pushgen.generation.template import TemplateGenerator
from pushgen.guardrails import GuardrailConfig, check, default_rules
from pushgen.guardrails.brand import BrandConfig, BrandRule
from pushgen.guardrails.duplicate import DuplicateRule
from pushgen.protocols import GenerationRequest, Guardrail
from pushgen.records import Candidate, Content
from pushgen.statistics.proportions import wilson
from pushgen.styles import load_taxonomy
from pushgen.text.near_copies import NearCopyIndex

SEED, HUMAN = 20, 1500
RESULTS = Path(__file__).parent / "results"
STRICT = GuardrailConfig(
    clickbait="block", capitals="block", punctuation="block", emoji="block", repair=False, detector="lingua"
)
FLOOR = 1000.0
"""Candidates per second that the default rules must check on one core."""


def candidate(case: Case, name: str = "0") -> Candidate:
    return Candidate(
        candidate_id=name,
        content_id=case.content.content_id,
        body=case.text,
        style="plain",
        language=case.content.language,
        generator="benchmark",
        seed=0,
        prompt_hash="",
    )


def share(rule: Guardrail, cases: Sequence[Case]) -> dict[str, float]:
    """Share of cases in which a rule set to block finds something to block."""
    hits = sum(any(v.severity == "block" for v in rule.check(case.content, [candidate(case)])) for case in cases)
    low, high = wilson(hits, len(cases))
    return {"texts": len(cases), "share": hits / len(cases), "low": float(low), "high": float(high)}


def throughput(fields: Sequence[tuple[Content, Sequence[Candidate]]]) -> float:
    """Candidates per second of process time under the default rules with lingua."""
    rules = default_rules(GuardrailConfig(detector="lingua"))
    check(*fields[0], rules)
    started = time.process_time()
    for content, field in fields[1:]:
        check(content, field, rules)
    return sum(len(field) for _, field in fields[1:]) / (time.process_time() - started)


def written(folder: Path) -> list[tuple[Content, Sequence[Candidate]]]:
    """What the template writes about 200 films in every style."""
    contents = [
        Content(content_id=row["show_id"], title=row["title"], caption=row["description"], language="en")
        for row in netflix(folder)[:200]
    ]
    generator, styles = TemplateGenerator(), load_taxonomy().ids
    fields: list[tuple[Content, Sequence[Candidate]]] = []
    for content in contents:
        outcomes = generator.generate([GenerationRequest(content=content, style=style) for style in styles])
        fields.append((content, [outcome for outcome in outcomes if isinstance(outcome, Candidate)]))
    return fields


def shuffled(cases: Sequence[Case]) -> list[tuple[Content, Sequence[Candidate]]]:
    """Thirteen human texts, twelve of them about something else: every check goes the long way."""
    return [
        (part[0].content, [candidate(case, str(index)) for index, case in enumerate(part)])
        for part in (cases[start : start + 13] for start in range(0, 1300, 13))
        if part
    ]


def main() -> None:
    folder, rng = Path(os.environ["PUSHGEN_DATA"]), random.Random(SEED)
    en, zh = english(folder), chinese(folder)
    rng.shuffle(en)
    rng.shuffle(zh)
    rules = {rule.rule: rule for rule in default_rules(STRICT)}
    rules["brand"] = BrandRule(brand=BrandConfig(banned=("便宜", "Acme Corp")))
    index = NearCopyIndex([case.text for case in (*en, *zh)], 0.9)
    rows: list[dict[str, object]] = []

    def add(kind: str, rule: str, language: str, texts: str, cases: Sequence[Case]) -> None:
        held = DuplicateRule(past=index) if (kind, rule) == ("planted", "duplicate") else rules[rule.split(" ")[0]]
        rows.append({"kind": kind, "rule": rule, "language": language, "set": texts, **share(held, cases)})
        print(*rows[-1].values())

    for rule, language, cases in planted(folder, en, zh, rng):
        add("planted", rule, language, "", cases)
    grounding = ("numbers", "names", "quotes")
    for name, cases in supported(folder):
        for rule in rules:
            add("human", rule, "zh" if "Kuai" in name else "en", name, cases)
    for name, language, cases in (("Upworthy headlines", "en", en[:HUMAN]), ("KuaiRec cover texts", "zh", zh[:HUMAN])):
        for rule in rules:
            if rule not in grounding:
                add("human", rule, language, name, cases)
    speeds = {
        "what the template writes about 200 films": throughput(written(folder)),
        "Upworthy headlines, 12 of 13 about something else": throughput(shuffled(en)),
        "KuaiRec cover texts, 12 of 13 about something else": throughput(shuffled(zh)),
    }
    write(rows, speeds)


def write(rows: list[dict[str, object]], speeds: dict[str, float]) -> None:
    lines = ["# Guardrails: violations caught, human texts blocked", "", *stamp(), "", *PREFACE.splitlines(), ""]
    for kind, title, head in (
        ("planted", "Planted violations (a finding is right)", "caught"),
        ("human", "Human texts (a finding is false, or the person did what the rule forbids)", "found"),
    ):
        lines += [
            f"## {title}",
            "",
            f"| rule | language | texts | n | {head} | 95% interval |",
            "|---|---|---|---:|---:|---|",
        ]
        for row in rows:
            if row["kind"] == kind:
                interval = f"{row['low']:.1%} to {row['high']:.1%}"
                cells = (row["rule"], row["language"], row["set"], row["texts"], f"{row['share']:.1%}", interval)
                lines.append(f"| {' | '.join(map(str, cells))} |")
        lines.append("")
    lines += [
        "## Speed",
        "",
        "| texts | candidates per second of one core | times the floor of 1,000 |",
        "|---|---:|---:|",
    ]
    lines += [f"| {name} | {value:,.0f} | {value / FLOOR:.1f} |" for name, value in speeds.items()]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "guardrails.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    data = {"run": stamp()[0], "rows": rows, "per_second": speeds}
    (RESULTS / "guardrails.json").write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


PREFACE = """\
Command: `PUSHGEN_DATA=... python -m benchmarks.guardrails`. Every rule alone, set to block, with 95% Wilson intervals.
Contents are parted by a hash of their id; rules were tuned on one half, these figures are of the other. Planted names
are parted by a hash of the name as well. After a first look at figures of the reported half, quotations between
ASCII marks behind Chinese signs were made visible (69% of Chinese quotations caught before), Chinese given names were
completed beside the other half of the names (73% before), and names inside Chinese text were looked up as they stand.
Plants (`guardrail_plants.py`) share no code with the rules but were written by the same hand: recall says that forms
are found, not that the lists are complete.
"SciTLDR, read": 300 abstract and summary pairs in hash order; in 263 every word with a digit or capital stands in the
source letter by letter, the other 37 were read and 14 refused (`labels/support.csv`). "KuaiRec, read": 224 pairs of
caption and cover text that share 70% of their bigrams, of which those with quotation marks or with characters that the
caption lacks were read and 2 refused. Chinese names were at 89% in a second look before they reached the figure below.
The reading was done by a language model, not
by people. Upworthy headlines are clickbait by trade and KuaiRec cover texts are amateurs': what `clickbait`,
`punctuation` and `profanity` find in them is often really there."""


if __name__ == "__main__":
    main()
