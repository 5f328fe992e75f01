"""How the networks of the reward model are trained: the loop that all kinds share, and its settings."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl
from torch import Tensor, nn

from pushgen.manifest import fingerprint
from pushgen.reward.settings import RewardConfig
from pushgen.settings import as_dict
from pushgen.training.checkpoint import Checkpoint
from pushgen.training.loop import Epoch, LoopConfig, fit

B = TypeVar("B")


class Trainer(Protocol[B]):
    """The functions that the training loop asks for."""

    def batches(self, epoch: int) -> Iterator[B]:
        """The batches of an epoch, counted from 0."""
        ...

    def loss(self, batch: B) -> tuple[Tensor, Tensor]:
        """Sum of the weighted losses and of the weights."""
        ...

    def validate(self) -> float:
        """Mean loss on the validation experiments; lower is better."""
        ...


def checkpoint_in(scratch: Path | None, pairs: pl.DataFrame, config: RewardConfig, part: str) -> Checkpoint | None:
    """Where the state of an unfinished training lies, in a folder that the caller keeps; none without one.

    `part` tells the networks of one model apart.
    """
    if scratch is None:
        return None
    rows = hashlib.sha256(pairs.write_ipc(None, compression="uncompressed").getvalue()).hexdigest()
    return Checkpoint(
        path=scratch / f"training-{part}.safetensors", identity=fingerprint([as_dict(config), rows, part])
    )


def fit_network(
    network: nn.Module, trainer: Trainer[B], config: RewardConfig, checkpoint: Checkpoint | None = None
) -> list[Epoch]:
    """Trains in place and leaves the weights of the best epoch; all weights outside the backbone get `head_rate`."""
    return fit(
        network,
        batches=trainer.batches,
        loss=trainer.loss,
        validate=trainer.validate,
        config=LoopConfig(
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            bf16=config.bf16,
            seed=config.seed,
            patience=config.patience,
            max_seconds=config.max_seconds,
        ),
        description="Training the reward model",
        checkpoint=checkpoint,
        rate_scale=lambda name: 1.0 if name.startswith("backbone.") else config.head_rate,
    )
