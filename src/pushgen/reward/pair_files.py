"""What a pair model leaves in its folder: the weights, the tokenizer, and the shape of network and backbone."""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from pushgen.reward.backbone import from_config
from pushgen.reward.origin import Origin
from pushgen.reward.pair import PairReward, build_network
from pushgen.reward.settings import PairConfig
from pushgen.settings import as_dict, override
from pushgen.statistics.calibration import Residual
from pushgen.training.precision import Bf16, best_device


def save(model: PairReward, folder: Path) -> dict[str, Any]:
    """Writes weights and tokenizer; what `config.json` must hold of the rest."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model.tokenizer.save_pretrained(folder)
    backbone: Any = model.network.backbone
    # Without the path that the backbone came from.
    shape = {name: value for name, value in backbone.config.to_dict().items() if not name.startswith("_")}
    return {"pair": as_dict(model.config), "backbone": shape}


def load(folder: Path, values: dict[str, Any], residual: Residual, origin: Origin, bf16: Bf16) -> PairReward:
    """The model on the best device. Raises what a broken folder makes the libraries raise."""
    config = override(PairConfig(), values["pair"])
    tokenizer = AutoTokenizer.from_pretrained(str(folder), config=None)
    network = build_network(from_config(values["backbone"]), tokenizer, config)
    network.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
    network.to(best_device()).eval()
    return PairReward(network, tokenizer, config, residual, origin, name=folder.name, bf16=bf16)
