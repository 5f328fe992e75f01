"""Weighted fine-tuning of a Hugging Face causal model, whole or with LoRA, on one machine with any number of GPUs.

A killed training goes on from its last whole checkpoint and ends with the same weights. Started through
`accelerate launch`, every process runs this; the first one writes.
"""

import json
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from transformers.utils.logging import disable_progress_bar

from pushgen.errors import ConfigurationError
from pushgen.generation.corpus import Rows
from pushgen.generation.hf.adapters import four_bit, merge, with_lora
from pushgen.generation.hf.codec import PromptCodec
from pushgen.generation.hf.config import HuggingFaceTraining
from pushgen.generation.hf.examples import examples, pack, refuse_leaks
from pushgen.generation.hf.loading import load_model, load_tokenizer, room
from pushgen.generation.hf.trainer import curve, make_trainer, steps_per_epoch, uses_bf16
from pushgen.manifest import write_json
from pushgen.progress import bar, say
from pushgen.styles.taxonomy import load_taxonomy
from pushgen.training.loop import Epoch

CHECKPOINTS = "checkpoints"
ADAPTER = "adapter"


@dataclass(frozen=True, slots=True)
class FineTuned:
    """How a model came about."""

    history: Sequence[Epoch]
    """One point per validation."""
    rows: int
    too_long: int
    """Training rows left out because their push has more tokens than `max_target`."""
    packed_rows: int
    """Rows of the batches that the training rows lie in."""


def fine_tune(rows: Rows, config: HuggingFaceTraining, out: Path, key: str) -> FineTuned:
    """Trains and writes model and tokenizer into `out`.

    `key` identifies the work: checkpoints of the same key in `out/checkpoints` are gone on from, others are removed.
    Raises `ConfigurationError` without a base model or where the model cannot be packed, `MissingExtraError` without
    peft or bitsandbytes where they are needed.
    """
    if not config.base:
        raise ConfigurationError("the backend hf needs a model to start from: --base NAME")
    taxonomy, tokenizer = load_taxonomy(), load_tokenizer(config.base)
    disable_progress_bar()  # a bar for every checkpoint would hide the one that counts
    with _random_state_kept():
        model, stored = _trainable(config)
        codec = PromptCodec(tokenizer, min(config.max_prompt, room(model, config.max_target)))
        found = [
            examples(part, codec, taxonomy, max_target=config.max_target, limit=config.decode.limit)
            for part in (rows.train, rows.validation)
        ]
        (train, too_long), (held, _) = found
        if not train or not held:
            raise ConfigurationError(f"hf training: no push has at most max_target = {config.max_target} tokens")
        packed = pack(train, config.pack, config.seed)
        if config.pack:
            refuse_leaks(model, packed, codec.pad)
        checkpoints = _checkpoints(out / CHECKPOINTS, key)
        steps = steps_per_epoch(len(packed), config, PartialState().num_processes)
        with bar("fine-tuning", steps * config.loop.epochs) as shown:
            trainer = make_trainer(
                model,
                config,
                packed,
                pack(held, config.pack, config.seed),
                pad=codec.pad,
                folder=out / CHECKPOINTS,
                bar=shown,
            )
            if checkpoints:
                say(f"going on from {checkpoints[-1].name}")
            trainer.train(resume_from_checkpoint=str(checkpoints[-1]) if checkpoints else None)
    history = curve(trainer.state)
    if trainer.is_world_process_zero():
        export(trainer.model, tokenizer, config, out, stored)
        shutil.rmtree(out / CHECKPOINTS)
    return FineTuned(history, len(train), too_long, len(packed))


def export(model: Any, tokenizer: Any, config: HuggingFaceTraining, out: Path, stored: torch.dtype) -> None:
    """Writes a trained model: whole, or its updates merged into the base and beside it, or the updates alone.

    `stored` is the number format of the base's own files, in which a whole model is written.
    """
    if not config.lora:
        model.to(stored).save_pretrained(out)
    elif config.low_rank.merge:
        model.save_pretrained(out / ADAPTER)
        merge(config.base, out / ADAPTER, out)
    else:
        model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _trainable(config: HuggingFaceTraining) -> tuple[Any, torch.dtype]:
    """The base model, ready to be trained, and the number format of its files.

    What is frozen lies in bfloat16 or 4 bits, what is trained in float32.
    """
    frozen = torch.bfloat16 if uses_bf16(config) else torch.float32
    if config.lora:
        model = load_model(config.base, dtype=frozen, quantization=four_bit() if config.four_bit else None)
        stored = frozen
    else:
        model = load_model(config.base, dtype="auto")
        stored, model = model.dtype, model.float()
    if config.gradient_checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    return with_lora(model, config) if config.lora else model, stored


def _checkpoints(folder: Path, key: str) -> list[Path]:
    """The whole checkpoints of this work, oldest first; those of other work are removed."""
    state = PartialState()
    file = folder / "work.json"
    if state.is_main_process:
        known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        if known != {"key": key}:
            shutil.rmtree(folder, ignore_errors=True)
            write_json(file, {"key": key})
        for torn in set(folder.glob("checkpoint-*")) - set(_whole(folder)):
            shutil.rmtree(torn)
    state.wait_for_everyone()
    return _whole(folder)


def _whole(folder: Path) -> list[Path]:
    """Checkpoints that were written to their end: the trainer's state comes last."""
    found: dict[int, Path] = {}
    for one in folder.glob("checkpoint-*"):
        try:
            json.loads((one / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found[int(one.name.rsplit("-", 1)[1])] = one
    return [found[step] for step in sorted(found)]


@contextmanager
def _random_state_kept() -> Iterator[None]:
    """The trainer seeds every source of chance; the caller's are as before afterwards."""
    plain, numbers = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        yield
    random.setstate(plain)
    np.random.set_state(numbers)
