"""Foreign files: CSV, JSON lines and Parquet, plain or compressed, read in batches and checked row by row."""

from pushgen.intake.mapping import ColumnMapping
from pushgen.intake.read import Batch, Loaded, ReadOptions, load, read_batches

__all__ = ["Batch", "ColumnMapping", "Loaded", "ReadOptions", "load", "read_batches"]
