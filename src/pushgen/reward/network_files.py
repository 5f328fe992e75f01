"""What every network leaves in its folder: the weights, the tokenizer, and the shape of the backbone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from safetensors.torch import load_model, save_model
from torch import nn
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from pushgen.reward.backbone import from_config
from pushgen.training.precision import best_device

N = TypeVar("N", bound=nn.Module)


def save_network(network: nn.Module, tokenizer: PreTrainedTokenizerBase, folder: Path) -> dict[str, Any]:
    """Writes weights and tokenizer; the configuration of the backbone, for `config.json`."""
    # Members of an ensemble share tensors, which this writes once.
    save_model(network, str(folder / "model.safetensors"), metadata={"format": "pt"})
    tokenizer.save_pretrained(folder)
    backbone: Any = network.backbone
    # Without the path that the backbone came from.
    return {name: value for name, value in backbone.config.to_dict().items() if not name.startswith("_")}


def load_network(
    folder: Path, shape: dict[str, Any], build: Callable[[nn.Module, PreTrainedTokenizerBase], N]
) -> tuple[N, PreTrainedTokenizerBase]:
    """The network that `build` makes of a backbone of this shape, with its weights, on the best device.

    Raises what a broken folder makes the libraries raise.
    """
    tokenizer = AutoTokenizer.from_pretrained(str(folder), config=None)
    network = build(from_config(shape), tokenizer)
    load_model(network, folder / "model.safetensors", strict=True)
    network.to(best_device()).eval()
    return network, tokenizer
