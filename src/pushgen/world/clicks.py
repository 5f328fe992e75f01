"""The click model: who sees a push, and what the text does to the chance that they open it."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pushgen.world.config import WorldConfig
from pushgen.world.language import STYLES, Language
from pushgen.world.reader import Reading, specificity, unsupported
from pushgen.world.stories import Story

Floats = NDArray[np.float64]

SEGMENTS = {"newcomers": (0.2, 19), "regulars": (0.45, 20), "early_birds": (0.2, 8), "night_owls": (0.15, 23)}
"""Share of the users in each segment, and the hour at which they open most."""
EFFECTS = (
    "style",
    "style_topic",
    "style_segment",
    "specificity",
    "length",
    "overuse",
    "noise",
    "unsupported",
    "repetition",
)
"""Parts of the effect of a text, in the order of the last axis of `ClickModel.parts`."""
_PHRASE = 3
_WORN = 0.01
"""A phrase in this share of past pushes is fully worn."""


class ClickModel:
    """Chances of a click given content, text, hour and fatigue. Learners never see this object."""

    def __init__(self, config: WorldConfig, seed: int, language: Language, past: Iterable[Reading]) -> None:
        self.config = config
        self._key = str(seed)
        self._function_words = language.function_words
        rng = np.random.default_rng([seed, 1])
        styles = len(STYLES)
        self.style = config.style_sd * _standardised(rng.normal(size=(1, styles)))[0]
        self.style_topic = config.style_topic_sd * _standardised(rng.normal(size=(len(language.topics), styles)))
        taste = rng.normal(size=(len(SEGMENTS), styles))
        self.shares = np.array([share for share, _ in SEGMENTS.values()])
        taste -= (self.shares[:, None] * taste).sum(axis=0)
        self.style_segment = config.style_segment_sd * taste
        self._worn = Counter(phrase for reading in past for phrase in _phrases(reading.words))
        self._fully_worn = math.log1p(max(config.experiments * _WORN, 1.0))
        hours = np.arange(24)
        peaks = np.array([peak for _, peak in SEGMENTS.values()])
        self.hours = config.hour_amplitude * np.cos((hours[None, :] - peaks[:, None]) * (2 * np.pi / 24))

    def parts(self, readings: Sequence[Reading], stories: Sequence[Story], texts: Sequence[str]) -> Floats:
        """Effects on the log-odds by segment and part, before the factor `text_effects`.

        Shape (texts, segments, len(EFFECTS)).
        """
        config = self.config
        shares = np.array([reading.styles for reading in readings]).reshape(len(readings), len(STYLES))
        topics = np.array([story.topic for story in stories], dtype=int)
        both = list(zip(readings, stories, strict=True))
        length = np.array(
            [min(((len(r.words) - config.length_best) / config.length_width) ** 2, 4.0) for r in readings]
        )
        out = np.zeros((len(readings), len(SEGMENTS), len(EFFECTS)))
        out[:, :, 0] = (shares @ self.style)[:, None]
        out[:, :, 1] = (shares * self.style_topic[topics]).sum(axis=1)[:, None]
        out[:, :, 2] = shares @ self.style_segment.T
        columns = (
            config.specificity
            * np.array([specificity(reading, story, self._function_words) for reading, story in both]),
            -config.length * length,
            -config.overuse * np.array([self.overuse(reading) for reading in readings]),
            config.noise_sd
            * np.array([self._noise(s.content.content_id, t) for s, t in zip(stories, texts, strict=True)]),
            -config.unsupported * np.array([unsupported(reading, story) for reading, story in both]),
            -config.repetition * np.array([reading.repetition for reading in readings]),
        )
        for index, column in enumerate(columns, start=3):
            out[:, :, index] = np.asarray(column, dtype=float)[:, None]
        # The mean square of this factor over contents is 1: it spreads the effects and keeps their variance.
        grip = np.exp(config.grip_sd * np.array([story.grip for story in stories]) - config.grip_sd**2)
        return out * grip[:, None, None]

    def ctr(self, stories: Sequence[Story], effects: Floats, offsets: Floats | float = 0.0) -> Floats:
        """Chance of a click over all users, shape (texts,).

        Args:
            stories: Content of each text.
            effects: Sum of the parts by segment, shape (texts, segments).
            offsets: Log-odds of the moment: hour and fatigue, by text and segment, or 0 for a whole mean day.
        """
        appeal = self.config.base_logit + self.config.appeal_sd * np.array([story.appeal for story in stories])
        logits = appeal[:, None] + self.config.text_effects * effects + offsets
        return (self.shares / (1.0 + np.exp(-logits))).sum(axis=1)

    def overuse(self, reading: Reading) -> float:
        """How worn the phrases of a text are, in [0, 1]. One earlier use does not wear a phrase."""
        phrases = _phrases(reading.words)
        if not phrases:
            return 0.0
        worn = (min(math.log1p(max(self._worn[phrase] - 1, 0)) / self._fully_worn, 1.0) for phrase in phrases)
        return sum(worn) / len(phrases)

    def _noise(self, content_id: str, text: str) -> float:
        plain = " ".join(text.lower().split())
        digest = hashlib.blake2b(f"{self._key}\x1f{content_id}\x1f{plain}".encode("utf-8", "replace"), digest_size=8)
        return NormalDist().inv_cdf((int.from_bytes(digest.digest(), "big") + 0.5) / 2**64)


def _phrases(found: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(found[start : start + _PHRASE]) for start in range(len(found) - _PHRASE + 1)]


def _standardised(values: Floats) -> Floats:
    """Rows with mean 0 and standard deviation 1, so that no seed is harder than another by luck."""
    return (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)
