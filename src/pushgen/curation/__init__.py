"""From a log to the fine-tuning corpus: hard filter, lift filter, soft filter, confidence. One filter per file."""

from pushgen.curation.confidence import Confidence
from pushgen.curation.corpus import read_funnel, write_corpus
from pushgen.curation.counts import LogTables
from pushgen.curation.curate import Curated, curate
from pushgen.curation.funnel import Funnel, Step
from pushgen.curation.hard import HardFilter
from pushgen.curation.lift import LiftFilter
from pushgen.curation.settings import PRESETS, CurationConfig
from pushgen.curation.soft import SoftFilter

__all__ = [
    "PRESETS",
    "Confidence",
    "Curated",
    "CurationConfig",
    "Funnel",
    "HardFilter",
    "LiftFilter",
    "LogTables",
    "SoftFilter",
    "Step",
    "curate",
    "read_funnel",
    "write_corpus",
]
