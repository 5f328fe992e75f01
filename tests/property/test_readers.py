"""Readers on arbitrary tables with planted bad rows: nothing lost, nothing changed, the right reason."""

import csv
import gzip
import io
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pushgen.errors import InputError
from pushgen.intake import ColumnMapping, ReadOptions, load
from pushgen.logs import AuditConfig, ImportConfig, Log, import_log
from pushgen.logs.adapters import TableAdapter
from pushgen.tables import EXPOSURES

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(
    st.one_of(st.sampled_from(',"\n;\t ab<&é中👩'), st.characters(exclude_categories=["Cs", "Cc"])),
    min_size=1,
    max_size=12,
)
COUNTS = st.one_of(st.none(), st.integers(0, 2**53))


@dataclass(frozen=True)
class Row:
    push_id: str
    impressions: int | None
    clicks: int | None
    fault: str | None
    """None, or which fault to plant."""


FAULTS = {
    "text": ("impressions", "many", "not a whole number"),
    "nan": ("clicks", "NaN", "not a whole number"),
    "fraction": ("impressions", "1.5", "not a whole number"),
    "negative": ("clicks", "-3", "below the minimum"),
    "no id": ("push_id", "", "missing value"),
    "nul": ("push_id", "a\0b", "NUL byte in a text"),
    "long": ("push_id", "x" * 60, "text too long"),
}
ROWS = st.lists(
    st.builds(Row, TEXTS, COUNTS, COUNTS, st.one_of(st.none(), st.none(), st.sampled_from(sorted(FAULTS)))), max_size=25
)
OPTIONS = st.builds(ReadOptions, max_text_bytes=st.just(50), block_bytes=st.sampled_from([40, 300, 1 << 20]))


def cells(rows: list[Row]) -> list[dict[str, str]]:
    table: list[dict[str, str]] = []
    for index, row in enumerate(rows):
        cell = {
            "push_id": f"{index} {row.push_id}".strip(),
            "impressions": "" if row.impressions is None else str(row.impressions),
            "clicks": "" if row.clicks is None else str(row.clicks),
        }
        if row.fault:
            field, value, _ = FAULTS[row.fault]
            cell[field] = value
        table.append(cell)
    return table


def as_csv(table: list[dict[str, str]], order: list[str]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, order, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(table)
    return stream.getvalue().encode()


def as_jsonl(table: list[dict[str, str]], order: list[str]) -> bytes:
    lines = [json.dumps({name: row[name] or None for name in order}, ensure_ascii=False) for row in table]
    return "\n".join(lines).encode()


def pack(content: bytes, path: Path) -> Path:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(content))
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(content)
    else:
        path.write_bytes(content)
    return path


@SETTINGS
@given(ROWS, OPTIONS, st.permutations(EXPOSURES.names[:1] + EXPOSURES.names[2:4]), st.sampled_from(["", ".gz", ".zst"]))
def test_good_and_rejected_rows_are_all_rows(
    rows: list[Row], options: ReadOptions, order: list[str], packing: str
) -> None:
    table = cells(rows)
    with tempfile.TemporaryDirectory() as folder:
        paths = [pack(as_csv(table, order), Path(folder) / f"x.csv{packing}")]
        if rows:
            paths.append(pack(as_jsonl(table, order), Path(folder) / f"x.jsonl{packing}"))
            frame = pl.DataFrame(table, schema=dict.fromkeys(order, pl.String))
            frame.write_parquet(Path(folder) / "x.parquet")
            paths.append(Path(folder) / "x.parquet")
        for path in paths:
            loaded = load(path, EXPOSURES, None, options)
            expected = [
                (cell["push_id"], row.impressions, row.clicks)
                for cell, row in zip(table, rows, strict=True)
                if row.fault is None and len(cell["push_id"].encode()) <= 50
            ]
            assert loaded.frame.select("push_id", "impressions", "clicks").rows() == expected
            assert loaded.frame.height + loaded.rejects.height == len(rows)
            found = {row["row"]: row["reason"] for row in loaded.rejects.rows(named=True)}
            for number, row in enumerate(rows, start=1):
                if row.fault:
                    wanted = FAULTS[row.fault][2]
                    too_long = len(table[number - 1]["push_id"].encode()) > 50
                    assert found[number] in ({wanted, "text too long"} if too_long else {wanted})


@SETTINGS
@given(st.binary(max_size=400), st.sampled_from([30, 1000]))
def test_any_bytes_are_read_or_refused_in_words(content: bytes, block: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(b"push_id,clicks\n" + content)
        message = ""
        try:
            loaded = load(path, EXPOSURES, None, ReadOptions(block_bytes=block, max_row_bytes=120))
        except InputError as error:
            loaded, message = None, str(error)
        assert str(path) in message if loaded is None else loaded.frame["push_id"].null_count() == 0


WORDS = st.sampled_from(
    ["Rain today", "Rain  today", "<b>Rain</b> today", "Sun", "Sun &amp; sea", "Sun & sea", "<p></p>"]
)
LOG_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "content_id": st.sampled_from("ab"),
            "experiment_id": st.sampled_from(["a1", "a2", "b1"]),
            "media": st.sampled_from(["", "m1", "m2"]),
            "body": WORDS,
            "impressions": st.integers(0, 50).map(str),
            "clicks": st.integers(0, 60).map(str),
        }
    ),
    min_size=1,
    max_size=40,
)


def run(path: Path, out: Path, options: ReadOptions) -> Log:
    config = ImportConfig(audit=AuditConfig(windows=()), read=options)
    return import_log([path], out, TableAdapter(ColumnMapping()), config)


@settings(SETTINGS, max_examples=25)
@given(LOG_ROWS, st.sampled_from(["x.csv", "x.csv.zst", "x.jsonl", "x.jsonl.gz", "x.parquet"]))
def test_log_keeps_every_count_whatever_the_format(rows: list[dict[str, str]], name: str) -> None:
    order = list(rows[0])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plain = run(pack(as_csv(rows, order), root / "a.csv"), root / "plain", ReadOptions())
        if name == "x.parquet":
            pl.DataFrame(rows).write_parquet(root / name)
        else:
            pack((as_csv if ".csv" in name else as_jsonl)(rows, order), root / name)
        other = run(root / name, root / "other", ReadOptions(block_bytes=64, batch_rows=3))
        for table in ("contents", "pushes", "exposures", "experiments", "ratios"):
            assert getattr(plain, table).equals(getattr(other, table))
        dropped = Counter(plain.manifest["dropped"])
        good = [row for row in rows if int(row["clicks"]) <= int(row["impressions"]) and row["body"] != "<p></p>"]
        assert plain.exposures["clicks"].sum() == sum(int(row["clicks"]) for row in good)
        assert plain.exposures["impressions"].sum() == sum(int(row["impressions"]) for row in good)
        assert plain.manifest["rows_in"] == len(rows)
        assert plain.manifest["rows_out"] == len(good) == len(rows) - sum(dropped.values())
        texts = plain.pushes.group_by("content_id", "media", "body").len()
        assert texts.is_empty() or texts["len"].max() == 1
