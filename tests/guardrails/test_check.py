from pushgen.guardrails import GuardrailConfig, check, default_rules
from pushgen.guardrails.check import count_findings
from pushgen.guardrails.duplicate import DuplicateRule
from pushgen.guardrails.length import LIMITS, LengthRule
from pushgen.records import Candidate, Content, Severity
from pushgen.text.near_copies import NearCopyIndex

CONTENT = Content(content_id="c", caption="Amara Osei opened a bakery with 25 ovens near the old harbour.")


def candidate(name: str, text: str, title: str | None = None) -> Candidate:
    return Candidate(
        candidate_id=name, content_id="c", title=title, body=text, style="s", generator="t", seed=0, prompt_hash=""
    )


GOOD = "Amara Osei opened a bakery with 25 ovens"
FIELD = [
    candidate("a", GOOD),
    candidate("b", GOOD + "!"),
    candidate("c", "A bakery with 99 ovens"),
    candidate("d", "…"),
    candidate("e", "near the old harbour, " * 20),
]


def test_reasons_of_all_rules() -> None:
    survivors, verdicts, _ = check(CONTENT, FIELD, default_rules())
    assert [candidate.candidate_id for candidate in survivors] == ["a", "e-repaired"]
    assert [(verdict.candidate_id, verdict.rule) for verdict in verdicts] == [
        ("b", "duplicate"),
        ("c", "numbers"),
        ("d", "empty"),
        ("e", "length"),
        ("e-repaired", "repair"),
    ]
    assert count_findings(verdicts)["numbers"] == {"block": 1, "warn": 0}


def test_off_and_warn() -> None:
    config = GuardrailConfig(repair=False, numbers="warn", empty="off", length="off", duplicate="off")
    survivors, verdicts, _ = check(CONTENT, FIELD, default_rules(config))
    assert len(survivors) == len(FIELD)
    assert [(verdict.rule, verdict.severity) for verdict in verdicts] == [("numbers", Severity.WARN)]


def test_a_good_text_is_not_lost_to_its_blocked_copy() -> None:
    # "a" sorts first but is blocked for its number; its near-copy "b" must survive.
    body = "Amara Osei opened a bakery with ovens near the old harbour, and the whole street came to see it "
    field = [candidate("a", body + "99"), candidate("b", body)]
    survivors, _, _ = check(CONTENT, field, default_rules(GuardrailConfig(repair=False)))
    assert [candidate.candidate_id for candidate in survivors] == ["b"]


def test_near_copies_of_past_pushes() -> None:
    rule = DuplicateRule(past=NearCopyIndex(["AMARA OSEI opened a bakery with 25 ovens."], 0.9))
    assert [verdict.candidate_id for verdict in rule.check(CONTENT, FIELD[:1] + FIELD[2:3])] == ["a"]


def test_length_counts_graphemes_and_names_the_part() -> None:
    limit = LIMITS["ios"]
    rule = LengthRule(limit=limit)
    family = "👨‍👩‍👧"
    assert rule.check(CONTENT, [candidate("a", "b" * limit.body, "t" * limit.title)]) == []
    assert rule.check(CONTENT, [candidate("a", family * 100)]) == []
    long = candidate("a", family * 179, "Short")
    (verdict,) = rule.check(CONTENT, [long])
    assert long.text[verdict.start : verdict.end] == family
    assert "179 graphemes" in verdict.message
    both = rule.check(CONTENT, [candidate("a", "b" * 999, "t" * 99)])
    assert [verdict.message.split()[0] for verdict in both] == ["title", "body"]


def test_length_in_bytes() -> None:
    heavy = candidate("a", "a" + "\u0301" * 2000)
    (verdict,) = LengthRule(limit=LIMITS["web"]).check(CONTENT, [heavy])
    assert "4001 bytes" in verdict.message
    assert 0 <= verdict.start < verdict.end == len(heavy.text)
