"""Interactions whose right answers are known by construction."""

import numpy as np

from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.protocols import Cases

BLOCK = 6
"""Items that belong together in `blocks`."""


def chain(users: int = 300, items: int = 24, seed: int = 0) -> tuple[Jagged, Cases]:
    """After an item mostly comes a fixed other one; one step in ten jumps. Every item is equally popular.

    Returns training histories of 4 to 12 items, and cases of new users whose targets follow their last items.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(items)
    successor = np.empty(items, np.int64)
    successor[order] = np.roll(order, -1)

    def walk(steps: int) -> list[int]:
        found = [int(generator.integers(items))]
        while len(found) < steps:
            found.append(int(generator.integers(items) if generator.random() < 0.1 else successor[found[-1]]))
        return found

    training = Jagged.of([walk(int(generator.integers(4, 13))) for _ in range(users)])
    histories = [walk(1 + user % 8) for user in range(100)]
    histories = [history for history in histories if successor[history[-1]] not in history]
    targets = [[int(successor[history[-1]])] for history in histories]
    return training, Cases(Jagged.of(histories), Jagged.of(targets), np.arange(len(histories)) + users)


def blocks(users: int = 240, count: int = 5, seed: int = 0) -> tuple[Jagged, Cases]:
    """Users have items of one block alone, in any order, four of its six; the two left are the right answer."""
    generator = np.random.default_rng(seed)
    rows = [generator.permutation(BLOCK)[:4] + BLOCK * (user % count) for user in range(users)]
    new = [generator.permutation(BLOCK) + BLOCK * (user % count) for user in range(3 * count)]
    cases = Cases(
        Jagged.of([row[:4] for row in new]), Jagged.of([np.sort(row[4:]) for row in new]), np.arange(len(new)) + users
    )
    return Jagged.of(rows), cases


def ranked_popularity(items: int = 20) -> Jagged:
    """Item 0 has the most users, item 1 the second most, and so on; the last has none."""
    return Jagged.of([list(range(last)) for last in range(1, items)])
