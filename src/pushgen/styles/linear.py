"""Style labels by multinomial logistic regression on embeddings and cues, trained from labelled texts.

A trained labeller is a folder: `config.json`, `model.safetensors`, `card.md`. Labelling needs numpy and the encoder.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from pushgen.encoders import CachedEncoder, open_encoder
from pushgen.errors import ConfigurationError, InputError, MissingExtraError
from pushgen.manifest import write_json
from pushgen.protocols import Encoder, Floats, StyleLabel
from pushgen.settings import as_dict
from pushgen.styles.cues import CueFeatures, cues_of
from pushgen.styles.scores import as_labels, softmax
from pushgen.styles.taxonomy import Style, Taxonomy, load_taxonomy

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearConf:
    """How a linear labeller is trained; the defaults were chosen by cross-validation."""

    encoder: str = "auto"
    """`minilm`, `ngrams`, a model folder, a hub name, or `auto`."""
    strength: float = 2.0
    """Inverse of the L2 penalty on the standardised features: C of scikit-learn, times the width of the embedding."""
    cue_scale: float = 2.0
    """Scale of the cue features beside the embedding; 0 leaves them out."""
    balanced: float = 0.5
    """0 weights texts alike, 1 weights styles alike, between them the rarer styles count more."""
    taxonomy_weight: float = 1.0
    """Weight of each definition and example of the taxonomy beside the labelled texts, whose mean weight is 1.
    With 0 a style that no labelled text has can never be found."""
    language: str = "en"
    """Language of the taxonomy's texts that are learned from."""


