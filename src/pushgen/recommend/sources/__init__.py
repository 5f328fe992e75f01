"""Readers of foreign interaction data, and the import that turns them into a log."""

from pushgen.recommend.sources.events import events
from pushgen.recommend.sources.importing import import_interactions
from pushgen.recommend.sources.movielens import movielens
from pushgen.recommend.sources.recbole import recbole
from pushgen.recommend.sources.sequences import sequences
from pushgen.recommend.sources.source import Source

__all__ = ["Source", "events", "import_interactions", "movielens", "recbole", "sequences"]
"""Readers are functions from paths to a `Source`."""
