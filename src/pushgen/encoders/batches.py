"""Batches of similar lengths, so that little of a padded batch is padding."""

from collections.abc import Sequence


def length_batches(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Indices of all items in batches whose padded size (items x longest) stays within `tokens`.

    Longest first, so that a batch that does not fit in memory fails at once. An item longer than `tokens` is
    alone in its batch. Items of equal length keep their order. Every index occurs exactly once.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batches: list[list[int]] = []
    for index in order:
        longest = max(1, lengths[batches[-1][0]]) if batches else 0
        if batches and longest * (len(batches[-1]) + 1) <= tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
