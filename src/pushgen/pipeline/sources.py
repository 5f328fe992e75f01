"""Several logs as one table of pairs: the first is the one that the model is for, the others help it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.logs import Log, make_pairs
from pushgen.tables import PAIRS


@dataclass(frozen=True, slots=True)
class Source:
    """A further log and what it counts."""

    log: Log
    weight: float = 0.5
    """Of a pair, against one of the first log with the same evidence; above 0."""

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ConfigurationError(f"the weight of a further log must be above 0, found {self.weight:g}")


def helping_pairs(sources: Sequence[Source]) -> pl.DataFrame:
    """Pairs of all further logs in `tables.PAIRS`, their ids marked by the number of their log, from 2 on.

    Logs with counts, with rates and confidences, and with bare winners all come as counts (`logs.implied`). All their
    pairs train: nothing is measured on them, and none is held out.
    """
    frames = [PAIRS.conform(pl.DataFrame(schema=PAIRS.schema))]
    for number, source in enumerate(sources, start=2):
        pairs = make_pairs(source.log, implied=True).frame
        ids = [pl.concat_str(pl.lit(f"{number}:"), name).alias(name) for name in ("experiment_id", "content_id")]
        frames.append(pairs.with_columns(*ids, weight=pl.lit(source.weight)))
    return pl.concat(frames)
