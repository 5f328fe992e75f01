"""The tables that stages hand to each other: each schema declared once, checked when a file is read.

A table on disk is one Parquet file or a folder of Parquet parts whose names sort in row order.
Foreign files (CSV, JSONL, other column names) are read by `pushgen.intake`, which yields these tables.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pushgen.errors import ConfigurationError, InputError

Type = pl.DataType | type[pl.DataType]
INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    dtype: Type
    required: bool = False
    """A required column must be there and holds no null."""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A named schema."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns that together identify a row."""

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({column.name: column.dtype for column in self.columns})

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    def frame(self, rows: Iterable[Any]) -> pl.DataFrame:
        """Records (dataclass instances with the table's fields) as a frame."""
        data = [{name: getattr(row, name) for name in self.names} for row in rows]
        return pl.DataFrame(data, schema=self.schema)

    def conform(self, frame: pl.DataFrame, *, file: str | None = None) -> pl.DataFrame:
        """The frame with exactly this table's columns and types, absent optional columns as null.

        Raises `InputError` where a required column is missing or a column has another type.
        """
        missing = [name for name in self.required if name not in frame.columns]
        if missing:
            raise InputError(
                file=file,
                field=missing[0],
                expected=f"a {self.name} table with the columns {', '.join(self.required)}",
                found=f"only {', '.join(frame.columns) or 'no columns'}",
                remedy="Read foreign files with `pushgen import table` and a column mapping.",
            )
        absent = [
            pl.lit(None, column.dtype).alias(column.name) for column in self.columns if column.name not in frame.columns
        ]
        try:
            return frame.with_columns(absent).select(pl.col(column.name).cast(column.dtype) for column in self.columns)
        except pl.exceptions.PolarsError as error:
            raise InputError(
                file=file,
                expected=f"the column types of a {self.name} table",
                found=str(error).splitlines()[0],
                remedy="Write the file again with PushGen, or import it as a foreign file.",
            ) from error


def _text(*names: str, required: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, pl.String, required) for name in names)


CONTENTS = Table(
    "contents",
    (
        *_text("content_id", required=True),
        *_text("title", "caption", "media", "language", "category"),
        Column("created_at", INSTANT),
    ),
    ("content_id",),
)
PUSHES = Table(
    "pushes",
    (
        *_text("push_id", "content_id", required=True),
        *_text("title"),
        *_text("body", required=True),
        *_text("style", "language", "link"),
        Column("expires_at", INSTANT),
        *_text("media"),
    ),
    ("push_id",),
)
EXPOSURES = Table(
    "exposures",
    (
        *_text("push_id", required=True),
        *_text("experiment_id"),
        *(
            Column(name, pl.Int64, minimum=0)
            for name in ("impressions", "clicks", "short_views", "long_views", "dislikes")
        ),
        Column("rate", pl.Float64, minimum=0.0, maximum=1.0),
    ),
    ("push_id", "experiment_id"),
)
EXPERIMENTS = Table(
    "experiments",
    (
        *_text("experiment_id", "content_id", required=True),
        Column("started_at", INSTANT),
        Column("arms", pl.Int64, minimum=0),
        *_text("stated_winner"),
        Column("stated_confidence", pl.Float64, minimum=0.0, maximum=1.0),
        *_text("excluded"),
    ),
    ("experiment_id",),
)
PAIRS = Table(
    "pairs",
    (
        *_text("experiment_id", "content_id", "push_a", "push_b", "text_a", "text_b", required=True),
        *_text("caption", "category"),
        *(
            Column(name, pl.Int64, required=True, minimum=0)
            for name in ("impressions_a", "clicks_a", "impressions_b", "clicks_b")
        ),
        Column("weight", pl.Float64, minimum=0.0),
    ),
    ("push_a", "push_b"),
)
"""`weight` is of a pair of another log that joins the training; null for the log's own, which count whole."""
PREDICTIONS = Table(
    "predictions",
    (
        *_text("experiment_id", "push_a", "push_b", required=True),
        Column("mean", pl.Float64, required=True),
        Column("scale", pl.Float64, minimum=0.0),
    ),
    ("push_a", "push_b"),
)
CORPUS = Table(
    "corpus",
    (
        *_text("push_id", "content_id", "text", required=True),
        *_text("caption", "style", "language"),
        Column("weight", pl.Float64, required=True, minimum=0.0, maximum=1.0),
        Column("impressions", pl.Int64, minimum=0),
        Column("clicks", pl.Int64, minimum=0),
    ),
    ("push_id",),
)
CANDIDATES = Table(
    "candidates",
    (
        *_text("candidate_id", "content_id", required=True),
        *_text("title"),
        *_text("body", "style", required=True),
        *_text("language"),
        *_text("generator", required=True),
        Column("seed", pl.Int64, required=True),
        *_text("prompt_hash", required=True),
        *_text("repaired_from"),
    ),
    ("candidate_id",),
)
VERDICTS = Table(
    "verdicts",
    (
        *_text("candidate_id", "content_id", "rule", "severity", required=True),
        Column("start", pl.Int64, required=True),
        Column("end", pl.Int64, required=True),
        *_text("message", required=True),
    ),
    ("candidate_id", "rule", "start"),
)
SELECTIONS = Table(
    "selections",
    (
        *_text("content_id", "candidate_id", required=True),
        *_text("title"),
        *_text("body", "style", required=True),
        *_text("language"),
        Column("p_win", pl.Float64, required=True, minimum=0.0, maximum=1.0),
        *_text("generator", required=True),
        Column("fallback", pl.Boolean, required=True),
        Column(
            "rivals",
            pl.List(
                pl.Struct(
                    {
                        **{"candidate_id": pl.String, "text": pl.String, "style": pl.String},
                        **{"p_beaten": pl.Float64, "barred": pl.String},
                    }
                )
            ),
        ),
        *_text("reason"),
    ),
    ("content_id",),
)
INCUMBENTS = Table(
    "incumbents",
    (*_text("content_id", required=True), *_text("title"), *_text("body", required=True), *_text("style", "language")),
    ("content_id",),
)
REJECTS = Table(
    "rejects",
    (
        *_text("file"),
        Column("row", pl.Int64),
        *_text("field"),
        *_text("reason", required=True),
        *_text("value"),
    ),
    (),
)


