"""Contents in."""

from collections.abc import Sequence
from typing import Any

from pushgen.records import Content
from pushgen.service.contents.schemas import ContentFields, Kept
from pushgen.service.fields import sort_out
from pushgen.store import Transaction


def content_of(content_id: str, fields: ContentFields) -> Content:
    return Content(content_id=content_id, **fields.model_dump(exclude={"content_id"}))


def keep(tx: Transaction, rows: Sequence[Any]) -> Kept:
    """Keeps the usable rows; the last of several with one id stays."""
    usable, rejected = sort_out(rows)
    tx.contents.put(content_of(row.content_id, row) for row in usable.values())
    return Kept(kept=len(usable), rejected=rejected)
