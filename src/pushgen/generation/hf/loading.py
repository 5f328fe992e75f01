"""Models and tokenizers from the hub or a folder."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pushgen.errors import InputError, MissingExtraError


def load_causal(name: str) -> tuple[Any, Any]:
    """Model and tokenizer for writing: on the first GPU where there is one, in bfloat16 there, else in float32.

    Raises `MissingExtraError` without transformers, `InputError` where the model cannot be loaded.
    """
    import torch

    from pushgen.training.precision import best_device

    device = best_device()
    model = load_model(name, dtype=torch.bfloat16 if device.type == "cuda" else torch.float32)
    return model.to(device), load_tokenizer(name)


def load_model(name: str, *, dtype: Any, quantization: Any = None) -> Any:
    """The causal model of a name, on the CPU; a quantised one lies on the device of this process already.

    `dtype` is a torch type, or `auto` for that of the files. An adapter's folder gives its base with the adapter in it.
    """
    try:
        from transformers import AutoModelForCausalLM
    except ImportError as error:
        raise MissingExtraError("transformers", "train", "a Hugging Face generator") from error
    adapter = (Path(name) / "adapter_config.json").is_file() and not (Path(name) / "config.json").is_file()
    if adapter and find_spec("peft") is None:
        raise MissingExtraError("peft", "llm", "a LoRA adapter")
    try:
        return AutoModelForCausalLM.from_pretrained(name, dtype=dtype, quantization_config=quantization)
    except (OSError, ValueError, KeyError) as error:
        raise _unusable(name, error) from error


def load_tokenizer(name: str) -> Any:
    """The tokenizer of a name."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError, KeyError) as error:
        raise _unusable(name, error) from error


def room(model: Any, reserved: int) -> int:
    """Tokens that the model's context leaves for a prompt."""
    context = getattr(model.config, "max_position_embeddings", None) or 4096
    return max(context - reserved, 16)


def _unusable(name: str, error: Exception) -> InputError:
    return InputError(
        expected="a Hugging Face causal language model",
        found=f"{name!r}: {(str(error).splitlines() or [''])[0]}",
        remedy="Check the name and the network, or give a folder that holds model and tokenizer.",
    )
