"""Bodies of requests about contents."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from pushgen.service.fields import MOST_ROWS, Id, Incoming, Language, Line, Moment, Passage, PerRow, RejectedRow


class ContentFields(Incoming):
    """A content without its id."""

    title: Line | None = None
    caption: Passage | None = None
    media: Line | None = None
    language: Language | None = None
    category: Line | None = None
    created_at: Moment | None = None

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if not (self.title or self.caption or "").strip():
            raise ValueError("needs a title or a caption: every claim of a push is held against them")
        return self


class ContentRow(ContentFields):
    """A content in bulk."""

    content_id: Id


class Contents(Incoming):
    """Many contents."""

    items: Annotated[list[Annotated[ContentRow, PerRow]], Field(min_length=1, max_length=MOST_ROWS)]


class Kept(BaseModel):
    """What became of a bulk request."""

    kept: int
    rejected: list[RejectedRow]
