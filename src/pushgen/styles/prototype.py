"""Style labels without training: nearness to what the taxonomy says of each style, and its cue wordings.

The prototypes are those of Snell et al., Prototypical Networks (2017), with the taxonomy's texts as the support set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.encoders import CachedEncoder, open_encoder
from pushgen.protocols import Encoder, Floats, StyleLabel
from pushgen.styles.cues import CueFeatures, cues_of
from pushgen.styles.scores import as_labels
from pushgen.styles.taxonomy import Style, Taxonomy, load_taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class PrototypeConf:
    """Weights of what a prototype labeller looks at; the defaults were chosen by cross-validation."""

    cue_weight: float = 0.2
    """What one cue of a style adds, in units of cosine similarity."""
    definition_weight: float = 2.0
    """Weight of a style's name and definition in its prototype; each example counts 1."""
    temperature: float = 0.05
    """Cosine difference that multiplies the odds between two styles by e. Changes the confidence, not the label."""


class PrototypeLabeller:
    """Embedding prototypes with cues. Knows the languages of the taxonomy that its encoder knows."""

    def __init__(
        self,
        encoder: Encoder | None = None,
        taxonomy: Taxonomy | None = None,
        *,
        language: str | None = None,
        config: PrototypeConf | None = None,
    ) -> None:
        """`language` chooses the taxonomy's texts; without it each style's English ones, or its first."""
        self.taxonomy = taxonomy or load_taxonomy()
        self.config = config or PrototypeConf()
        self.encoder = encoder or CachedEncoder(open_encoder(language=language))
        self.name = f"prototype ({self.encoder.name})"
        languages = {style.language_for(language) for style in self.taxonomy}
        self._cues = CueFeatures(cues_of(self.taxonomy, sorted(languages)))
        texts = [self._texts(style, style.language_for(language)) for style in self.taxonomy]
        rows = self.encoder.encode([text for one in texts for text in one])
        self._centre_D = rows.mean(axis=0)
        weight = np.float32(self.config.definition_weight)
        prototypes: list[Floats] = []
        start = 0
        for one in texts:
            weights = np.ones(len(one), np.float32)
            weights[0] = weight if len(one) > 1 else 1.0
            prototypes.append(weights @ self._centred(rows[start : start + len(one)]))
            start += len(one)
        self._prototypes_SD = _unit(np.stack(prototypes))

    def scores(self, texts: Sequence[str]) -> Floats:
        """Cosine to each prototype plus the worth of its cues, shape (len(texts), styles)."""
        cosine_NS = self._centred(self.encoder.encode(texts)) @ self._prototypes_SD.T
        return (cosine_NS + self.config.cue_weight * self._cues.counts(texts)).astype(np.float32)

    def label(self, texts: Sequence[str]) -> list[StyleLabel]:
        """One label per text, in order."""
        if not texts:
            return []
        return as_labels(self.scores(texts) / self.config.temperature, self.taxonomy.ids)

    def _centred(self, rows_ND: Floats) -> Floats:
        """Directions from the middle of the taxonomy's texts: what all of them share says nothing about style."""
        return _unit(rows_ND - self._centre_D)

    @staticmethod
    def _texts(style: Style, language: str) -> list[str]:
        about = f"{style.name.get(language, style.id)}: {style.definition[language]}"
        return [about, *style.examples.get(language, ())]


def _unit(rows_ND: Floats) -> Floats:
    lengths_N1 = np.linalg.norm(rows_ND, axis=1, keepdims=True).astype(np.float32)
    return rows_ND / np.maximum(lengths_N1, np.float32(1e-9))
