"""The whole state of a training in one file, so that a killed one goes on as if it had never stopped. Never pickle.

Tensors (weights, best weights, optimiser, random states) lie in a safetensors file whose header holds the rest as JSON.
The file is replaced by rename: a reader finds the old state or the new one, never half of one.
"""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pushgen.progress import say


@dataclass(slots=True, kw_only=True)
class Checkpoint:
    """Where the state of one training lies, and of which."""

    path: Path
    identity: str
    """What is trained on what, and how: a state of other work is not taken up."""
    seconds: float = 300.0
    """Time between two writes; the end of an epoch is always written."""
    _written: float = field(default_factory=time.monotonic, repr=False)

    def due(self) -> bool:
        """Whether the last write is long enough ago."""
        return time.monotonic() - self._written > self.seconds

    def write(
        self,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        best: dict[str, Tensor],
        state: dict[str, Any],
    ) -> None:
        """Writes everything; `state` holds plain values."""
        from safetensors.torch import save_file

        tensors = {f"module/{name}": tensor for name, tensor in module.state_dict().items()}
        tensors |= {f"best/{name}": tensor for name, tensor in best.items()}
        for index, own in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{name}": value for name, value in own.items()}
        tensors["random/cpu"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["random/cuda"] = torch.cuda.get_rng_state()
        # Copies, because tensors that share memory (tied weights) are refused.
        own = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            save_file(own, draft, metadata={"state": json.dumps({**state, "identity": self.identity})})
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)
        self._written = time.monotonic()

    def read(
        self, module: nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Puts the state back into module, optimiser and random generators; returns best weights and plain values.

        None where there is no file, or one of other work, or one that cannot be read; it says so and is written over.
        """
        from safetensors import SafetensorError, safe_open

        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as stored:
                state: dict[str, Any] = json.loads((stored.metadata() or {}).get("state", "{}"))
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118  (no mapping)
        except (SafetensorError, OSError, ValueError) as error:
            say(f"{self.path} cannot be read ({error}); training begins anew")
            return None
        if state.pop("identity", None) != self.identity:
            say(f"{self.path} belongs to other work; training begins anew")
            return None
        module.load_state_dict(_below(tensors, "module/"))
        optimizer.load_state_dict({**optimizer.state_dict(), "state": _moments(_below(tensors, "optimizer/"))})
        torch.set_rng_state(tensors["random/cpu"])
        if "random/cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random/cuda"])
        return _below(tensors, "best/"), state

    def remove(self) -> None:
        """Deletes the file of a training that is over."""
        self.path.unlink(missing_ok=True)


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _moments(flat: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    found: dict[int, dict[str, Tensor]] = {}
    for name, tensor in flat.items():
        index, moment = name.split("/", 1)
        found.setdefault(int(index), {})[moment] = tensor
    return found
