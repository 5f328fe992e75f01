"""What people decided becomes a log for training: tests of two texts with a winner and without counts.

A reward model takes such a log in beside one with counts, where it earns that (`pushgen train reward MAIN MORE`); a
comparison of bare winners counts as little as a single click (`pushgen.logs.implied`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import ColumnMapping
from pushgen.logs.adapters import TableAdapter
from pushgen.logs.importing import ImportConfig, import_log
from pushgen.logs.log import Log
from pushgen.records import Candidate, Content, Decision, Review, push_text
from pushgen.store import Store, Transaction

PAGE = 1_000
Source = Literal["edit", "rejection", "judgement"]
SAME = "edit that changed nothing"
ALONE = "rejection where nothing was approved to hold it against"
NEITHER = "judgement that neither is better"


@dataclass(frozen=True, slots=True)
class _Text:
    """Words of a candidate, before or after an edit."""

    name: str
    title: str | None
    body: str
    style: str
    language: str | None

    @property
    def text(self) -> str:
        return push_text(self.title, self.body)


@dataclass(frozen=True, slots=True)
class _Preference:
    name: str
    source: Source
    winner: _Text
    loser: _Text


@dataclass(slots=True)
class Exported:
    """What was written and what was not."""

    pairs: Counter[Source] = field(default_factory=Counter[Source])
    left_out: Counter[str] = field(default_factory=Counter[str])
    """By reason."""


def export_reviews(store: Store, out: Path) -> tuple[Log, Exported]:
    """Writes the log folder `out` and counts what is in it.

    The words after an edit are preferred to those before; what was approved last, or edited last, to what was rejected
    about the same content; and of a pair that somebody judged the one that they preferred. Of each candidate the last
    decision counts. Raises `InputError` where there is no preference.
    """
    found = Exported()
    rows: list[dict[str, Any]] = []
    with store.read() as tx:
        for content in _contents(tx):
            preferences = [*_reviewed(tx, content, found), *_judged(tx, content, found)]
            for preference in preferences:
                found.pairs[preference.source] += 1
                rows.extend(_rows(content, preference))
    if not rows:
        raise InputError(
            expected="reviews with an edit or a rejection, or judgements of pairs",
            found="none that prefers one text to another",
            remedy="Review candidates and judge pairs on the pages: pushgen serve.",
        )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "reviews.parquet"
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(file)
        return import_log([file], out, TableAdapter(ColumnMapping()), ImportConfig()), found


def _contents(tx: Transaction) -> Iterator[Content]:
    after = None
    while page := tx.contents.page(after=after, limit=PAGE):
        yield from page
        after = [page[-1].content_id]


def _reviewed(tx: Transaction, content: Content, found: Exported) -> Iterator[_Preference]:
    decided = {review.candidate_id: review for review in tx.reviews.of(content.content_id)}
    candidates = tx.candidates.named(decided) if decided else {}
    letting = [review for review in decided.values() if review.decision is not Decision.REJECT]
    best = max(letting, key=lambda review: (review.reviewed_at, review.review_id), default=None)
    for name, review in decided.items():
        before = _as_written(candidates[name])
        if review.decision is Decision.EDIT:
            after = _as_reviewed(candidates[name], review)
            if after.text == before.text:
                found.left_out[SAME] += 1
            else:
                yield _Preference(f"edit-{review.review_id}", "edit", after, before)
        elif review.decision is Decision.REJECT:
            if best is None:
                found.left_out[ALONE] += 1
            else:
                winner = _as_reviewed(candidates[best.candidate_id], best)
                yield _Preference(f"rejection-{review.review_id}", "rejection", winner, before)


def _judged(tx: Transaction, content: Content, found: Exported) -> Iterator[_Preference]:
    for one in tx.judgements.of(content.content_id):
        if one.preferred is None:
            found.left_out[NEITHER] += 1
            continue
        texts: Mapping[str, Candidate] = tx.candidates.named([one.candidate_a, one.candidate_b])
        other = one.candidate_b if one.preferred == one.candidate_a else one.candidate_a
        # Who judged is no business of a log; two people are two tests.
        identity = "\x1f".join((one.candidate_a, one.candidate_b, one.reviewer))
        name = f"judgement-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        yield _Preference(name, "judgement", _as_written(texts[one.preferred]), _as_written(texts[other]))


def _as_written(candidate: Candidate) -> _Text:
    return _Text(candidate.candidate_id, candidate.title, candidate.body, candidate.style, candidate.language)


def _as_reviewed(candidate: Candidate, review: Review) -> _Text:
    if review.decision is not Decision.EDIT or review.body is None:
        return _as_written(candidate)
    return _Text(f"edit-{review.review_id}", review.title, review.body, candidate.style, candidate.language)


def _rows(content: Content, preference: _Preference) -> Iterator[dict[str, Any]]:
    for won, text in ((1, preference.winner), (0, preference.loser)):
        yield {
            "content_id": content.content_id,
            "content_title": content.title,
            "caption": content.caption,
            "category": content.category,
            "experiment_id": preference.name,
            "push_id": text.name,
            "title": text.title,
            "body": text.body,
            "style": text.style,
            "language": text.language or content.language,
            "stated_winner": won,
        }
