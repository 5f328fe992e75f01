"""Candidates and the contents they belong to, read from files for `check` and `select`."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pushgen.intake import load
from pushgen.progress import say
from pushgen.records import Candidate, Content
from pushgen.tables import CANDIDATES, CONTENTS, PUSHES, REJECTS, write_table

if TYPE_CHECKING:
    from pushgen.text.near_copies import NearCopyIndex


@dataclass(frozen=True, slots=True)
class Fields:
    """The candidates of each content, contents in the order of their file."""

    fields: list[tuple[Content, list[Candidate]]]
    rejects: pl.DataFrame
    """Unusable rows of both files and candidates of unknown contents, with reasons."""

    def with_rejects(self, more: pl.DataFrame) -> "Fields":
        """The same fields with rejects of another file."""
        return replace(self, rejects=pl.concat([self.rejects, REJECTS.conform(more)])) if more.height else self

    def write_rejects(self, path: Path) -> None:
        """Writes the rejects and says so, where there are any."""
        if self.rejects.height:
            write_table(self.rejects, path, REJECTS)
            say(f"{self.rejects.height} rows cannot be used and are set apart in {path}:")
            for reason, count in self.rejects["reason"].value_counts(sort=True).iter_rows():
                say(f"  {count} x {reason}")


def load_fields(candidates: Path, contents: Path, also: Collection[str] = ()) -> Fields:
    """Reads both files. A candidate whose content is not there becomes a reject.

    A content without candidates is left out unless its id is among `also`.
    """
    known, written = load(contents, CONTENTS), load(candidates, CANDIDATES)
    has_content = pl.col("content_id").is_in(known.frame["content_id"].to_list())
    orphans = written.frame.filter(~has_content).select(
        pl.lit(str(candidates)).alias("file"),
        pl.lit(None, pl.Int64).alias("row"),
        pl.lit("content_id").alias("field"),
        pl.lit("no such content").alias("reason"),
        pl.col("content_id").alias("value"),
    )
    grouped: dict[str, list[Candidate]] = {}
    for row in written.frame.filter(has_content).iter_rows(named=True):
        grouped.setdefault(row["content_id"], []).append(Candidate(**row))
    wanted = {*grouped, *also}
    fields = [
        (Content(**row), grouped.get(row["content_id"], []))
        for row in known.frame.iter_rows(named=True)
        if row["content_id"] in wanted
    ]
    rejects = pl.concat([REJECTS.conform(part) for part in (known.rejects, written.rejects, orphans)])
    return Fields(fields, rejects)


def past_index(pushes: Path | None, threshold: float) -> "NearCopyIndex | None":
    """Past pushes of a table or a log folder, for the duplicate rule."""
    if pushes is None:
        return None
    from pushgen.records import push_text
    from pushgen.text.near_copies import NearCopyIndex

    frame = load(pushes, PUSHES).frame
    return NearCopyIndex(
        [push_text(title, body) for title, body in frame.select("title", "body").iter_rows()], threshold
    )
