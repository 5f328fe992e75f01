"""The truth of a simulated world. For measuring code only: nothing that learns may hold this."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pushgen.world.clicks import EFFECTS, ClickModel
from pushgen.world.language import STYLES
from pushgen.world.reader import Reader, Reading, unsupported
from pushgen.world.stories import Story

Floats = NDArray[np.float64]


class Truth:
    """True click rates of any text for any content of the world, over a whole mean day and all users."""

    def __init__(
        self, model: ClickModel, reader: Reader, story: Callable[[str], Story], planned_styles: Mapping[str, str]
    ) -> None:
        self.model = model
        self.planned_styles = planned_styles
        """Style that the writer of each past push had in mind, by push id."""
        self._reader = reader
        self.story = story
        """The facts behind a content, by id."""

    def ctr(self, content_id: str, text: str) -> float:
        """Probability in (0, 1) that a user who is shown the text opens it. Any string is allowed."""
        return float(self.ctrs([content_id], [text])[0])

    def ctrs(self, content_ids: Sequence[str], texts: Sequence[str]) -> Floats:
        """`ctr` of many texts, shape (len(texts),)."""
        stories, readings = self._read(content_ids, texts)
        return self.model.ctr(stories, self.model.parts(readings, stories, texts).sum(axis=2))

    def parts(self, content_ids: Sequence[str], texts: Sequence[str]) -> dict[str, Floats]:
        """Effect of each part of the texts on the log-odds, mean over users, each of shape (len(texts),)."""
        stories, readings = self._read(content_ids, texts)
        parts = (self.model.parts(readings, stories, texts) * self.model.shares[None, :, None]).sum(axis=1)
        return {name: self.model.config.text_effects * parts[:, index] for index, name in enumerate(EFFECTS)}

    def styles(self, texts: Sequence[str]) -> list[str]:
        """Style that readers find strongest in each text."""
        return [STYLES[int(np.argmax(self._reader.read(text).styles))] for text in texts]

    def unsupported(self, content_ids: Sequence[str], texts: Sequence[str]) -> list[int]:
        """Names and numbers of each text that its content does not have, at most 3."""
        stories, readings = self._read(content_ids, texts)
        return [unsupported(reading, story) for reading, story in zip(readings, stories, strict=True)]

    def _read(self, content_ids: Sequence[str], texts: Sequence[str]) -> tuple[list[Story], list[Reading]]:
        if len(content_ids) != len(texts):
            raise ValueError(f"expected one content id per text, found {len(content_ids)} ids and {len(texts)} texts")
        return [self.story(content_id) for content_id in content_ids], [self._reader.read(text) for text in texts]
