"""What a pair model leaves in its folder beside weights and tokenizer: the shape of its network."""

from pathlib import Path
from typing import Any

from pushgen.reward.network_files import load_network, save_network
from pushgen.reward.origin import Origin
from pushgen.reward.pair import PairReward, build_network
from pushgen.reward.settings import PairConfig
from pushgen.settings import as_dict, override
from pushgen.statistics.calibration import Residual
from pushgen.training.precision import Bf16


def save(model: PairReward, folder: Path) -> dict[str, Any]:
    """Writes weights and tokenizer; what `config.json` must hold of the rest."""
    backbone = save_network(model.network, model.tokenizer, folder)
    return {"pair": as_dict(model.config), "backbone": backbone}


def load(folder: Path, values: dict[str, Any], residual: Residual, origin: Origin, bf16: Bf16) -> PairReward:
    """The model on the best device. Raises what a broken folder makes the libraries raise."""
    config = override(PairConfig(), values["pair"])
    network, tokenizer = load_network(
        folder, values["backbone"], lambda backbone, tokenizer: build_network(backbone, tokenizer, config)
    )
    return PairReward(network, tokenizer, config, residual, origin, name=folder.name, bf16=bf16)
