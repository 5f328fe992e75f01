"""A reward model as a folder: `config.json`, `model.safetensors`, tokenizer or vocabulary, `card.md`. Never pickle.

Each kind writes its own files and the part of `config.json` that is its own; `config.json`, which makes the folder a
model, is written last.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushgen.errors import InputError
from pushgen.manifest import write_json
from pushgen.reward.card import card
from pushgen.reward.origin import Origin
from pushgen.reward.trained import TrainedReward
from pushgen.settings import as_dict
from pushgen.statistics.calibration import Residual

if TYPE_CHECKING:
    from pushgen.training.precision import Bf16

FORMAT = "pushgen-reward-1"


def save_reward(model: TrainedReward, folder: Path) -> None:
    """Writes the folder. A file of another model in it is overwritten or left, never read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)
    if model.kind == "linear":
        from pushgen.reward.linear_files import save
    elif model.kind == "blend":
        from pushgen.reward.blend_files import save
    elif model.kind in ("score", "list"):
        from pushgen.reward.utility_files import save
    else:
        from pushgen.reward.pair_files import save
    own = save(model, folder)  # type: ignore[arg-type]  (the kind tells the class)
    common = {
        "format": FORMAT,
        "kind": model.kind,
        "residual": as_dict(model.residual),
        "origin": asdict(model.origin),
    }
    (folder / "card.md").write_text(card(model), encoding="utf-8")
    write_json(folder / "config.json", common | own)


def load_reward(folder: Path, *, bf16: "Bf16" = "no") -> TrainedReward:
    """The model of a folder, in float32 and evaluation mode; `bf16` concerns the networks.

    Raises `InputError` where the folder is not a complete reward model, `MissingExtraError` where a library lacks.
    """
    values = _config(folder)
    try:
        residual, origin = Residual(**values["residual"]), Origin(**values["origin"])
        if values["kind"] == "linear":
            from pushgen.reward.linear_files import load as load_linear

            return load_linear(folder, values, residual, origin)
        if values["kind"] == "blend":
            from pushgen.reward.blend_files import load as load_blend

            return load_blend(folder, values, residual, origin, bf16)
        if values["kind"] in ("score", "list"):
            from pushgen.reward.utility_files import load as load_utility

            return load_utility(folder, values, residual, origin, bf16)
        from pushgen.reward.pair_files import load as load_pair

        return load_pair(folder, values, residual, origin, bf16)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            file=str(folder),
            expected="a complete reward model with config.json, model.safetensors and a tokenizer or vocabulary",
            found=str(error).strip().splitlines()[0],
            remedy="Train it again, or copy the whole folder again.",
        ) from error


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
