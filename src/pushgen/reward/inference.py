"""Scores of many pairs: each distinct text read once, each distinct pair compared once, little padding."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushgen.encoders.batches import length_batches
from pushgen.progress import bar
from pushgen.reward.network import PairNetwork
from pushgen.reward.tokens import Ids, pad

WINDOW_TEXTS = 1024
"""Distinct texts whose states are in memory at a time."""
BATCH_TOKENS = 4096
"""Padded tokens of a batch."""


def distinct(
    ids_a: Sequence[Ids], ids_b: Sequence[Ids]
) -> tuple[list[Ids], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct texts, distinct unordered pairs of them, and each pair's place and sign.

    Returns the texts (T of them), `pairs` of shape (U, 2) with the smaller text first, `place` of shape (P,) with
    -1 where both texts are the same, and `sign` of shape (P,) with -1 where the pair was turned round. Turning
    round here makes the antisymmetry exact, not only up to rounding.
    """
    number: dict[Ids, int] = {}
    places: dict[tuple[int, int], int] = {}
    place = np.full(len(ids_a), -1, np.int64)
    sign = np.ones(len(ids_a), np.int64)
    for row, (one, two) in enumerate(zip(ids_a, ids_b, strict=True)):
        if one == two:
            continue
        if two < one:
            one, two = two, one
            sign[row] = -1
        key = number.setdefault(one, len(number)), number.setdefault(two, len(number))
        place[row] = places.setdefault(key, len(places))
    return list(number), np.array(list(places), np.int64).reshape(-1, 2), place, sign


def compare_all(
    network: PairNetwork, texts: Sequence[Ids], pairs: NDArray[np.int64], padding: int, device: torch.device
) -> NDArray[np.float32]:
    """The network's raw output for each pair of text numbers, shape (U,), whatever the batches are."""
    means = np.zeros(len(pairs), np.float32)
    with bar("Comparing texts", len(pairs)) as shown:
        for rows in _windows(pairs):
            numbers = np.unique(pairs[rows])
            ids = [texts[number] for number in numbers]
            states = _states(network, ids, padding, device)
            local = np.searchsorted(numbers, pairs[rows])
            lengths = np.array([len(one) for one in ids])
            # Pairs of similar lengths on both sides: by the longer, then by the shorter text.
            ends = np.sort(lengths[local], axis=1)
            order = np.lexsort((ends[:, 0], ends[:, 1]))
            for batch in length_batches((2 * ends[order, 1]).tolist(), BATCH_TOKENS):
                chosen = order[batch]
                sides = [_stack([states[number] for number in local[chosen, side]]) for side in (0, 1)]
                (state_a, mask_a), (state_b, mask_b) = sides
                means[rows[chosen]] = network.compare(state_a, mask_a, state_b, mask_b).float().cpu().numpy()
                shown.advance(len(batch))
    return means


def _windows(pairs: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Rows in runs that touch few distinct texts; pairs of one content usually stand together."""
    start, seen = 0, set[int]()
    for row, (one, two) in enumerate(pairs.tolist()):
        if row > start and len(seen | {one, two}) > WINDOW_TEXTS:
            yield np.arange(start, row)
            start, seen = row, set[int]()
        seen |= {one, two}
    if len(pairs) > start:
        yield np.arange(start, len(pairs))


def _states(network: PairNetwork, ids: Sequence[Ids], padding: int, device: torch.device) -> list[Tensor]:
    """The state of each text without its padding."""
    found: dict[int, Tensor] = {}
    for batch in length_batches([len(one) for one in ids], BATCH_TOKENS):
        ids_TL, mask_TL = pad([ids[index] for index in batch], padding, device)
        state = network.read(ids_TL, mask_TL)
        found |= {index: state[row, : len(ids[index])] for row, index in enumerate(batch)}
    return [found[index] for index in range(len(ids))]


def _stack(states: list[Tensor]) -> tuple[Tensor, Tensor]:
    """States padded with zeros and their mask; ids of padding are set by the network."""
    lengths_P = torch.tensor([len(state) for state in states], device=states[0].device)
    padded = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)
    return padded, torch.arange(padded.shape[1], device=padded.device) < lengths_P[:, None]
