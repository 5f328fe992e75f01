"""RecBole's atomic files: tab-separated, with `name:type` in the header; `.inter` and, if there, `.item`."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import Batch, ReadOptions
from pushgen.recommend.sources.plain_text import fields, lines
from pushgen.recommend.sources.source import EVENTS, ITEM_ROWS, Source
from pushgen.tables import Column, Table

_MEANING = {
    "user_id": "user_id",
    "item_id": "item_id",
    "timestamp": "seconds",
    "rating": "value",
    "behavior": "behaviour",
    "behaviour": "behaviour",
}


def recbole(path: Path) -> Source:
    """A folder with one or several `.inter` files, or such a file; `.item` files beside it tell of the items.

    Raises `InputError` where there is none, or its header lacks `user_id` or `item_id`.
    """
    folder = path if path.is_dir() else path.parent
    found = sorted(folder.glob("*.inter")) if path.is_dir() else [path]
    if not found or not found[0].is_file():
        raise InputError(
            file=str(path),
            expected="a folder with a RecBole file NAME.inter",
            found="a folder without any" if path.is_dir() else "nothing there",
            remedy="Check the path.",
        )
    items = sorted(folder.glob("*.item"))
    for file in found:
        _header(file, ("user_id", "item_id"))
    for file in items:
        _header(file, ("item_id",))
    return Source(
        kind="recbole",
        files=(*found, *items),
        interactions=lambda options: (batch for file in found for batch in _interactions(file, options)),
        items=lambda options: (batch for file in items for batch in _items(file, options)),
        settings={},
    )


def _header(file: Path, needed: tuple[str, ...]) -> list[tuple[str, str]]:
    """Name and type of each field."""
    first = next(lines(file, ReadOptions(block_bytes=1 << 16)), pl.Series("line", [""]))[0]
    names = [(name, kind) for name, _, kind in (word.partition(":") for word in str(first).split("\t"))]
    missing = [name for name in needed if name not in [known for known, _ in names]]
    if missing:
        raise InputError(
            file=str(file),
            row=0,
            field=missing[0],
            expected=f"a header of tab-separated name:type fields with {', '.join(needed)}",
            found=repr(first[:200]),
            remedy="Give RecBole's atomic files; files that were split in advance into item lists are not read.",
        )
    return names


def _interactions(file: Path, options: ReadOptions) -> Iterator[Batch]:
    names = [_MEANING.get(name) for name, _ in _header(file, ())]
    return fields(file, EVENTS, names, "\t", options, skip=1)


def _items(file: Path, options: ReadOptions) -> Iterator[Batch]:
    header = _header(file, ())
    table = Table("item rows", tuple(Column(name, pl.String, name == "item_id") for name, _ in header), ("item_id",))
    title = next((name for name, _ in header if "title" in name or name == "name"), None)
    for batch in fields(file, table, [name for name, _ in header], "\t", options, skip=1):
        attributes = [
            (pl.col(name).str.split(" ") if kind == "token_seq" else pl.concat_list(name))
            .list.eval(pl.format("{}={}", pl.lit(name), pl.element()))
            .list.join("|")
            for name, kind in header
            if name not in ("item_id", title)
        ]
        good = batch.good.select(
            "item_id",
            (pl.col(title) if title else pl.lit(None, pl.String)).alias("title"),
            pl.lit(None, pl.String).alias("text"),
            (pl.concat_str(attributes, separator="|", ignore_nulls=True) if attributes else pl.lit(None)).alias(
                "attributes"
            ),
        )
        yield Batch(good.cast(ITEM_ROWS.schema), batch.rejects, batch.file, batch.rows)