class LinearLabeller:
    """A trained linear labeller. Make one with `train` or `load`."""

    def __init__(
        self,
        encoder: Encoder,
        encoder_spec: str,
        ids: Sequence[str],
        cues: Mapping[str, tuple[str, ...]],
        weight_SF: Floats,
        bias_S: Floats,
    ) -> None:
        self.encoder = encoder
        self.encoder_spec = encoder_spec
        self.ids = tuple(ids)
        self.weight_SF = weight_SF
        self.bias_S = bias_S
        self._cues = CueFeatures(cues)
        self.name = f"linear ({encoder.name})"
        expected = (len(self.ids), encoder.dimension + len(self._cues.names))
        if weight_SF.shape != expected or bias_S.shape != expected[:1]:
            raise ConfigurationError(
                f"the weights of a linear labeller must have the shape {expected}, found {weight_SF.shape}"
            )

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        styles: Sequence[str],
        config: LinearConf | None = None,
        *,
        taxonomy: Taxonomy | None = None,
        encoder: Encoder | None = None,
    ) -> "LinearLabeller":
        """A labeller from texts and their style ids. Deterministic. At least two styles must occur.

        Raises `ConfigurationError` for an unknown style.
        """
        try:
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            raise MissingExtraError("scikit-learn", "train", "training a style labeller") from error
        config = config or LinearConf()
        taxonomy = taxonomy or load_taxonomy()
        places = [taxonomy.index(style) for style in styles]
        if len(texts) != len(styles) or len(set(styles)) < 2:
            raise ConfigurationError(
                f"training a labeller needs texts of at least two styles, each with its label; "
                f"found {len(texts)} texts, {len(styles)} labels, {len(set(styles))} styles"
            )
        encoder = encoder or CachedEncoder(open_encoder(config.encoder, texts=texts))
        cues = CueFeatures(cues_of(taxonomy))
        features = _features(encoder, cues, texts)
        mean = features.mean(axis=0)
        # Embedding columns share one scale, so that their directions keep their meaning; each cue has its own.
        spread = np.maximum(features.std(axis=0), 0.02)
        width = encoder.dimension
        spread[:width] = np.sqrt((features[:, :width].var(axis=0)).mean())
        scale = 1.0 / spread
        scale[width:] *= config.cue_scale
        weights = _sample_weights(styles, config.balanced)
        if config.taxonomy_weight > 0:
            known = [(text, place) for place, style in enumerate(taxonomy) for text in _texts(style, config.language)]
            features = np.concatenate([features, _features(encoder, cues, [text for text, _ in known])])
            places += [place for _, place in known]
            weights = np.append(weights, np.full(len(known), config.taxonomy_weight, np.float32))
        model = LogisticRegression(C=config.strength / width, max_iter=2000)
        model.fit((features - mean) * scale, np.array(places), sample_weight=weights)
        weight = np.zeros((len(taxonomy), features.shape[1]))
        bias = np.full(len(taxonomy), -1e4)
        coefficients, intercepts = np.asarray(model.coef_), np.asarray(model.intercept_)
        if len(model.classes_) == 2:
            coefficients = np.concatenate([-coefficients, coefficients]) / 2
            intercepts = np.concatenate([-intercepts, intercepts]) / 2
        weight[model.classes_] = coefficients * scale
        bias[model.classes_] = intercepts - (coefficients * scale) @ mean
        return cls(encoder, config.encoder, taxonomy.ids, cues.cues, weight.astype(np.float32), bias.astype(np.float32))

    def scores(self, texts: Sequence[str]) -> Floats:
        """Log-odds up to a constant per text, shape (len(texts), styles)."""
        return _features(self.encoder, self._cues, texts) @ self.weight_SF.T + self.bias_S

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Probability of each style, shape (len(texts), styles)."""
        return softmax(self.scores(texts)) if texts else np.zeros((0, len(self.ids)), np.float32)

    def label(self, texts: Sequence[str]) -> list[StyleLabel]:
        """One label per text, in order. The confidence is the model's probability."""
        return as_labels(self.scores(texts), self.ids) if texts else []

    def save(self, folder: Path, *, card: str, config: LinearConf | None = None) -> None:
        """Writes the labeller; `card` is the Markdown of its card."""
        from safetensors.numpy import save

        folder.mkdir(parents=True, exist_ok=True)
        # As bytes: the library's own writer makes files that only their owner can read.
        (folder / "model.safetensors").write_bytes(save({"weight": self.weight_SF, "bias": self.bias_S}))
        (folder / "card.md").write_text(card.rstrip() + "\n", encoding="utf-8")
        values = {
            "kind": "style-linear",
            "format": FORMAT,
            "styles": self.ids,
            "cues": self._cues.cues,
            "features": self._cues.names,
            "encoder": self.encoder_spec,
            "encoder_name": self.encoder.name,
            "training": as_dict(config) if config else None,
        }
        write_json(folder / "config.json", values)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None) -> "LinearLabeller":
        """A labeller from its folder.

        Raises `InputError` where the folder is not one, or where its encoder is not the one at hand.
        """
        config = _read_config(folder)
        try:
            from safetensors import SafetensorError
            from safetensors.numpy import load_file
        except ImportError as error:
            raise MissingExtraError("safetensors", "train", "a trained style labeller") from error
        encoder = encoder or CachedEncoder(open_encoder(str(config["encoder"])))
        if encoder.name != config["encoder_name"]:
            raise InputError(
                file=str(folder / "config.json"),
                field="encoder_name",
                expected=f"the encoder {config['encoder_name']!r} that the labeller was trained with",
                found=repr(encoder.name),
                remedy="Install that encoder, or train the labeller again with this one.",
            )
        try:
            tensors = load_file(folder / "model.safetensors")
            found = cls(encoder, config["encoder"], config["styles"], _cues(config), tensors["weight"], tensors["bias"])
        except (OSError, KeyError, SafetensorError, ConfigurationError) as error:
            raise InputError(
                file=str(folder / "model.safetensors"),
                expected="the weights that config.json describes",
                found=str(error).splitlines()[0],
                remedy="Copy the whole folder again, or train the labeller again.",
            ) from error
        return found


def _cues(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The cues in the order of the styles, which the columns of the weights follow; JSON objects lose the order."""
    return {style: tuple(config["cues"].get(style, ())) for style in config["styles"]}


def _features(encoder: Encoder, cues: CueFeatures, texts: Sequence[str]) -> Floats:
    return np.concatenate([encoder.encode(texts), cues.matrix(texts)], axis=1)


def _texts(style: Style, language: str) -> tuple[str, ...]:
    shown = style.language_for(language)
    return style.definition[shown], *style.examples.get(shown, ())


def _sample_weights(styles: Sequence[str], power: float) -> Floats:
    counts = Counter(styles)
    weights = np.array([counts[style] ** -power for style in styles], np.float32)
    return weights / weights.mean()


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        values: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        values = f"{type(error).__name__}: {error}"
    config = cast(dict[str, Any], values) if isinstance(values, dict) else {}
    missing = [name for name in ("styles", "cues", "encoder", "encoder_name") if name not in config]
    if config.get("kind") != "style-linear" or config.get("format") != FORMAT or missing:
        raise InputError(
            file=str(path),
            expected=f"a linear style labeller of format {FORMAT}",
            found=repr(values)[:200],
            remedy="Name a folder that `LinearLabeller.save` wrote.",
        )
    if tuple(config.get("features", ())) != CueFeatures(_cues(config)).names:
        raise InputError(
            file=str(path),
            field="features",
            expected="the surface features of this version of PushGen",
            found="others",
            remedy="Train the labeller again.",
        )
    return config
