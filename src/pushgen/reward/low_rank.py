"""Low-rank updates of a backbone (LoRA; Hu et al., 2022) through peft: put in for training, merged before saving.

A large backbone then trains a hundredth of its weights, and the model folder is the same as without: plain weights.
"""

from typing import Any

import torch
from torch import nn

from pushgen.errors import MissingExtraError
from pushgen.reward.settings import BackboneConfig


def add_low_rank(backbone: nn.Module, config: BackboneConfig, seed: int) -> None:
    """Puts updates of `config.lora_rank` beside every linear map of the backbone and freezes the backbone itself.

    At first they change nothing. Does nothing for a rank of 0. Raises `MissingExtraError` without peft.
    """
    if not config.lora_rank:
        return
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise MissingExtraError("peft", "llm", "LoRA") from error
    for parameter in backbone.parameters():
        parameter.requires_grad_(False)
    linear = sorted(
        name for name, module in backbone.named_modules() if isinstance(module, nn.Linear) and "pooler" not in name
    )
    rank = config.lora_rank
    lora = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=config.lora_dropout, target_modules=linear)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(lora, backbone)


def merge_low_rank(backbone: nn.Module, config: BackboneConfig) -> None:
    """Adds the updates to the weights that they belong to and takes them out; does nothing for a rank of 0."""
    if not config.lora_rank:
        return
    from peft.tuners.lora import LoraLayer

    for name, module in list(backbone.named_modules()):
        if isinstance(module, LoraLayer):
            updated: Any = module
            updated.merge()
            parent, _, child = name.rpartition(".")
            setattr(backbone.get_submodule(parent), child, updated.get_base_layer())
