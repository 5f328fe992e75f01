"""A simulated short-video app: contents, past pushes, users who open them, and A/B tests of new pushes."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError
from pushgen.records import Content, Experiment
from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, PUSHES
from pushgen.world.annotators import annotate
from pushgen.world.clicks import SEGMENTS, ClickModel
from pushgen.world.config import WorldConfig
from pushgen.world.language import Language, language
from pushgen.world.log import Sent, WorldLog, moments, outcomes, traffic, write_past
from pushgen.world.reader import Reader, Reading, unsupported
from pushgen.world.stories import Story, tell
from pushgen.world.truth import Truth


class Copy(Protocol):
    """What an A/B test can show: a `Push`, a `Candidate`, or anything with these two."""

    @property
    def content_id(self) -> str: ...
    @property
    def text(self) -> str: ...


class World:
    """One world, fixed by configuration and seed. Use `World.build`."""

    def __init__(self, config: WorldConfig, seed: int, words: Language, stories: list[Story], sent: list[Sent]) -> None:
        self.config, self.seed = config, seed
        self._language = words
        self._stories = {story.content.content_id: story for story in stories}
        self._sent = sent
        self._reader = Reader(words)
        self._readings = [self._reader.read(item.push.text) for item in sent]
        self._model = ClickModel(config, seed, words, self._readings)
        planned = {item.push.push_id: item.style for item in sent}
        self._truth = Truth(self._model, self._reader, self._story, planned)

    @classmethod
    def build(cls, config: WorldConfig | None = None, seed: int = 0) -> "World":
        """The world of a configuration and a seed (>= 0). Same arguments, same world."""
        config = config or WorldConfig()
        words = language()
        stories = [
            tell(seed, f"c{index:05d}", index / config.contents, config.days, words) for index in range(config.contents)
        ]
        return cls(config, seed, words, stories, write_past(config, seed, stories, words))

    @property
    def contents(self) -> list[Content]:
        """Contents of the log, oldest first."""
        return [self._stories[f"c{index:05d}"].content for index in range(self.config.contents)]

    def new_contents(self, n: int) -> list[Content]:
        """Contents that no past push was about, drawn as the logged ones were. Asking for more begins with the same."""
        return [self._story(f"n{index:05d}").content for index in range(n)]

    @property
    def truth(self) -> Truth:
        """What is true of the world. For measuring code only; a learner that reads it has measured nothing."""
        return self._truth

    def history(self) -> WorldLog:
        """The log of the past: what a learner may see."""
        sent = self._sent
        stories = [self._stories[item.push.content_id] for item in sent]
        texts = [item.push.text for item in sent]
        effects = self._model.parts(self._readings, stories, texts).sum(axis=2)
        ctr = self._model.ctr(stories, effects, moments(self._model, sent))
        impressions = traffic(self.config, self.seed, sent)
        wrong = np.array([unsupported(r, s) for r, s in zip(self._readings, stories, strict=True)], dtype=float)
        rng = np.random.default_rng([self.seed, 3])
        counts = outcomes(self._model, stories, self._readings, ctr, impressions, wrong, rng)
        exposures = pl.DataFrame(
            {
                "push_id": [item.push.push_id for item in sent],
                "experiment_id": [item.experiment_id for item in sent],
                "impressions": impressions,
                **counts,
            },
            schema_overrides={"experiment_id": pl.String},
        )
        return WorldLog(
            contents=CONTENTS.frame(self.contents),
            pushes=PUSHES.frame([item.push for item in sent]),
            exposures=EXPOSURES.conform(exposures),
            experiments=EXPERIMENTS.frame(_experiments(sent)),
        )

    def annotated(self, count: int) -> pl.DataFrame:
        """Styles that an annotator found in `count` past texts: `push_id, text, style`. A learner may see them."""
        return annotate(self._sent, self._readings, count, self.seed)

    def ab_test(self, arms: Mapping[str, Sequence[Copy]], impressions: int, seed: int) -> pl.DataFrame:
        """Shows the pushes to randomised traffic over a whole day and counts.

        Args:
            arms: Pushes of each arm, at most one per content and arm.
            impressions: Mean impressions per arm and content; the traffic of a content is split at random, evenly.
            seed: Of the draw, beside the seed of the world.

        Returns:
            One row per arm and content: `arm, content_id, text, impressions, clicks, short_views, long_views,
            dislikes`, sorted as given.

        Raises:
            ConfigurationError: No impressions, or two pushes for one content in one arm.
        """
        if impressions < 1:
            raise ConfigurationError(f"an A/B test needs at least 1 impression per arm, found {impressions!r}")
        rows = [(arm, copy.content_id, copy.text) for arm, copies in arms.items() for copy in copies]
        if len({(arm, content_id) for arm, content_id, _ in rows}) < len(rows):
            raise ConfigurationError("an arm of an A/B test holds two pushes for one content; keep one per content")
        rng = np.random.default_rng([self.seed, 4, seed])
        places: dict[str, list[int]] = {}
        for index, (_, content_id, _) in enumerate(rows):
            places.setdefault(content_id, []).append(index)
        shown = np.zeros(len(rows), dtype=np.int64)
        for members in places.values():
            shown[members] = rng.multinomial(impressions * len(members), [1.0 / len(members)] * len(members))
        audience = self.audience([copy for copies in arms.values() for copy in copies], rng)
        texts, counts = [text for _, _, text in rows], audience.show(shown)
        keys = {"arm": [arm for arm, _, _ in rows], "content_id": [content for _, content, _ in rows], "text": texts}
        types = {"arm": pl.String, "content_id": pl.String, "text": pl.String}
        return pl.DataFrame({**keys, "impressions": shown, **counts}, schema_overrides=types)

    def audience(self, pushes: Sequence[Copy], rng: np.random.Generator) -> "Audience":
        """Users who can be shown these pushes batch after batch; `rng` draws what they do."""
        return Audience(
            self._model,
            [self._story(push.content_id) for push in pushes],
            [push.text for push in pushes],
            [self._reader.read(push.text) for push in pushes],
            rng,
        )

    def _story(self, content_id: str) -> Story:
        story = self._stories.get(content_id)
        if story is None:
            if not (content_id[:1] == "n" and content_id[1:].isdigit()):
                raise ConfigurationError(f"the world has no content {content_id!r}; ask it for new_contents")
            position = _fraction(content_id)
            story = tell(self.seed, content_id, 1.0 + 0.02 * position, self.config.days, self._language)
            self._stories[content_id] = story
        return story


class Audience:
    """Users in front of some pushes, over a whole mean day. Make one with `World.audience`."""

    def __init__(
        self,
        model: ClickModel,
        stories: Sequence[Story],
        texts: Sequence[str],
        readings: Sequence[Reading],
        rng: np.random.Generator,
    ) -> None:
        self._model, self._rng = model, rng
        self._stories, self._readings = list(stories), list(readings)
        self._ctr = model.ctr(stories, model.parts(readings, stories, texts).sum(axis=2))
        self._wrong = np.array([unsupported(r, s) for r, s in zip(readings, stories, strict=True)], dtype=float)

    def show(self, impressions: ArrayLike) -> dict[str, NDArray[np.int64]]:
        """Shows each push so many times: `clicks, short_views, long_views, dislikes`, each of shape (pushes,).

        Raises `ConfigurationError` for anything but one whole number of at least 0 per push.
        """
        shown = np.asarray(impressions)
        if shown.shape != self._ctr.shape or shown.dtype.kind not in "iu" or (shown < 0).any():
            raise ConfigurationError(f"expected impressions of {len(self._ctr)} pushes, at least 0, found {shown!r}")
        return outcomes(self._model, self._stories, self._readings, self._ctr, shown, self._wrong, self._rng)


def _fraction(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64


def _experiments(sent: list[Sent]) -> list[Experiment]:
    arms: dict[str, list[Sent]] = {}
    for item in sent:
        if item.experiment_id is not None:
            arms.setdefault(item.experiment_id, []).append(item)
    return [
        Experiment(
            experiment_id=experiment_id,
            content_id=items[0].push.content_id,
            started_at=items[0].started_at,
            arms=len(items),
        )
        for experiment_id, items in arms.items()
    ]


__all__ = ["SEGMENTS", "Audience", "Copy", "World"]
