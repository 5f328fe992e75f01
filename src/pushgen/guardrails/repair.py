"""A blocked candidate made fit where that changes nothing of what is said: less of it, never other words.

Invisible characters are deleted, a clause with a finding is left out together with all that follows it in its
sentence, and what is too long is cut at a clause, else between words. The result is a candidate of its own, named
after the one that it was made from, and is checked by every rule again.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence

from pushgen.guardrails.finding import Remedy
from pushgen.guardrails.length import LengthRule, Limit
from pushgen.records import Candidate, Severity, Verdict
from pushgen.text.graphemes import cut, cut_bytes, grapheme_count
from pushgen.text.segment import clauses, sentences, words

REPAIR = "repair"
"""Rule of the warning that tells what was done."""
_SUFFIX = "-repaired"
_BINDING = re.compile(
    r"\b(?:unless|until|if|except|without|only|not|never|no|nor|neither|hardly|but|than)\b|n['’]t\b"
    r"|除非|如果|除了|只有|不是|并非|没有|而是",
    re.IGNORECASE,
)
"""In a clause that is left out: it may have bounded or turned what was said before."""
_MARK = re.compile(r"\s*[:;：；—(（]\s*\Z")
"""What parts a finding from the words before it, where the finding is too short for a clause of its own."""
_LEAST_WORDS = 4
_LEAST_SHARE = 0.4
_DONE = {"strip": "invisible characters deleted", "drop": "clause left out", "shorten": "cut to the limit"}


def repair(
    candidate: Candidate, verdicts: Sequence[Verdict], remedies: Mapping[str, Remedy], limit: Limit | None
) -> tuple[Candidate, Verdict] | None:
    """The repaired candidate and a warning that says what was done; None where there is no way.

    Args:
        candidate: A candidate with blocking findings.
        verdicts: All findings in it.
        remedies: Remedy of each rule that has one.
        limit: Sizes to cut to, or None where no size is checked.
    """
    blocking = [verdict for verdict in verdicts if verdict.severity is Severity.BLOCK]
    if not blocking or any(verdict.rule not in remedies for verdict in blocking):
        return None
    kinds = {remedies[verdict.rule] for verdict in blocking}
    offset = len(candidate.text) - len(candidate.body)
    spans = {kind: [(v.start, v.end) for v in blocking if remedies[v.rule] == kind] for kind in kinds}
    title, body = candidate.title, candidate.body
    if title:
        title = _drop(title, _inside(spans.get("drop", []), 0, len(title)))
        title = _strip(title, _inside(spans.get("strip", []), 0, len(title))) if title == candidate.title else title
    body = _drop(body, _inside(spans.get("drop", []), offset, len(candidate.text)))
    if body == candidate.body:
        body = _strip(body, _inside(spans.get("strip", []), offset, len(candidate.text)))
    elif "strip" in kinds:
        return None  # places have moved
    if "shorten" in kinds and limit is not None:
        title = cut(title, limit.title, ellipsis="…", at_clause=True) if title else title
        body = _shorten(body, limit)
    made = dataclasses.replace(
        candidate,
        candidate_id=candidate.candidate_id + _SUFFIX,
        title=title or None,
        body=body,
        repaired_from=candidate.candidate_id,
    )
    if not body or (made.title, made.body) == (candidate.title, candidate.body):
        return None
    rules = ", ".join(sorted({verdict.rule for verdict in blocking}))
    note = Verdict(
        candidate_id=made.candidate_id,
        content_id=made.content_id,
        rule=REPAIR,
        severity=Severity.WARN,
        start=0,
        end=len(made.text),
        message=f"{', '.join(_DONE[kind] for kind in sorted(kinds))} ({rules})",
    )
    return made, note


def remedies_of(rules: Sequence[object]) -> dict[str, Remedy]:
    """Remedy by rule name, of the rules that have one."""
    found = {getattr(rule, "rule", ""): getattr(rule, "remedy", None) for rule in rules}
    return {name: remedy for name, remedy in found.items() if remedy is not None}


def limit_of(rules: Sequence[object]) -> Limit | None:
    """The size limits that the rules hold, or None."""
    return next((rule.limit for rule in rules if isinstance(rule, LengthRule)), None)


def _inside(spans: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    return [
        (max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and (b > start or a == b >= start)
    ]


def _strip(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return " ".join(text.split(" ")).strip()


def _drop(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text without the clauses of the spans and what follows them in their sentences; empty where none is left."""
    if not spans:
        return text
    kept: list[str] = []
    parts = clauses(text)
    for sentence in sentences(text):
        hit = [start for start, end in spans if start < sentence.end and end > sentence.start]
        if not hit:
            kept.append(sentence.text)
            continue
        clean = [part for part in parts if sentence.start <= part.start and part.end <= min(hit)]
        ends = [part.end for part in clean if part.end <= sentence.end]
        if mark := _MARK.search(text, sentence.start, min(hit)):
            ends.append(mark.start())
        end = max(ends, default=sentence.start)
        if end > sentence.start and not _BINDING.search(text, end, sentence.end):
            kept.append(text[sentence.start : end].strip())
    left = " ".join(kept)
    enough = len(words(left)) >= _LEAST_WORDS and grapheme_count(left) >= _LEAST_SHARE * grapheme_count(text)
    return left if enough else ""


def _shorten(body: str, limit: Limit) -> str:
    at_clause = cut(body, limit.body, at_clause=True)
    if grapheme_count(at_clause) < 0.5 * limit.body:
        at_clause = cut(body, limit.body, ellipsis="…")
    return cut_bytes(at_clause, limit.bytes)
