"""What a linear model leaves in its folder: coefficients, vocabularies, and a copy of its style labeller."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pushgen.errors import MissingExtraError
from pushgen.manifest import write_json
from pushgen.reward.features import Features
from pushgen.reward.linear import LinearReward
from pushgen.reward.origin import Origin
from pushgen.reward.settings import LinearConfig
from pushgen.reward.surface import Surface
from pushgen.reward.topics import Topics
from pushgen.settings import as_dict, override
from pushgen.statistics.calibration import Residual
from pushgen.styles.linear import LinearLabeller


def save(model: LinearReward, folder: Path) -> dict[str, Any]:
    """Writes coefficients, vocabularies and labeller; what `config.json` must hold of the rest."""
    from safetensors.numpy import save as to_bytes

    features = model.features
    tensors = {
        "beta": model.beta_F,
        "surface.knots": features.surface.knots,
        "surface.scale": features.surface.scale,
    }
    vocabulary = {"words": features.words}
    if (topics := features.topics) is not None:
        tensors |= {"topics.rarity": topics.rarity_V, "topics.weight": topics.weight_VK, "topics.bias": topics.bias_K}
        vocabulary |= {"caption_words": topics.words, "categories": topics.categories}
    tensors = {name: np.ascontiguousarray(values, np.float64) for name, values in tensors.items()}
    (folder / "model.safetensors").write_bytes(to_bytes(tensors))
    write_json(folder / "vocabulary.json", vocabulary)
    if features.styles is not None:
        features.styles.save(folder / "styles", card="# Style labeller of a reward model\n\nA copy; see its origin.")
    return {"linear": as_dict(features.config), "styles": features.styles is not None}


def load(folder: Path, values: dict[str, Any], residual: Residual, origin: Origin) -> LinearReward:
    """The model. Raises what a broken folder makes the libraries raise."""
    try:
        from safetensors.numpy import load_file
    except ImportError as error:
        raise MissingExtraError("safetensors", "train", "a trained reward model") from error
    tensors = load_file(folder / "model.safetensors")
    vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    topics = None
    if "caption_words" in vocabulary:
        rarity, weight, bias = (tensors[f"topics.{name}"] for name in ("rarity", "weight", "bias"))
        topics = Topics(vocabulary["caption_words"], rarity, weight, bias, vocabulary["categories"])
    features = Features(
        override(LinearConfig(), values["linear"]),
        vocabulary["words"],
        Surface(tensors["surface.knots"], tensors["surface.scale"]),
        LinearLabeller.load(folder / "styles") if values["styles"] else None,
        topics,
    )
    beta_F = tensors["beta"]
    if len(beta_F) != sum(features.columns.values()):
        raise ValueError(f"{len(beta_F)} coefficients for {sum(features.columns.values())} features")
    return LinearReward(features, beta_F, residual, origin, name=folder.name)
