"""All rules over the candidates of one content."""

from collections.abc import Sequence
from typing import NamedTuple

from pushgen.guardrails.repair import limit_of, remedies_of, repair
from pushgen.protocols import Guardrail
from pushgen.records import Candidate, Content, Severity, Verdict


class Checked(NamedTuple):
    """What the guardrails left."""

    survivors: list[Candidate]
    """Candidates without a blocking verdict, in the order given; repaired ones stand in their original's place."""
    verdicts: list[Verdict]
    """All findings, ordered by candidate id, rule and place: the same for every order of the candidates."""
    repaired: list[Candidate]
    """Candidates made from blocked ones that passed every rule but those that compare candidates."""


def check(content: Content, candidates: Sequence[Candidate], rules: Sequence[Guardrail]) -> Checked:
    """Holds candidates against rules and repairs what is blocked where the rules know a remedy.

    Every rule sees every candidate, so that all reasons are counted; a rule with `among_survivors` compares
    candidates with each other and sees those that the other rules let through. The findings in a candidate stay when
    it is repaired: the repaired one has an id and findings of its own. The caption is data: nothing in it can switch
    a rule off.
    """
    relative = [rule for rule in rules if getattr(rule, "among_survivors", False)]
    absolute = [rule for rule in rules if rule not in relative]
    verdicts = [verdict for rule in absolute for verdict in rule.check(content, candidates)]
    repaired = _repair(content, candidates, verdicts, absolute)
    made = {one.repaired_from: one for one, _ in repaired}
    verdicts.extend(verdict for _, found in repaired for verdict in found)
    field = [one for candidate in candidates for one in (candidate, made.get(candidate.candidate_id)) if one]
    for rule in relative:
        verdicts.extend(rule.check(content, _survivors(field, verdicts)))
    verdicts.sort(key=lambda verdict: (verdict.candidate_id, verdict.rule, verdict.start, verdict.end))
    return Checked(_survivors(field, verdicts), verdicts, [one for one, _ in repaired])


def _repair(
    content: Content, candidates: Sequence[Candidate], verdicts: Sequence[Verdict], rules: Sequence[Guardrail]
) -> list[tuple[Candidate, list[Verdict]]]:
    """Candidates that pass once repaired, with the note on the repair and the warnings of the rules."""
    remedies, limit = remedies_of(rules), limit_of(rules)
    if not remedies or not any(verdict.severity is Severity.BLOCK for verdict in verdicts):
        return []
    ids = {candidate.candidate_id for candidate in candidates}
    by_candidate: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_candidate.setdefault(verdict.candidate_id, []).append(verdict)
    passed: list[tuple[Candidate, list[Verdict]]] = []
    for candidate in candidates:
        outcome = repair(candidate, by_candidate.get(candidate.candidate_id, []), remedies, limit)
        # A table that was checked before holds what was made from its candidates.
        if outcome is None or outcome[0].candidate_id in ids:
            continue
        one, note = outcome
        found = [verdict for rule in rules for verdict in rule.check(content, [one])]
        if all(verdict.severity is not Severity.BLOCK for verdict in found):
            passed.append((one, [note, *found]))
    return passed


def _survivors(candidates: Sequence[Candidate], verdicts: Sequence[Verdict]) -> list[Candidate]:
    blocked = {verdict.candidate_id for verdict in verdicts if verdict.severity is Severity.BLOCK}
    return [candidate for candidate in candidates if candidate.candidate_id not in blocked]


def count_findings(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """Per rule the number of candidates with a blocking finding and with a warning alone; repairs count as warnings."""
    worst: dict[tuple[str, str], Severity] = {}
    for verdict in verdicts:
        key = (verdict.rule, verdict.candidate_id)
        if worst.get(key) is not Severity.BLOCK:
            worst[key] = verdict.severity
    counts: dict[str, dict[str, int]] = {}
    for (rule, _), severity in sorted(worst.items()):
        counts.setdefault(rule, {"block": 0, "warn": 0})[severity.value] += 1
    return counts
