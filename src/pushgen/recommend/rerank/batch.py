"""Requests as tensors.

Shapes: B requests, H places of a history, P places of a pool, L items of a list.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from pushgen.recommend.data.jagged import NONE, Ids, Jagged
from pushgen.recommend.rerank.examples import Examples, first_copies


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a network reads, and in training what it should have said."""

    history_BH: Tensor
    """Item numbers, the newest last, `NONE` in front of a shorter history; H is at least 1."""
    past_BH: Tensor
    """True where the history has an item."""
    pool_BP: Tensor
    """Item numbers; `NONE` is nothing."""
    free_BP: Tensor
    """True where an item may be chosen: there is one, and it is the first copy of it in the pool."""
    feedback_BP: Tensor
    """Float, 1 where the user liked the item. All 0 where nothing is known."""
    reference_BL: Tensor
    """Places in the pool; `NONE` where the list is shorter or not known."""

    def __len__(self) -> int:
        return len(self.pool_BP)

    def where(self, **changed: Tensor) -> "Batch":
        """The same batch with some tensors replaced."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return Batch(**(own | changed))

    def repeated(self, times: int) -> "Batch":
        """Every request `times` times, copies side by side."""
        return self._each(lambda tensor: tensor.repeat_interleave(times, dim=0))

    def to(self, device: torch.device) -> "Batch":
        return self._each(lambda tensor: tensor.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        return Batch(**{field.name: change(getattr(self, field.name)) for field in fields(self)})


def batch_of(examples: Examples, rows: Ids, history: int, device: torch.device) -> Batch:
    """The named examples, with the `history` newest items of each history; later copies of an item teach nothing."""
    part = examples.take(rows)
    batch = requests_of(part.histories, part.pools, history, part.references.shape[1], device)
    feedback_BP, reference_BL = (torch.from_numpy(values).to(device) for values in (part.feedback, part.references))
    usable_BL = batch.free_BP.gather(1, reference_BL.clamp(min=0))
    return batch.where(feedback_BP=feedback_BP * batch.free_BP, reference_BL=reference_BL.masked_fill(~usable_BL, NONE))


def requests_of(histories: Jagged, pools: Ids, places: int, length: int, device: torch.device) -> Batch:
    """Requests whose answer is not known, with the `places` newest items of each history."""
    longest = int(np.clip(histories.lengths.max(initial=0), 1, places))
    history, past = histories.padded(longest)
    blank = torch.full((len(pools), length), NONE, dtype=torch.int64)
    return Batch(
        history_BH=torch.from_numpy(history),
        past_BH=torch.from_numpy(past),
        pool_BP=torch.from_numpy(np.ascontiguousarray(pools)),
        free_BP=torch.from_numpy(first_copies(pools)),
        feedback_BP=torch.zeros(pools.shape),
        reference_BL=blank,
    ).to(device)
