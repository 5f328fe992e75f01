"""Weighted fine-tuning of a Hugging Face causal model, whole or with LoRA (Hu et al., 2022).

loss = sum_i w_i CE_i / sum_i w_i with CE_i the mean over the tokens of push i; the prompt is masked (PushGen, 2.1.2).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.generation.corpus import Row, Rows
from pushgen.generation.hf import PromptCodec, load_causal, room
from pushgen.generation.provenance import language_of
from pushgen.protocols import GenerationRequest
from pushgen.records import Content
from pushgen.styles.taxonomy import Taxonomy, load_taxonomy
from pushgen.training.loop import Epoch, LoopConfig, fit

IGNORED = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceTraining:
    """How a causal model is fine-tuned."""

    base: str = ""
    """Hub name or folder of the model to start from."""
    lora: bool = False
    """Train low-rank updates instead of all weights; they are merged before the model is saved."""
    lora_rank: int = 16
    lora_alpha: int = 32
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(epochs=2, learning_rate=1e-4, accumulate=4))
    batch_size: int = 4
    """Rows per micro-batch."""
    max_target: int = 96
    """Longest push in tokens; longer ones are left out and counted."""
    validation: float = 0.1
    """Share of the training contents that only validate."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 1 or not 0 < self.validation < 1 or self.lora_rank < 1:
            raise ConfigurationError(f"hf training: a value lies outside its range: {self}")


@dataclass(frozen=True, slots=True)
class Example:
    """A row in tokens."""

    prompt: list[int]
    target: list[int]
    weight: float


def fine_tune(rows: Rows, config: HuggingFaceTraining, out: Path) -> tuple[list[Epoch], int]:
    """Trains and saves model and tokenizer; returns the epochs and the number of rows left out as too long."""
    if not config.base:
        raise ConfigurationError("the backend hf needs a model to start from: --base NAME")
    model, tokenizer = load_causal(config.base)
    codec = PromptCodec(tokenizer, room(model, config.max_target))
    taxonomy = load_taxonomy()
    train, left_out = examples(rows.train, codec, taxonomy, config.max_target)
    held, _ = examples(rows.validation, codec, taxonomy, config.max_target)
    model = _with_lora(model, config) if config.lora else model
    history = fit(
        model,
        batches=lambda epoch: _batches(train, config.batch_size, config.seed + epoch),
        loss=lambda batch: weighted_loss(model, batch, codec.pad),
        validate=_validation(model, held, config.batch_size, codec.pad),
        config=config.loop,
        description="fine-tuning",
    )
    saved = model.merge_and_unload() if config.lora else model
    saved.save_pretrained(out, safe_serialization=True)
    tokenizer.save_pretrained(out)
    return history, left_out


def examples(rows: Sequence[Row], codec: PromptCodec, taxonomy: Taxonomy, max_target: int) -> tuple[list[Example], int]:
    """Rows with prompt and target in tokens. A row without a style is trained as plain."""
    found: list[Example] = []
    for row in rows:
        content = Content(content_id=row.content_id, caption=row.caption, language=row.language)
        request = GenerationRequest(content=content, style=row.style or "plain")
        _, prompt = codec.encode(request, taxonomy, language_of(content), 110)
        target = codec.target(row.text)
        if len(target) <= max_target:
            found.append(Example(prompt, target, row.weight))
    return found, len(rows) - len(found)


def weighted_loss(model: Any, batch: Sequence[Example], pad: int) -> tuple[Tensor, Tensor]:
    """Sum of w_i CE_i and sum of w_i. Padding and prompts carry no loss."""
    device = next(model.parameters()).device
    length = max(len(one.prompt) + len(one.target) for one in batch)
    ids = torch.full((len(batch), length), pad, device=device)
    labels = torch.full((len(batch), length), IGNORED, device=device)
    mask = torch.zeros((len(batch), length), dtype=torch.long, device=device)
    for row, one in enumerate(batch):
        tokens = torch.tensor([*one.prompt, *one.target], device=device)
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        labels[row, len(one.prompt) : len(tokens)] = tokens[len(one.prompt) :]
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1].float()
    goal = labels[:, 1:]
    losses = cross_entropy(logits.transpose(1, 2), goal, ignore_index=IGNORED, reduction="none")
    each = losses.sum(1) / (goal != IGNORED).sum(1).clamp(min=1)
    weight = torch.tensor([one.weight for one in batch], device=device)
    return (weight * each).sum(), weight.sum()


def _with_lora(model: Any, config: HuggingFaceTraining) -> Any:
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingExtraError("peft", "llm", "LoRA") from error
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=0.05,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        return get_peft_model(model, lora)


def _batches(rows: Sequence[Example], size: int, seed: int) -> list[list[Example]]:
    rng = random.Random(seed)
    order = list(rows)
    rng.shuffle(order)
    order.sort(key=lambda one: (len(one.prompt) + len(one.target)) // 16)
    found = [order[start : start + size] for start in range(0, len(order), size)]
    rng.shuffle(found)
    return found


def _validation(model: Any, held: Sequence[Example], size: int, pad: int) -> Callable[[], float]:
    def validate() -> float:
        sums = [weighted_loss(model, held[start : start + size], pad) for start in range(0, len(held), size)]
        return float(sum(value for value, _ in sums)) / float(sum(weight for _, weight in sums))

    return validate
