"""Corpus rows in tokens, several in one row of a batch where they are packed.

A push never sees its neighbours in a packed row: its positions begin at 0, and the attention masks of transformers part
a row where positions restart. `refuse_leaks` measures whether a model really keeps to that.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pushgen.errors import ConfigurationError
from pushgen.generation.corpus import Row
from pushgen.generation.hf.codec import PromptCodec
from pushgen.generation.provenance import language_of
from pushgen.protocols import GenerationRequest
from pushgen.records import Content
from pushgen.styles.taxonomy import Taxonomy

Batch = dict[str, Tensor]
"""`input_ids` (B, T); `share` (B, T), what a token's cross-entropy counts: w_i / tokens of target i in targets, 0
elsewhere; `weight` (B,), the sum of w_i in a row; for packed rows `position_ids` (B, T)."""
OPEN_ROWS = 16


@dataclass(frozen=True, slots=True)
class Example:
    """A row of the corpus in tokens."""

    prompt: list[int]
    target: list[int]
    weight: float

    @property
    def length(self) -> int:
        return len(self.prompt) + len(self.target)


def examples(
    rows: Sequence[Row], codec: PromptCodec, taxonomy: Taxonomy, *, max_target: int, limit: int
) -> tuple[list[Example], int]:
    """Rows with prompt and target in tokens, and how many were left out for a target of more than `max_target`.

    A row without a style is trained as plain. `limit` is the longest push in graphemes that the prompt asks for.
    """
    found: list[Example] = []
    for row in rows:
        content = Content(content_id=row.content_id, caption=row.caption, language=row.language)
        request = GenerationRequest(content=content, style=row.style or "plain")
        _, prompt = codec.encode(request, taxonomy, language_of(content), limit)
        target = codec.target(row.text)
        if len(target) <= max_target:
            found.append(Example(prompt, target, row.weight))
    return found, len(rows) - len(found)


def pack(found: Sequence[Example], size: int, seed: int) -> list[list[Example]]:
    """The examples in rows of at most `size` tokens, each example whole and in one row; 0 gives each a row of its own.

    An example longer than `size` gets a row of its own. The next example goes into the fullest of the open rows that
    has room for it.
    """
    if not size:
        return [[one] for one in found]
    order = list(found)
    random.Random(seed).shuffle(order)
    rows: list[list[Example]] = []
    room: list[tuple[int, int]] = []  # tokens left and place of each open row
    for one in order:
        fitting = min(((left, place) for left, place in room if left >= one.length), default=None)
        if fitting is None:
            room = sorted(room)[-(OPEN_ROWS - 1) :]
            fitting = (max(size - one.length, 0) + one.length, len(rows))
            rows.append([])
        else:
            room.remove(fitting)
        rows[fitting[1]].append(one)
        room.append((fitting[0] - one.length, fitting[1]))
    return rows


@dataclass(frozen=True, slots=True)
class Collator:
    """Packed rows to tensors. Padding stands at the end: what comes before never sees it under causal attention."""

    pad: int
    packed: bool

    def __call__(self, rows: Sequence[Sequence[Example]]) -> Batch:
        length = max(sum(one.length for one in row) for row in rows)
        ids = torch.full((len(rows), length), self.pad)
        positions = torch.arange(length).repeat(len(rows), 1)
        share = torch.zeros((len(rows), length))
        for place, row in enumerate(rows):
            start = 0
            for one in row:
                end = start + one.length
                ids[place, start:end] = torch.tensor([*one.prompt, *one.target])
                positions[place, start:] = torch.arange(length - start)
                share[place, start + len(one.prompt) : end] = one.weight / len(one.target)
                start = end
        weight = torch.tensor([sum(one.weight for one in row) for row in rows])
        batch = {"input_ids": ids, "share": share, "weight": weight}
        return batch | ({"position_ids": positions} if self.packed else {})


def refuse_leaks(model: Any, rows: Sequence[Sequence[Example]], pad: int) -> None:
    """Raises `ConfigurationError` where an example's logits depend on its neighbours in a packed row.

    Models with a state that runs along the row, or with an attention of their own, may not part it.
    """
    crowded = next((row for row in rows if len(row) > 1), None)
    if crowded is None:
        return
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    with torch.no_grad():
        batch = Collator(pad, packed=True)([crowded[:2]])
        together = _logits(model, batch["input_ids"], batch["position_ids"], device)[0, crowded[0].length :]
        alone = _logits(model, batch["input_ids"][:, crowded[0].length :], None, device)[0]
    model.train(was_training)
    apart = float((together - alone).abs().max())
    if apart > 1e-3 * max(1.0, float(alone.abs().max())) * (30 if alone.dtype != torch.float32 else 1):
        raise ConfigurationError(
            f"hf training: this model lets packed pushes see each other (logits differ by {apart:.2g}); set pack = 0"
        )


def _logits(model: Any, ids: Tensor, positions: Tensor | None, device: torch.device) -> Tensor:
    placed = {} if positions is None else {"position_ids": positions.to(device)}
    return model(input_ids=ids.to(device), use_cache=False, **placed).logits
