"""The loss of weighted fine-tuning (PushGen, arXiv 2512.14490, section 2.1.2).

loss = sum_i w_i CE_i / sum_i w_i, CE_i the mean cross-entropy over the tokens of push i alone. Legend of suffixes: B
rows of a batch, T tokens of a row, K places of a row whose next token belongs to a push somewhere in the batch.
"""

import inspect
from typing import Any

from torch import Tensor
from torch.nn.functional import cross_entropy

from pushgen.generation.hf.examples import Batch


def weighted_losses(model: Any, batch: Batch, *, sliced: bool) -> Tensor:
    """Sum of w_i CE_i over the pushes of each row, shape (B,), float32. Prompts and padding carry no loss.

    `sliced` says that the model can compute logits at some places only (`can_slice`): prompts are far longer than
    pushes, and their logits over a large vocabulary would be most of the memory.
    """
    share_BT = batch["share"][:, 1:]
    places_K = share_BT.any(0).nonzero().squeeze(1)
    inputs = {name: batch[name] for name in ("input_ids", "position_ids") if name in batch}
    if sliced:
        logits_BKV = model(**inputs, use_cache=False, logits_to_keep=places_K).logits
    else:
        logits_BKV = model(**inputs, use_cache=False).logits[:, places_K]
    goal_BK = batch["input_ids"][:, 1:][:, places_K]
    losses_BK = cross_entropy(logits_BKV.float().transpose(1, 2), goal_BK, reduction="none")
    return (share_BT[:, places_K] * losses_BK).sum(1)


def can_slice(model: Any) -> bool:
    """Whether the model's `forward` takes the places whose logits are wanted."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "logits_to_keep" in inspect.signature(inner.forward).parameters
