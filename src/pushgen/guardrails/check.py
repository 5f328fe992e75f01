"""All rules over the candidates of one content."""

from collections.abc import Sequence
from typing import NamedTuple

from pushgen.protocols import Guardrail
from pushgen.records import Candidate, Content, Severity, Verdict


class Checked(NamedTuple):
    """What the guardrails left."""

    survivors: list[Candidate]
    """Candidates without a blocking verdict, in the order given."""
    verdicts: list[Verdict]
    """All findings, ordered by candidate id, rule and place: the same for every order of the candidates."""


def check(content: Content, candidates: Sequence[Candidate], rules: Sequence[Guardrail]) -> Checked:
    """Holds candidates against rules.

    Every rule sees every candidate, so that all reasons are counted; a rule with `among_survivors` compares
    candidates with each other and sees those that the other rules let through. The caption is data: nothing in it
    can switch a rule off.
    """
    verdicts: list[Verdict] = []
    relative = [rule for rule in rules if getattr(rule, "among_survivors", False)]
    for rule in rules:
        if rule not in relative:
            verdicts.extend(rule.check(content, candidates))
    for rule in relative:
        verdicts.extend(rule.check(content, _survivors(candidates, verdicts)))
    verdicts.sort(key=lambda verdict: (verdict.candidate_id, verdict.rule, verdict.start, verdict.end))
    return Checked(_survivors(candidates, verdicts), verdicts)


def _survivors(candidates: Sequence[Candidate], verdicts: Sequence[Verdict]) -> list[Candidate]:
    blocked = {verdict.candidate_id for verdict in verdicts if verdict.severity is Severity.BLOCK}
    return [candidate for candidate in candidates if candidate.candidate_id not in blocked]


def count_findings(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """Per rule the number of candidates with a blocking finding and with a warning alone."""
    worst: dict[tuple[str, str], Severity] = {}
    for verdict in verdicts:
        key = (verdict.rule, verdict.candidate_id)
        if worst.get(key) is not Severity.BLOCK:
            worst[key] = verdict.severity
    counts: dict[str, dict[str, int]] = {}
    for (rule, _), severity in sorted(worst.items()):
        counts.setdefault(rule, {"block": 0, "warn": 0})[severity.value] += 1
    return counts
