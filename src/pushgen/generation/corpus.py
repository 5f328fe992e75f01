"""The corpus as training rows: which rows a generator can learn from, and which contents only validate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pushgen.errors import InputError
from pushgen.records import Content
from pushgen.splits import keep
from pushgen.text.clean import clean_text

LEAST_ROWS = 40
"""Fewer rows than this train nothing."""
_SALT = "pushgen-generator-validation-1"


@dataclass(frozen=True, slots=True)
class Row:
    """One push to learn from."""

    content_id: str
    caption: str
    text: str
    style: str | None
    weight: float
    """Confidence of the sample (curation), the weight of its loss."""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Training and validation rows; no content is in both."""

    train: Sequence[Row]
    validation: Sequence[Row]
    dropped: Mapping[str, int]
    """Rows left out, by reason."""

    def contents(self, limit: int) -> list[Content]:
        """At most `limit` of the contents that only validate, in order of their ids."""
        by_id = {row.content_id: row for row in self.validation}
        return [
            Content(content_id=content_id, caption=by_id[content_id].caption, language=by_id[content_id].language)
            for content_id in sorted(by_id)[:limit]
        ]


def read_rows(corpus: pl.DataFrame, validation: float) -> Rows:
    """Rows of a `tables.CORPUS` frame with a caption, a text and a weight above zero.

    `validation` is the share of contents set apart. Raises `InputError` where too few rows are left.
    """
    dropped: dict[str, int] = {}
    parts: tuple[list[Row], list[Row]] = ([], [])
    apart = set(keep(corpus.select("content_id").unique(), "holdout", validation, _SALT)["content_id"].to_list())
    for values in corpus.iter_rows(named=True):
        caption, text = clean_text(values["caption"] or ""), clean_text(values["text"])
        reason = "no caption" if not caption else "no text" if not text else "" if values["weight"] > 0 else "weight 0"
        if reason:
            dropped[reason] = dropped.get(reason, 0) + 1
            continue
        row = Row(values["content_id"], caption, text, values["style"], values["weight"], values["language"])
        parts[row.content_id in apart].append(row)
    train, held = parts
    if len(train) < LEAST_ROWS or len({row.content_id for row in held}) < 2:
        reasons = ", ".join(f"{count} with {reason}" for reason, count in dropped.items()) or "none"
        raise InputError(
            expected=f"a corpus with at least {LEAST_ROWS} rows of contents with a caption",
            found=f"{len(train)} rows to train on and {len(held)} to validate ({reasons} left out)",
            remedy="Curate more of the log, with looser filters, or use `--generator template`, which is not trained.",
        )
    return Rows(train, held, dict(sorted(dropped.items())))
