"""What people who read past pushes say about their style: a small labelled sample, as any app can make one."""

import random
from collections.abc import Sequence

import numpy as np
import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.world.language import STYLES
from pushgen.world.log import Sent
from pushgen.world.reader import Reading

SLIP = 0.07
"""Share of texts that an annotator puts under a style at random. Two annotators with this share agree with a kappa
near 0.86; the two passes over real headlines in `benchmarks/labels` reached 0.90."""


def annotate(sent: Sequence[Sent], readings: Sequence[Reading], count: int, seed: int) -> pl.DataFrame:
    """`push_id, text, style` of `count` different past texts, each with the style that one annotator found in it.

    The annotator sees the text and nothing else: no counts, no plan of its writer. Raises `ConfigurationError` where
    the past has fewer different texts.
    """
    rng = random.Random(f"{seed}/annotators")
    places = list({item.push.text: place for place, item in enumerate(sent)}.values())
    if count > len(places):
        raise ConfigurationError(f"the world's past has {len(places)} different texts; {count} cannot be annotated")
    chosen = sorted(rng.sample(places, count))
    found = [STYLES[int(np.argmax(readings[place].styles))] for place in chosen]
    return pl.DataFrame(
        {
            "push_id": [sent[place].push.push_id for place in chosen],
            "text": [sent[place].push.text for place in chosen],
            "style": [rng.choice(STYLES) if rng.random() < SLIP else style for style in found],
        },
        schema={"push_id": pl.String, "text": pl.String, "style": pl.String},
    )
