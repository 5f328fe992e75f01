"""The confidence of a sample, its weight in fine-tuning (PushGen, arXiv 2512.14490, section 2.1.2).

    weight = 0.30 + 0.35 * min(CTR, 0.10) / 0.10 + 0.35 * log2(1 + min(PV, 10000) / 10000)

The printed formula has "log²" of min(PV, 10000) / 10000. Read literally, as the squared logarithm of that ratio,
it is 0 at PV 10,000 and 6.4 at PV 800: the least exposed push would weigh most (2.5 and more) and the most exposed
least, against the text, which says that exposure raises confidence, and against the split 0.30 + 0.35 + 0.35 = 1.
The base-2 logarithm of one plus the ratio runs from 0 to 1, and the weight from 0.30 to 1. That is the reading used
here. The literal one stays as `exposure="literal"` for the ablation. It exceeds 1, so a corpus cannot hold it as it
is: `curate` divides such weights by the largest of the corpus.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

FLOOR, CTR_SHARE, EXPOSURE_SHARE = 0.30, 0.35, 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """How the weight of a sample follows from its CTR and its impressions."""

    ctr_cap: float = 0.10
    """CTR from which on the CTR term is full, in (0, 1]."""
    pv_cap: int = 10_000
    """Impressions from which on the exposure term is full."""
    exposure: Literal["log2", "literal"] = "log2"
    """The reading of the paper's log²: base 2 of one plus the ratio, or the inverted literal one for the ablation."""


def confidence(ctr: pl.Series, impressions: pl.Series, config: Confidence | None = None) -> pl.Series:
    """Weights of the rows: in [0.30, 1] with the `log2` reading.

    A null CTR or null impressions leave their term at 0: what is unknown adds no confidence. With the `literal`
    reading fewer than one impression count as one.
    """
    config = config or Confidence()
    frame = pl.DataFrame({"ctr": ctr.cast(pl.Float64), "pv": impressions.cast(pl.Float64)})
    share = pl.col("pv").clip(0, config.pv_cap) / config.pv_cap
    ratio = share.clip(1 / config.pv_cap, None)
    exposure = (1 + share).log(2) if config.exposure == "log2" else ratio.log() ** 2
    weight = (
        FLOOR
        + CTR_SHARE * (pl.col("ctr").clip(0, config.ctr_cap) / config.ctr_cap).fill_null(0)
        + EXPOSURE_SHARE * exposure.fill_null(0)
    )
    if config.exposure == "log2":
        weight = weight.clip(FLOOR, 1.0)
    return frame.select(weight.alias("weight")).to_series()
