"""Style labels for a table in a file: every column stays, `style` and `style_confidence` come behind them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pushgen.intake import read_batches
from pushgen.intake.sources import tabular_files
from pushgen.progress import say
from pushgen.protocols import StyleLabeller
from pushgen.styles.header import table_of
from pushgen.tables import REJECTS, check_ending, write_foreign, write_table

STYLE, CONFIDENCE = "style", "style_confidence"
LOOKED_AT = 1000
"""Texts that the labeller is chosen by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSummary:
    """What labelling a table did."""

    labeller: str
    rows: int
    """Rows that got a label."""
    rejected: int
    """Bad rows, set apart with their reason."""
    styles: Mapping[str, int]
    """Rows by style, the most frequent first."""
    rejects_file: str | None
    """Where the bad rows are, or null where there are none."""


def label_table(
    source: Path, out: Path, open_with: Callable[[Sequence[str]], StyleLabeller], *, column: str = "text"
) -> LabelSummary:
    """Labels the texts of a file, or of the files of a folder, and writes CSV, JSONL or Parquet by the ending of `out`.

    `open_with` makes the labeller from some of the texts. Bad rows go to `OUT.rejects.parquet`.
    Raises `InputError` for a file that cannot be used at all, `ConfigurationError` for another ending.
    """
    check_ending(out)
    good: list[pl.DataFrame] = []
    rejects: list[pl.DataFrame] = []
    for file in tabular_files(source):
        table = table_of(file, column)
        for batch in read_batches(file, table):
            good.append(batch.good.select(table.names))
            rejects.append(batch.rejects)
    frame = pl.concat(good, how="diagonal")
    for name in (STYLE, CONFIDENCE):
        if name in frame.columns:
            say(f"The column {name!r} of {source} is replaced.")
            frame = frame.drop(name)
    texts: list[str] = frame[column].to_list()
    labeller = open_with(texts[:LOOKED_AT])
    distinct = list(dict.fromkeys(texts))
    found = dict(zip(distinct, labeller.label(distinct), strict=True))
    labels = [found[text] for text in texts]
    frame = frame.with_columns(
        pl.Series(STYLE, [label.style for label in labels], pl.String),
        pl.Series(CONFIDENCE, [label.confidence for label in labels], pl.Float64),
    )
    write_foreign(frame, out)
    bad = pl.concat(rejects)
    rejects_file = out.with_name(f"{out.name}.rejects.parquet")
    if bad.height:
        write_table(bad, rejects_file, REJECTS)
        say(f"{bad.height} bad rows of {source} are set apart in {rejects_file}")
    else:
        rejects_file.unlink(missing_ok=True)
    return LabelSummary(
        labeller=labeller.name,
        rows=frame.height,
        rejected=bad.height,
        styles=dict(Counter(label.style for label in labels).most_common()),
        rejects_file=str(rejects_file) if bad.height else None,
    )
