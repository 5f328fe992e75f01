"""Pages in the order of the key: the cursor names the last record seen, so that nothing is skipped or shown twice."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar, cast

from fastapi import Query
from pydantic import BaseModel

from pushgen.service.fields import plain
from pushgen.service.problems import Problem
from pushgen.store.repository import Repository

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=500, description="Records of a page at most.")]
Cursor = Annotated[str | None, Query(max_length=2_000, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """Some records, and where to go on."""

    items: list[T]
    next: str | None
    """Cursor of the next page; null where there is none."""


def page_of(repository: Repository[T], cursor: str | None, limit: int, **equal: Any) -> Page[T]:
    """A page of a repository; filters that are None do not count."""
    where = {name: value for name, value in equal.items() if value is not None}
    keys = len(list(repository.table.primary_key))
    return paged(
        lambda after, most: repository.page(after=after, limit=most, **where), repository.key_of, cursor, limit, keys
    )


def paged(
    fetch: Callable[[Sequence[Any] | None, int], Sequence[T]],
    key_of: Callable[[T], Sequence[Any]],
    cursor: str | None,
    limit: int,
    keys: int = 1,
) -> Page[T]:
    """One more record than asked for tells whether there is a next page."""
    found = fetch(None if cursor is None else _read(cursor, keys), limit + 1)
    more = len(found) > limit
    return Page(items=list(found[:limit]), next=_write(key_of(found[limit - 1])) if more else None)


def _write(key: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(key), separators=(",", ":")).encode()).decode().rstrip("=")


def _read(cursor: str, keys: int) -> list[str]:
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parts = cast(list[Any], found)
        if not isinstance(found, list) or len(parts) != keys or not all(isinstance(part, str) for part in parts):
            raise ValueError
        return [plain(part) for part in parts]
    except (ValueError, RecursionError):
        raise Problem(400, "the cursor is not one that this list gave; leave it out to begin anew") from None
