"""MovieLens of any release: ratings.dat (1M, 10M), u.data (100K), ratings.csv (20M and later), or positions alone."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import Batch, ColumnMapping, ReadOptions, read_batches
from pushgen.intake.raw import ROW
from pushgen.recommend.sources.plain_text import fields
from pushgen.recommend.sources.recbole import recbole
from pushgen.recommend.sources.source import EVENTS, ITEM_ROWS, Source
from pushgen.tables import REJECTS

LICENCE = "GroupLens terms: research, no redistribution, no commercial use without permission (MovieLens)"
UNORDERED = "no place in the order (rated below 3)"
_RATINGS = ("user_id", "item_id", "value", "seconds")
_CSV = ColumnMapping(columns={"user_id": "userId", "item_id": "movieId", "value": "rating", "seconds": "timestamp"})
_CSV_ITEMS = ColumnMapping(columns={"item_id": "movieId"}, optional={"attributes": "genres"})
_POSITIONS = ColumnMapping(columns={"item_id": "movie_id"})
_FORMS = ("ratings.dat", "u.data", "ratings.csv", "interactions.parquet")


def movielens(path: Path) -> Source:
    """A folder of a MovieLens release, RecBole's form of it included.

    `interactions.parquet` holds `user_id, movie_id, position`: the chronological place of each rating of 3 or more.
    Rows without a place are rejected, because nothing tells where they belong. Raises `InputError` where there is
    nothing of that kind.
    """
    form = next((name for name in _FORMS if (path / name).is_file()), None)
    if form is None and list(path.glob("*.inter")):
        atomic = recbole(path)
        return Source(
            kind="movielens", files=atomic.files, interactions=atomic.interactions, items=atomic.items,
            licence=LICENCE, settings={},
        )  # fmt: skip
    if form is None:
        raise InputError(
            file=str(path),
            expected=f"a folder with one of {', '.join(_FORMS)} or NAME.inter",
            found="none of them" if path.is_dir() else "no folder",
            remedy="Unpack the release and give its folder.",
        )
    movies = [path / name for name in ("movies.dat", "u.item", "movies.csv") if (path / name).is_file()][:1]
    positions = ("This copy has an order and no times: a split by time is not possible.",)
    return Source(
        kind="movielens",
        files=(path / form, *movies),
        interactions=lambda options: _ratings(path / form, options),
        items=lambda options: (batch for file in movies for batch in _movies(file, options)),
        licence=LICENCE,
        notes=positions if form == "interactions.parquet" else (),
        settings={},
    )


def _ratings(file: Path, options: ReadOptions) -> Iterator[Batch]:
    if file.suffix == ".csv":
        return read_batches(file, EVENTS, _CSV, options)
    if file.suffix == ".parquet":
        return (_placed(batch) for batch in read_batches(file, EVENTS, _POSITIONS, options))
    return fields(file, EVENTS, _RATINGS, "::" if file.suffix == ".dat" else "\t", options)


def _placed(batch: Batch) -> Batch:
    lost = batch.good.filter(pl.col("position").is_null())
    rejects = lost.select(
        pl.lit(str(batch.file)).alias("file"),
        pl.col(ROW).alias("row"),
        pl.lit("position").alias("field"),
        pl.lit(UNORDERED).alias("reason"),
        pl.col("item_id").alias("value"),
    )
    good = batch.good.filter(pl.col("position").is_not_null())
    return Batch(good, pl.concat([batch.rejects, REJECTS.conform(rejects)]), batch.file, good.height)


def _movies(file: Path, options: ReadOptions) -> Iterator[Batch]:
    if file.name == "movies.csv":
        batches = read_batches(file, ITEM_ROWS, _CSV_ITEMS, options)
    elif file.name == "u.item":
        return fields(file, ITEM_ROWS, ("item_id", "title"), "|", options, encoding="latin-1")
    else:
        batches = fields(file, ITEM_ROWS, ("item_id", "title", "attributes"), "::", options, encoding="latin-1")
    return (_genres(batch) for batch in batches)


def _genres(batch: Batch) -> Batch:
    named = pl.col("attributes").str.split("|").list.eval(pl.format("genre={}", pl.element())).list.join("|")
    return Batch(batch.good.with_columns(named.alias("attributes")), batch.rejects, batch.file, batch.rows)
