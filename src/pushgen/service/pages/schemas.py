"""What forms of the pages say beyond what the API takes."""

from typing import Annotated

from pydantic import AfterValidator, Field

from pushgen.service.candidates.schemas import Style
from pushgen.service.fields import Incoming, Line, plain

ContentId = Annotated[Line, Field(min_length=1)]
"""Ids of contents that were loaded from a file may hold slashes, which those of the API may not."""


class Draft(Incoming):
    """A text that is not finished; it may be empty."""

    title: Line | None = None
    body: Annotated[str, Field(max_length=4_000), AfterValidator(plain)] = ""


class Wish(Incoming):
    """One more candidate."""

    content_id: ContentId
    style: Style


class About(Incoming):
    """A content."""

    content_id: ContentId
