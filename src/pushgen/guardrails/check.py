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
