"""Utilities of many lists: each distinct text read once, lists of similar length judged together.

Shapes: T texts, G lists, K candidates, S tokens of a caption, D hidden size.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushgen.encoders.batches import length_batches
from pushgen.progress import bar
from pushgen.reward.pooled_cache import PooledCache
from pushgen.reward.token_lists import Rows, TokenLists
from pushgen.reward.tokens import Ids, pad
from pushgen.reward.utility_network import UtilityNetwork
from pushgen.training.precision import device_of

WINDOW_TEXTS = 16_384
"""Distinct texts whose vectors are in memory at a time."""
BATCH_TOKENS = 4096
"""Padded tokens of a batch of texts, and padded candidates of a batch of lists."""


def utilities_all(
    network: UtilityNetwork, lists: TokenLists, padding: int, cache: PooledCache | None = None
) -> list[NDArray[np.float32]]:
    """The network's utilities for each list, shape (K,), whatever the batches are; texts in the cache are not read."""
    found: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(lists.members)
    filled = np.array([row for row, members in enumerate(lists.members) if len(members)], np.int64)
    with bar("Reading texts", len(lists.texts)) as shown:
        for rows in _windows(lists.members, filled):
            numbers = np.unique(np.concatenate([lists.members[row] for row in rows]))
            pooled_TD = _remembered(network, [lists.texts[number] for number in numbers], padding, cache)
            shown.advance(len(numbers))
            for batch in length_batches([len(lists.members[row]) for row in rows], BATCH_TOKENS):
                chosen = rows[batch]
                utility_GK = judge(network, lists, chosen, numbers, pooled_TD, padding)
                values = utility_GK.float().cpu().numpy()
                for row, one in zip(chosen, values, strict=True):
                    found[row] = one[: len(lists.members[row])].copy()
    return found


def judge(
    network: UtilityNetwork, lists: TokenLists, rows: Rows, numbers: Rows, pooled_TD: Tensor, padding: int
) -> Tensor:
    """Utilities of some lists, (G, K), from the vectors of their texts; behind the end of a list they mean nothing.

    `numbers` are the texts that `pooled_TD` belongs to, rising.
    """
    device = pooled_TD.device
    places = [torch.from_numpy(np.searchsorted(numbers, lists.members[row])) for row in rows]
    place_GK = torch.nn.utils.rnn.pad_sequence(places, batch_first=True, padding_value=-1).to(device)
    mask_GK = place_GK >= 0
    captions = _captions(network, lists, rows, padding)
    return network.judge(pooled_TD[place_GK.clamp(min=0)], mask_GK, *captions)


def _captions(
    network: UtilityNetwork, lists: TokenLists, rows: Rows, padding: int
) -> tuple[Tensor | None, Tensor | None]:
    """Token states (G, S, D) and mask (G, S) of the captions of some lists, each distinct one read once."""
    of_row = np.array([lists.caption[row] for row in rows], np.int64)
    numbers = np.unique(of_row[of_row >= 0])
    if not len(numbers):
        return None, None
    device = device_of(network)
    ids_CS, mask_CS = pad([lists.captions[number] for number in numbers], padding, device)
    states_CSD = network.states(ids_CS, mask_CS)
    place_G = torch.from_numpy(np.searchsorted(numbers, of_row.clip(min=numbers[0]))).to(device)
    there_G = torch.from_numpy(of_row >= 0).to(device)
    return states_CSD[place_G], mask_CS[place_G] & there_G[:, None]


def _windows(members: Sequence[Rows], rows: Rows) -> Iterator[Rows]:
    """Runs of lists that touch few distinct texts; lists of one content usually stand together."""
    start, seen = 0, set[int]()
    for index, row in enumerate(rows):
        own = set(members[row].tolist())
        if index > start and len(seen) + len(own - seen) > WINDOW_TEXTS:
            yield rows[start:index]
            start, seen = index, set[int]()
        seen |= own
    if len(rows) > start:
        yield rows[start:]


def _remembered(network: UtilityNetwork, ids: Sequence[Ids], padding: int, cache: PooledCache | None) -> Tensor:
    """One vector per text, (T, D)."""
    if cache is None:
        return _pooled(network, ids, padding)
    new = cache.missing(ids)
    if new:
        cache.put(new, _pooled(network, new, padding))
    return cache.take(ids)


def _pooled(network: UtilityNetwork, ids: Sequence[Ids], padding: int) -> Tensor:
    """One vector per text, (T, D)."""
    device = device_of(network)
    parts: list[Tensor] = []
    order: list[int] = []
    for batch in length_batches([len(one) for one in ids], BATCH_TOKENS):
        parts.append(network.read(*pad([ids[index] for index in batch], padding, device)))
        order += batch
    back = torch.from_numpy(np.argsort(order)).to(device)
    return torch.cat(parts)[back]
