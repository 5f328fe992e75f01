"""What a blend leaves in its folder: its parts in `network` and `linear`, each a complete model, and their weights."""

from pathlib import Path
from typing import Any

from pushgen.reward import storage
from pushgen.reward.blend import BlendReward
from pushgen.reward.linear import LinearReward
from pushgen.reward.origin import Origin
from pushgen.reward.utility import UtilityReward
from pushgen.statistics.calibration import Residual
from pushgen.training.precision import Bf16


def save(model: BlendReward, folder: Path) -> dict[str, Any]:
    """Writes both parts; what `config.json` must hold of the rest."""
    storage.save_reward(model.network, folder / "network")
    storage.save_reward(model.linear, folder / "linear")
    return {"weights": list(model.weights)}


def load(folder: Path, values: dict[str, Any], residual: Residual, origin: Origin, bf16: Bf16) -> BlendReward:
    """The model. Raises `InputError` where a part is broken or of another kind."""
    network, linear = storage.load_reward(folder / "network", bf16=bf16), storage.load_reward(folder / "linear")
    if not isinstance(network, UtilityReward) or not isinstance(linear, LinearReward):
        raise ValueError(f"its parts are of the kinds {network.kind!r} and {linear.kind!r}")
    one, two = (float(weight) for weight in values["weights"])
    return BlendReward(network, linear, (one, two), residual, origin, name=folder.name)
