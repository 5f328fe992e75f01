"""Texts in, probabilities out."""

from typing import Annotated

from pydantic import BaseModel, Field

from pushgen.service.fields import Body, Incoming, Line, Passage

MOST_TEXTS = 64


class Text(Incoming):
    """Copy that might be sent."""

    title: Line | None = None
    body: Body


class ScoreRequest(Incoming):
    """Texts about one content, to be held against each other."""

    caption: Passage | None = None
    texts: Annotated[list[Text], Field(min_length=1, max_length=MOST_TEXTS)]


class Scores(BaseModel):
    """What the reward model says of K texts."""

    p_win: list[float]
    """Mean probability of each text to beat the others, in [0, 1], K of them; 0.5 for a text alone."""
    p_beats: list[list[float]]
    """Probability that the true click rate of text i is above that of text j, K by K."""
    model: str
