"""Low-rank updates (Hu et al., 2022) through peft: put on a model, merged into it, exported."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.generation.hf.config import HuggingFaceTraining, LoraConfig
from pushgen.generation.hf.loading import load_model


def four_bit() -> Any:
    """How a base is held in 4 bits: NormalFloat, doubly quantised, arithmetic in bfloat16 (Dettmers et al., 2023)."""
    if find_spec("bitsandbytes") is None:
        raise MissingExtraError("bitsandbytes", "quantized", "a base model in 4 bits (four_bit)")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def with_lora(model: Any, config: HuggingFaceTraining) -> Any:
    """The model with trainable updates and everything else frozen. The seed decides the first weights."""
    try:
        import peft
    except ImportError as error:
        raise MissingExtraError("peft", "llm", "LoRA") from error
    if config.four_bit:
        model = peft.prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    low_rank: LoraConfig = config.low_rank
    lora = peft.LoraConfig(
        r=low_rank.rank,
        lora_alpha=low_rank.alpha,
        lora_dropout=low_rank.dropout,
        target_modules=low_rank.targets,
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        try:
            return peft.get_peft_model(model, lora)
        except ValueError as error:  # peft names the layers that it did not find
            raise ConfigurationError(f"hf training: low_rank.targets {low_rank.targets!r}: {error}") from error


def merge(base: str, adapter: Path, out: Path) -> None:
    """Writes the base with an adapter merged into its weights, in the number format of the base's own files.

    The base is read again: updates merged into a quantised base would be rounded with it.
    """
    import peft

    model = peft.PeftModel.from_pretrained(load_model(base, dtype="auto"), str(adapter))
    model.merge_and_unload().save_pretrained(out)
