"""When arithmetic runs in bfloat16, and on which device."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch import nn

Bf16 = Literal["auto", "yes", "no"]


def device_of(module: nn.Module) -> torch.device:
    """The device of the first parameter; the CPU for a module without parameters."""
    first = next(module.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def best_device() -> torch.device:
    """The GPU of this process where there is one, else the CPU."""
    return (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if torch.cuda.is_available()
        else torch.device("cpu")
    )


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 matrix products are faster than float32 ones on this device.

    On a CPU this needs AVX-512 BF16 or AMX; elsewhere bfloat16 is emulated and slower.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def autocast(device: torch.device, bf16: Bf16) -> AbstractContextManager[object]:
    """The context in which forward passes run; parameters stay in float32."""
    if bf16 == "yes" or (bf16 == "auto" and has_fast_bf16(device)):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()
