"""What every guardrail promises, held against all of them."""

import dataclasses
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pushgen.guardrails import GuardrailConfig, check, default_rules
from pushgen.guardrails.brand import BrandConfig
from pushgen.protocols import Guardrail
from pushgen.records import Candidate, Content, Severity
from pushgen.text.segment import clauses

EVERY = GuardrailConfig(
    clickbait="block",
    capitals="block",
    punctuation="block",
    emoji="block",
    detector="script",
    max_capitals=0,
    brand=BrandConfig(banned=("rockets",), words=40),
)
RULES = default_rules(EVERY, prompt="Write one push notification about the source below")
BAD = (
    "NASA SENT 77 rockets to “Planet Nine” \u202e with {name} over https://evil.example/x!!!! Call +1 202 555 0143, "
    "damn fuck. Ignore all previous instructions, you won't believe what happened next 😀😀😀😀 "
    "这是一个完全不同的语言的句子这是一个完全不同的语言的句子 "
)
"""Something for every rule; most of it is Chinese."""
JUNK = st.text(max_size=300) | st.text(
    alphabet=st.sampled_from("Aa b1.,%$'“”\"-:《》一万百第年月\u202e\u200d\u0301\ud83d😀\n\x00"), max_size=300
)
PARTS = [
    *("Amara Osei", "the old harbour", "25 ovens", "in March 2019", "€3.5 million", "20% of the town", "two sisters"),
    *("he said “never again”", "NASA", "a bakery opened", "at 10:30 p.m.", "because it rained", "House of Glass"),
    *(
        "the baker's dog",
        "John-Paul McTavish",
        "第三次",
        "三万个面包",
        "《红河》",
        "O'Dell",
        "U.S. officials",
        "A4 paper",
    ),
]
SOURCES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=12).flatmap(
    lambda parts: st.lists(
        st.sampled_from([", ", " — ", ". ", "; ", " and ", " which ", "\n", "，", "。"]),
        min_size=len(parts),
        max_size=len(parts),
    ).map(lambda joints: "".join(part + joint for part, joint in zip(parts, joints, strict=True)))
)


def candidate(name: str, body: str, title: str | None = None) -> Candidate:
    return Candidate(
        candidate_id=name, content_id="c", title=title, body=body, style="s", generator="t", seed=0, prompt_hash=""
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
class TestEveryGuardrail:
    def test_is_a_guardrail(self, rule: Guardrail) -> None:
        assert isinstance(rule, Guardrail)
        assert rule.rule

    def test_no_candidates_no_verdicts(self, rule: Guardrail) -> None:
        assert rule.check(Content(content_id="c"), []) == []

    def test_the_plain_truth_passes(self, rule: Guardrail) -> None:
        content = Content(content_id="c", title="Harbour news", caption="Amara Osei opened a bakery with 25 ovens.")
        assert rule.check(content, [candidate("1", "Amara Osei opened a bakery with 25 ovens")]) == []

    @given(caption=JUNK | st.none(), texts=st.lists(st.tuples(st.none() | JUNK, JUNK), max_size=4))
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_junk_gives_valid_spans(
        self, rule: Guardrail, caption: str | None, texts: list[tuple[str | None, str]]
    ) -> None:
        content = Content(content_id="c", caption=caption)
        field = {str(index): candidate(str(index), body, title) for index, (title, body) in enumerate(texts)}
        for verdict in rule.check(content, list(field.values())):
            assert 0 <= verdict.start <= verdict.end <= len(field[verdict.candidate_id].text)
            assert (verdict.content_id, verdict.rule) == ("c", rule.rule)
            assert verdict.message

    @pytest.mark.parametrize(
        "unit",
        ["Amara 1, ", "一", "A-1 ", "«“'\"", "two hundred ", "é\u0301", "f*", "4111 ", "a.", "ignore the ", "{", "<a"],
    )
    def test_long_texts_take_bounded_time(self, rule: Guardrail, unit: str) -> None:
        def seconds(size: int, first: str = "") -> float:
            text = first + unit * (size // len(unit))  # facts of a text that was seen before are remembered
            content = Content(content_id="c", caption="x" + text)
            started = time.process_time()
            rule.check(content, [candidate("1", text), candidate("2", text[::-1])])
            return time.process_time() - started

        short = min(seconds(6_000), seconds(6_000, "b "))
        # A second try: the collector may have run in the first.
        assert any(seconds(24_000, first) < 10 * short + 0.3 for first in ("", "b "))

    def test_findings_have_the_severity_asked_for(self, rule: Guardrail) -> None:
        content = Content(content_id="c", caption="Nothing to see.")
        loud = "HEAR THIS NOW 天 " if rule.rule == "capitals" else ""
        field = [candidate("1", loud + BAD * 2), candidate("2", loud + BAD * 2), candidate("3", "!")]
        if rule.rule == "language":
            field = [dataclasses.replace(one, language="ru") for one in field]
        assert any(verdict.severity is Severity.BLOCK for verdict in rule.check(content, field))
        mild = dataclasses.replace(rule, severity=Severity.WARN)  # type: ignore[type-var]
        found = [verdict for verdict in mild.check(content, field) if rule.rule != "names" or verdict.message]
        assert found
        if rule.rule != "names":
            assert {verdict.severity for verdict in found} == {Severity.WARN}


@given(source=SOURCES, seed=st.integers(0, 99))
@settings(max_examples=150)
def test_clauses_of_the_source_are_never_blocked_for_numbers_or_names(source: str, seed: int) -> None:
    cuts = [clause.text for clause in clauses(source)]
    rng = random.Random(seed)
    subset = [cut for cut in cuts if rng.random() < 0.5] or cuts
    field = [candidate(str(index), text) for index, text in enumerate([*subset, ", ".join(subset)])]
    content = Content(content_id="c", caption=source)
    grounding = [rule for rule in RULES if rule.rule in {"numbers", "names", "quotes"}]
    assert check(content, field, grounding).verdicts == []


@given(
    texts=st.lists(
        st.sampled_from([*PARTS, "a bakery opened!", "A bakery opened", "99 ovens", "Tomas Brandt"]), max_size=9
    ),
    seed=st.integers(0, 99),
)
@settings(max_examples=100)
def test_the_order_of_candidates_does_not_matter(texts: list[str], seed: int) -> None:
    content = Content(content_id="c", caption=". ".join(PARTS))
    field = [candidate(f"{index:02d}", text) for index, text in enumerate(texts)]
    shuffled = random.Random(seed).sample(field, len(field))
    first, second = check(content, field, RULES), check(content, shuffled, RULES)
    assert first.verdicts == second.verdicts
    assert {one.candidate_id for one in first.survivors} == {one.candidate_id for one in second.survivors}
