"""The trainer of transformers with PushGen's loss, so that checkpoints, several processes and early stopping are its.

A step minimises (sum of w_i CE_i) / (sum of w_i) over all micro-batches of all processes: the result depends neither on
how a batch is split nor on how many GPUs share it.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback

from pushgen.errors import PushgenError
from pushgen.generation.hf.config import HuggingFaceTraining
from pushgen.generation.hf.examples import Batch, Collator, Example
from pushgen.generation.hf.loss import can_slice, weighted_losses
from pushgen.progress import Bar
from pushgen.training.loop import Epoch
from pushgen.training.precision import has_fast_bf16

Rows = Sequence[Sequence[Example]]
METRIC = "validation"


class WeightedTrainer(Trainer):
    """Minimises the weighted loss and validates by it."""

    loss_is_scaled_for_ga = True

    def __init__(self, model: Any, arguments: TrainingArguments, train: Rows, held: Rows, collator: Collator) -> None:
        super().__init__(
            model=model,
            args=arguments,
            data_collator=collator,
            train_dataset=train,  # type: ignore[arg-type]  # a sequence serves as a dataset
            eval_dataset=held,  # type: ignore[arg-type]
            compute_metrics=_mean,
        )
        self._sliced = can_slice(model)

    def get_batch_samples(
        self, epoch_iterator: Iterator[Batch], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], Tensor | int | None]:
        """The micro-batches of one step, with the sum of their weights over all processes."""
        found = list(islice(epoch_iterator, num_batches))
        weight = torch.stack([batch["weight"].sum() for batch in found]).sum().to(device)
        return found, self.accelerator.gather(weight).sum()  # type: ignore[union-attr]

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """This micro-batch's part of the step's loss."""
        assert num_items_in_batch is not None
        assert not return_outputs
        total = weighted_losses(model, inputs, sliced=self._sliced).sum()
        # Gradients are averaged over the processes afterwards.
        loss = total / num_items_in_batch * self.accelerator.num_processes
        if not torch.isfinite(loss):
            raise PushgenError(
                f"hf training: the loss became {float(loss.detach())} after {self.state.global_step} steps. Lower the "
                "learning rate, or train with bf16 switched off."
            )
        return loss

    def prediction_step(
        self,
        model: nn.Module,
        inputs: Batch,
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """Weighted sums and weights of the rows; `_mean` divides them over the whole validation part."""
        del prediction_loss_only, ignore_keys
        placed: Batch = self._prepare_inputs(inputs)
        with torch.no_grad(), self._precision():
            sums = weighted_losses(model, placed, sliced=self._sliced)
        return sums.sum() / placed["weight"].sum(), sums, placed["weight"]

    def _precision(self) -> AbstractContextManager[Any]:
        return self.accelerator.autocast()


def _mean(prediction: EvalPrediction) -> dict[str, float]:
    weights: Any = prediction.label_ids
    sums: Any = prediction.predictions
    return {METRIC: float(sums.sum() / weights.sum())}


class _Shown(TrainerCallback):
    """Progress for people, and a training loss beside the last validation."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        del args
        self._bar.advance()
        control.should_log = control.should_log or state.global_step >= state.max_steps

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        del args, control
        if points := curve(state):
            self._bar.note(f"loss {points[-1].loss:.4f}, validation {points[-1].validation:.4f}")


def make_trainer(
    model: Any, config: HuggingFaceTraining, train: Rows, held: Rows, *, pad: int, folder: Path, bar: Bar
) -> WeightedTrainer:
    """A trainer that keeps its checkpoints in `folder`."""
    loop = config.loop
    cuda = torch.cuda.is_available()
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=loop.epochs,
        learning_rate=loop.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=loop.warmup_share,  # below 1 it is a share of all steps
        weight_decay=loop.weight_decay,
        max_grad_norm=loop.clip_norm,
        gradient_accumulation_steps=loop.accumulate,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        bf16=uses_bf16(config),
        seed=config.seed,
        data_seed=config.seed,
        eval_strategy="steps",
        save_strategy="steps",
        logging_strategy="steps",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=METRIC,
        greater_is_better=False,
        restore_callback_states_from_checkpoint=True,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=cuda,
        disable_tqdm=True,
        report_to="none",
    )
    # Several GPUs belong to several processes (accelerate launch); threads of one process would split a packed row.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    every = max(1, math.ceil(steps_per_epoch(len(train), config, arguments.world_size) / config.evaluations))
    arguments.eval_steps = arguments.save_steps = arguments.logging_steps = every
    trainer = WeightedTrainer(model, arguments, train, held, Collator(pad, packed=bool(config.pack)))
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_Shown(bar))
    if loop.patience:
        trainer.add_callback(EarlyStoppingCallback(loop.patience * config.evaluations))
    return trainer


def steps_per_epoch(rows: int, config: HuggingFaceTraining, processes: int) -> int:
    """Optimiser steps of one pass over the rows."""
    return math.ceil(math.ceil(rows / (config.batch_size * processes)) / config.loop.accumulate)


def uses_bf16(config: HuggingFaceTraining) -> bool:
    """Whether arithmetic runs in bfloat16; `auto` where the hardware has it."""
    if config.loop.bf16 != "auto":
        return config.loop.bf16 == "yes"
    return has_fast_bf16(torch.device("cuda" if torch.cuda.is_available() else "cpu"))


def curve(state: TrainerState) -> list[Epoch]:
    """One point per validation: the training loss since the one before, and the validation loss."""
    points: list[Epoch] = []
    loss, best = math.nan, math.inf
    for entry in state.log_history:
        loss = entry.get("loss", loss)
        value = entry.get(f"eval_{METRIC}")
        if value is None:
            continue
        is_best = value < best or not points
        best = min(best, value)
        points.append(
            Epoch(
                epoch=entry["epoch"], steps=int(entry["step"]), loss=loss, validation=value, best=is_best, seconds=0.0
            )
        )
    return points
