"""A reward model as a folder: `config.json`, `model.safetensors`, the tokenizer, and `card.md`. Never pickle."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from pushgen.errors import InputError
from pushgen.manifest import write_json
from pushgen.reward.backbone import from_config
from pushgen.reward.card import card
from pushgen.reward.pair import Origin, PairReward, build_network
from pushgen.reward.settings import PairConfig
from pushgen.settings import as_dict, override
from pushgen.statistics.calibration import Residual
from pushgen.training.precision import Bf16, best_device

FORMAT = "pushgen-reward-1"


def save_reward(model: PairReward, folder: Path) -> None:
    """Writes the folder; `config.json`, which makes it a model, comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model.tokenizer.save_pretrained(folder)
    backbone: Any = model.network.backbone
    values: dict[str, Any] = {
        "format": FORMAT,
        "kind": model.kind,
        "pair": as_dict(model.config),
        "residual": as_dict(model.residual),
        "origin": asdict(model.origin),
        "backbone": _plain(backbone.config.to_dict()),
    }
    (folder / "card.md").write_text(card(model), encoding="utf-8")
    write_json(folder / "config.json", values)


def load_reward(folder: Path, *, bf16: Bf16 = "no") -> PairReward:
    """The model of a folder, in float32 and evaluation mode.

    Raises `InputError` where the folder is not a complete reward model.
    """
    values = _config(folder)
    try:
        config = override(PairConfig(), values["pair"])
        tokenizer = AutoTokenizer.from_pretrained(str(folder), config=None)
        network = build_network(from_config(values["backbone"]), tokenizer, config)
        network.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise InputError(
            file=str(folder),
            expected="a complete reward model with config.json, model.safetensors and a tokenizer",
            found=str(error).strip().splitlines()[0],
            remedy="Train it again, or copy the whole folder again.",
        ) from error
    network.to(best_device()).eval()
    residual, origin = Residual(**values["residual"]), Origin(**values["origin"])
    return PairReward(network, tokenizer, config, residual, origin, name=folder.name, bf16=bf16)


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            file=str(path),
            expected="the configuration of a reward model",
            found=str(error),
            remedy="Give the folder that `pushgen train reward` wrote.",
        ) from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError(
            file=str(path),
            field="format",
            expected=repr(FORMAT),
            found=repr(values.get("format") if isinstance(values, dict) else values),
            remedy="Give the folder that `pushgen train reward` wrote.",
        )
    return values


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """A backbone's configuration without the path it came from."""
    return {name: value for name, value in config.items() if not name.startswith("_")}
