"""Several processes that train one model, each on its own GPU; `accelerate launch` starts them.

Every process holds the whole model. A step covers as many micro-batches as there are processes (times `accumulate`);
gradients and weights are summed over all of them, so n processes follow the trajectory of one that accumulates n times
as many.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

from pushgen.errors import MissingExtraError

B = TypeVar("B")


class Processes:
    """This process among those that train together; alone unless a launcher says otherwise."""

    def __init__(self) -> None:
        """Joins the others. Raises `MissingExtraError` where there are others and accelerate is not installed."""
        self.count, self.rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        if self.count > 1:
            try:
                from accelerate import PartialState
            except ImportError as error:
                raise MissingExtraError("accelerate", "llm", "training in several processes") from error
            PartialState(cpu=not torch.cuda.is_available())

    @property
    def is_main(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def own(self, micro: list[B]) -> list[B]:
        """The micro-batches of a step that this process takes."""
        return micro[self.rank :: self.count]

    def sum_gradients(self, module: nn.Module) -> None:
        """Makes every gradient the sum over all processes."""
        if self.count == 1:
            return
        for parameter in module.parameters():
            if parameter.requires_grad:
                # A process without a micro-batch at the end of an epoch has no gradient, but the others wait for it.
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
                torch.distributed.all_reduce(parameter.grad)

    def sum(self, values: Iterable[float], device: torch.device) -> list[float]:
        """Sums of some numbers over all processes."""
        numbers = list(values)
        if self.count == 1:
            return numbers
        shared = torch.tensor(numbers, dtype=torch.float64, device=device)
        torch.distributed.all_reduce(shared)
        return [float(value) for value in shared]

    def agree(self, value: float, device: torch.device) -> float:
        """The value that the main process has, in every process."""
        if self.count == 1:
            return value
        shared: Tensor = torch.tensor([value], dtype=torch.float64, device=device)
        torch.distributed.broadcast(shared, src=0)
        return float(shared[0])

    def wait(self) -> None:
        """Returns when all processes are here."""
        if self.count > 1:
            torch.distributed.barrier()


def is_main() -> bool:
    """Whether this process is alone or the first of those that train together."""
    return os.environ.get("RANK", "0") == "0"
