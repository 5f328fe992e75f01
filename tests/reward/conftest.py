"""A log with a planted effect: which words raise the click rate is known."""

import itertools

import numpy as np
import polars as pl
import pytest

from pushgen.tables import PAIRS

EFFECTS = {"secret": 0.5, "storm": 0.3, "weekly": -0.3, "committee": -0.5}
PLAIN = ["harbour", "baker", "garden", "window", "teacher", "river", "market", "pencil", "ladder", "morning"]


def planted(experiments: int, seed: int, shown: int = 4000, arms: int = 3) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(experiments):
        level = 0.02 * np.exp(generator.normal(0, 0.5))
        texts: list[tuple[str, int, int]] = []
        for _ in range(arms):
            words = [*generator.choice(PLAIN, 4), *generator.choice(list(EFFECTS), 1)]
            generator.shuffle(words)
            effect = sum(EFFECTS.get(word, 0.0) for word in words) + generator.normal(0, 0.05)
            texts.append((" ".join(words), shown, int(generator.poisson(shown * level * np.exp(effect)))))
        for (i, a), (j, b) in itertools.combinations(enumerate(texts), 2):
            rows.append(
                {
                    "experiment_id": f"e{number}",
                    "content_id": f"c{number}",
                    "push_a": f"e{number}-{i}",
                    "push_b": f"e{number}-{j}",
                    "text_a": a[0],
                    "text_b": b[0],
                    "caption": None,
                    "impressions_a": a[1],
                    "clicks_a": a[2],
                    "impressions_b": b[1],
                    "clicks_b": b[2],
                }
            )
    return PAIRS.conform(pl.DataFrame(rows))


@pytest.fixture(scope="session")
def train_pairs() -> pl.DataFrame:
    return planted(250, seed=0)


@pytest.fixture(scope="session")
def new_pairs() -> pl.DataFrame:
    return planted(120, seed=1)
