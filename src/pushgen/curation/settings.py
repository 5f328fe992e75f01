"""The configuration of the curation, and the presets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pushgen.curation.confidence import Confidence
from pushgen.curation.hard import HardFilter
from pushgen.curation.lift import LiftFilter
from pushgen.curation.soft import SoftFilter
from pushgen.splits import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class CurationConfig:
    """How a log becomes a corpus."""

    hard: HardFilter = field(default_factory=HardFilter)
    """Thresholds that must all hold."""
    lift: LiftFilter = field(default_factory=LiftFilter)
    """Lift of a copy over its experiment."""
    soft: SoftFilter = field(default_factory=SoftFilter)
    """Quantiles inside each group."""
    confidence: Confidence = field(default_factory=Confidence)
    """Weight of a sample."""
    part: Part = "all"
    """Contents to curate: all, or one side of the split that every command shares (`pushgen.splits`)."""
    require_caption: bool = False
    """Drop pushes whose content has no caption."""
    relabel: bool = False
    """Label the style anew where the log already states one."""
    part_rows: int = 100_000
    """Rows of one Parquet part of the corpus."""


PRESETS: Mapping[str, CurationConfig] = {
    "paper": CurationConfig(),
    "upworthy": CurationConfig(
        hard=HardFilter(ctr_above=None, svr_below=None, lvtr_above=None, htr_below=None),
        lift=LiftFilter(enabled=True),
        soft=SoftFilter(below=0.10),
        require_caption=True,
    ),
}
"""`paper`: PushGen's hard filter and a soft filter by clusters. `upworthy`: for A/B logs that have impressions and
clicks only. There every content was tested, so the lift over the experiment says more than an absolute CTR; the rules
on views and dislikes have no columns to read; PV stays, because it guards against thin arms."""