def part_files(path: Path) -> list[Path]:
    """The Parquet files of a table on disk, in row order.

    Raises `InputError` where there is none.
    """
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        raise InputError(
            file=str(path),
            expected="a Parquet file or a folder of Parquet parts",
            found="an empty folder" if path.is_dir() else "nothing there",
            remedy="Check the path, or run the stage that writes it.",
        )
    return files


def read_table(path: Path, table: Table) -> pl.DataFrame:
    """A whole table from disk, checked against its schema."""
    frames: list[pl.DataFrame] = []
    for file in part_files(path):
        try:
            frame = pl.read_parquet(file)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(
                file=str(file),
                expected="a readable Parquet file",
                found=str(error).splitlines()[0],
                remedy="Delete the file and run the stage that writes it again.",
            ) from error
        frames.append(table.conform(frame, file=str(file)))
    return pl.concat(frames)


def write_table(frame: pl.DataFrame, path: Path, table: Table | None = None) -> None:
    """Writes one Parquet file by rename, so that a reader never sees half of it. Same frame, same bytes."""
    frame = table.conform(frame) if table else frame
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        frame.write_parquet(draft, compression="zstd", statistics=True)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def check_ending(path: Path) -> None:
    """Raises `ConfigurationError` where the ending of `path` names no format that `write_foreign` knows."""
    if path.suffix.lower() not in _FOREIGN:
        raise ConfigurationError(f"--out must end in {', '.join(_FOREIGN)}; found {path.name!r}")


def write_foreign(frame: pl.DataFrame, path: Path) -> None:
    """Writes CSV, JSONL or Parquet by the ending of `path`, by rename; `ConfigurationError` for another ending."""
    check_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _FOREIGN[path.suffix.lower()](frame, draft)
        draft.replace(path)
    except pl.exceptions.PolarsError as error:
        # Lists and structs have no form in CSV.
        raise ConfigurationError(f"{path.name} cannot hold these columns: {error}. Write .parquet instead.") from error
    finally:
        draft.unlink(missing_ok=True)


_FOREIGN: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".csv": lambda frame, path: frame.write_csv(path),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
    ".parquet": lambda frame, path: frame.write_parquet(path, compression="zstd"),
}
