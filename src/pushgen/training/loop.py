"""The loop that trains every model of PushGen's own: AdamW, linear warm-up and decay, clipping, early stopping.

The weights of the best epoch are kept. (A Hugging Face model is fine-tuned by the trainer of transformers.)

A step minimises (sum of weighted losses) / (sum of weights) over all its micro-batches, so that accumulating
gradients over several micro-batches follows the same trajectory as one large batch, whatever the weights are.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from pushgen.errors import ConfigurationError, PushgenError
from pushgen.progress import Bar, bar, say
from pushgen.training.checkpoint import Checkpoint
from pushgen.training.precision import Bf16, autocast, device_of
from pushgen.training.processes import Processes

B = TypeVar("B")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """How a model is trained."""

    epochs: int = 3
    """Passes over what `batches` yields."""
    learning_rate: float = 5e-5
    """Peak rate, reached at the end of the warm-up."""
    warmup_share: float = 0.06
    """Share of all steps in which the rate rises from 0; afterwards it falls linearly to 0 at the end."""
    weight_decay: float = 0.01
    """AdamW's decay of matrices; vectors (biases, norms) are not decayed."""
    clip_norm: float = 1.0
    """Largest norm of the gradient of a step; 0 switches clipping off."""
    accumulate: int = 1
    """Micro-batches per step."""
    bf16: Bf16 = "auto"
    """bfloat16 arithmetic in the forward pass: `auto` where the hardware has it (AVX-512 BF16, AMX, CUDA)."""
    seed: int = 0
    """Seed of dropout. The order of the batches is the caller's."""
    patience: int = 0
    """Epochs without a better validation after which training stops; 0 never stops early."""
    max_seconds: float | None = None
    """Wall-clock budget. The rate then falls with the larger of the shares of steps and of time used, so that it
    still ends near 0. A run that meets the budget is not reproducible byte for byte."""

    def __post_init__(self) -> None:
        checks = {
            "epochs": self.epochs >= 1,
            "learning_rate": self.learning_rate > 0,
            "warmup_share": 0 <= self.warmup_share < 1,
            "weight_decay": self.weight_decay >= 0,
            "clip_norm": self.clip_norm >= 0,
            "accumulate": self.accumulate >= 1,
            "patience": self.patience >= 0,
            "max_seconds": self.max_seconds is None or self.max_seconds > 0,
        }
        for name, good in checks.items():
            if not good:
                raise ConfigurationError(f"training: {name} is out of range: {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one pass gave."""

    epoch: float
    """Passes that are over; a trainer that validates within a pass gives fractions."""
    steps: int
    """Optimiser steps taken so far."""
    loss: float
    """Weighted mean of the training loss over this epoch, as seen while the weights moved."""
    validation: float
    """What `validate` returned after it; lower is better. NaN where nothing validates."""
    best: bool
    """Whether this is the lowest validation so far, or nothing validates."""
    seconds: float
    """Since the start of training."""


def fit(
    module: nn.Module,
    *,
    batches: Callable[[int], Iterable[B]],
    loss: Callable[[B], tuple[Tensor, Tensor]],
    validate: Callable[[], float] | None,
    config: LoopConfig,
    description: str,
    rate_scale: Callable[[str], float] | None = None,
    checkpoint: Checkpoint | None = None,
) -> list[Epoch]:
    """Trains the module in place and leaves it in evaluation mode with the weights of its best epoch.

    `batches(epoch)` (epoch from 0) yields the micro-batches of a pass in their order; they are listed before
    the pass begins, so they should be light (row numbers, token ids). `loss(batch)` returns the weighted sum of
    the losses and the sum of the weights, both scalars; it runs in training mode under autocast. `validate()`
    runs in evaluation mode without gradients; lower is better; where it is None the last epoch is kept.
    `rate_scale` maps a parameter name to a factor on its learning rate (1 by default). With a `checkpoint`, a
    training that was killed goes on where it was written last and ends with the same weights as an unbroken one; the
    file is removed at the end.

    The global random state is as before afterwards. Raises `PushgenError` where the loss stops being a number.
    """
    device = device_of(module)
    processes = Processes()
    run = _Run(module, _optimizer(module, config, rate_scale), config, processes)
    history: list[Epoch] = []
    best_value, best_state = math.inf, dict[str, Tensor]()
    first = 0
    plan = list(batches(0))
    with (
        torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
        bar(description, len(plan) * config.epochs) as shown,
    ):
        torch.manual_seed(config.seed + processes.rank)
        if checkpoint and (kept := checkpoint.read(module, run.optimizer)):
            best_state, state = kept
            first, best_value = state["epoch"], state["best"] if best_state else math.inf
            history = [Epoch(**one) for one in state["history"]]
            run.restore(state["run"])
            shown.advance(len(plan) * first + state["run"]["place"])
            say(f"{description}: going on in epoch {first + 1}, after {run.steps} steps")

        def keep(epoch: int) -> None:
            if checkpoint and processes.is_main:
                plain = {"epoch": epoch, "best": best_value, "history": [asdict(one) for one in history]}
                checkpoint.write(module, run.optimizer, best_state, {**plain, "run": run.state()})

        for index in range(first, config.epochs):
            if run.out_of_time or _is_stale(history, config.patience):
                break
            plan = plan if index == 0 else list(batches(index))
            if not plan:
                raise PushgenError(f"{description}: epoch {index + 1} has no batches; there is nothing to train on")
            mean = run.epoch(
                index, plan, loss, shown, lambda index=index: keep(index) if checkpoint and checkpoint.due() else None
            )
            module.eval()
            with torch.no_grad(), autocast(device, config.bf16):
                value = processes.agree(float(validate()) if validate else math.nan, device)
            best = value < best_value or not best_state or validate is None
            if best:
                best_value = value if math.isfinite(value) else math.inf
                best_state = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
            history.append(
                Epoch(epoch=index + 1, steps=run.steps, loss=mean, validation=value, best=best, seconds=run.elapsed)
            )
            shown.note(f"loss {mean:.4f}, validation {value:.4f}")
            keep(index + 1)
    module.load_state_dict(best_state)
    processes.wait()
    if checkpoint and processes.is_main:
        checkpoint.remove()
    module.eval()
    return history


class _Run:
    """The state that outlives an epoch: steps, clock, optimiser."""

    def __init__(
        self, module: nn.Module, optimizer: torch.optim.Optimizer, config: LoopConfig, processes: Processes
    ) -> None:
        self._module, self.optimizer, self._config = module, optimizer, config
        self._device, self._processes = device_of(module), processes
        self._started = time.monotonic()
        self.steps = 0
        self.out_of_time = False
        self._place = 0
        """Micro-batches of this epoch that are done."""
        self._sums = 0.0, 0.0

    def state(self) -> dict[str, Any]:
        """What `restore` needs to go on from here."""
        return {
            "steps": self.steps,
            "out_of_time": self.out_of_time,
            "place": self._place,
            "sums": self._sums,
            "seconds": self.elapsed,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from what `state` told."""
        self.steps, self.out_of_time, self._place = state["steps"], state["out_of_time"], state["place"]
        self._sums = state["sums"][0], state["sums"][1]
        self._started = time.monotonic() - state["seconds"]

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started

    def epoch(
        self,
        index: int,
        plan: list[B],
        loss: Callable[[B], tuple[Tensor, Tensor]],
        shown: Bar,
        after_step: Callable[[], None],
    ) -> float:
        """One pass, or what is left of it; returns the weighted mean loss."""
        config = self._config
        self._module.train()
        total, weight = self._sums
        stride = config.accumulate * self._processes.count
        for start in range(self._place, len(plan), stride):
            step_sum, step_weight = self._gradients(plan[start : start + stride], loss, shown)
            total, weight = total + step_sum, weight + step_weight
            share = (index + start / len(plan)) / config.epochs
            steps = math.ceil(len(plan) / stride) * config.epochs
            self._update(step_weight, self._rate(share, 1.0 / steps))
            if config.max_seconds is not None and self._clock() > config.max_seconds:
                self.out_of_time = True
                break
            self._place, self._sums = start + stride, (total, weight)
            after_step()
        self._place, self._sums = 0, (0.0, 0.0)
        return total / weight if weight > 0 else math.nan

    def _gradients(self, micro: list[B], loss: Callable[[B], tuple[Tensor, Tensor]], shown: Bar) -> tuple[float, float]:
        total = weight = 0.0
        for batch in self._processes.own(micro):
            with autocast(self._device, self._config.bf16):
                value, value_weight = loss(batch)
            value.float().backward()
            total, weight = total + float(value.detach()), weight + float(value_weight)
        shown.advance(len(micro))
        self._processes.sum_gradients(self._module)
        total, weight = self._processes.sum((total, weight), self._device)
        if not math.isfinite(total) or not math.isfinite(weight):
            raise PushgenError(
                f"training: the loss became {total} after {self.steps} steps. Lower the learning rate, or train "
                "with bf16 switched off."
            )
        return total, weight

    def _update(self, weight: float, factor: float) -> None:
        if weight <= 0:  # nothing in this step carries evidence
            self.optimizer.zero_grad(set_to_none=True)
            return
        parameters = [parameter for parameter in self._module.parameters() if parameter.grad is not None]
        for parameter in parameters:
            assert parameter.grad is not None
            parameter.grad.div_(weight)
        if self._config.clip_norm:
            nn.utils.clip_grad_norm_(parameters, self._config.clip_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self._config.learning_rate * group["scale"] * factor
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1

    def _clock(self) -> float:
        """Seconds since the start, the same in every process, so that all end in the same step."""
        return self._processes.agree(self.elapsed, self._device)

    def _rate(self, share: float, one_step: float) -> float:
        """Factor on the peak rate at a share of the whole run in [0, 1)."""
        if self._config.max_seconds is not None:
            share = max(share, min(self._clock() / self._config.max_seconds, 1.0))
        warmup = self._config.warmup_share
        if share < warmup:
            return (share + one_step) / (warmup + one_step)
        return max(1.0 - share, 0.0) / (1.0 - warmup)


def _optimizer(
    module: nn.Module, config: LoopConfig, rate_scale: Callable[[str], float] | None
) -> torch.optim.Optimizer:
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            scale = rate_scale(name) if rate_scale else 1.0
            groups.setdefault((scale, parameter.ndim >= 2), []).append(parameter)
    if not groups:
        raise ConfigurationError("training: the model has no parameter that may change")
    return torch.optim.AdamW(
        [
            {"params": members, "weight_decay": config.weight_decay if decays else 0.0, "scale": scale}
            for (scale, decays), members in groups.items()
        ],
        lr=config.learning_rate,
        fused=True,  # one pass over memory: on a CPU several times faster than the loop over tensors
    )


def _is_stale(history: list[Epoch], patience: int) -> bool:
    if not patience or not history:
        return False
    last_best = max(epoch.epoch for epoch in history if epoch.best)
    return history[-1].epoch - last_best >= patience
