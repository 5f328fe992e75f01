"""Foreign files: every format gives the same table, and every kind of damage has its own message."""

import gzip
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pushgen.errors import ConfigurationError, InputError
from pushgen.intake import ColumnMapping, ReadOptions, load, read_batches
from pushgen.intake.raw import ROW
from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, REJECTS

HEADER = "push_id,impressions,clicks\n"


def write(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def reasons(path: Path, **options: object) -> list[tuple[int | None, str | None, str]]:
    found = load(path, EXPOSURES, None, ReadOptions(**options)).rejects  # type: ignore[arg-type]
    assert found.schema == REJECTS.schema
    return [(row["row"], row["field"], row["reason"]) for row in found.sort("row").rows(named=True)]


FRAME = pl.DataFrame(
    {
        "clicks": [1, 0, None],
        "push_id": ["a", 'with "quotes", commas\nand lines', "ü中"],
        "unused": [1.5, 2.5, 3.5],
        "impressions": [10, 20, 30],
    }
)


def save(frame: pl.DataFrame, path: Path) -> Path:
    plain = path.with_suffix("") if path.suffix in (".gz", ".zst") else path
    if plain.suffix == ".csv":
        frame.write_csv(plain)
    elif plain.suffix == ".jsonl":
        frame.write_ndjson(plain)
    else:
        frame.write_parquet(plain)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(plain.read_bytes())
    return path


@pytest.mark.parametrize(
    "name", ["x.csv", "x.csv.gz", "x.csv.zst", "x.jsonl", "x.jsonl.gz", "x.jsonl.zst", "x.parquet"]
)
def test_all_formats_give_the_same_table(tmp_path: Path, name: str) -> None:
    loaded = load(save(FRAME, tmp_path / name), EXPOSURES)
    assert loaded.rejects.is_empty()
    assert loaded.frame.equals(EXPOSURES.conform(FRAME.drop("unused")))


def test_small_blocks_change_nothing(tmp_path: Path) -> None:
    rows = "".join(f'"id {i}, ""x""\n{i}",{i},{"bad" if i % 7 == 3 else i // 2}\n' for i in range(300))
    path = write(tmp_path, HEADER + rows + "short\n")
    whole = load(path, EXPOSURES)
    small = load(path, EXPOSURES, None, ReadOptions(block_bytes=97))
    assert small.frame.equals(whole.frame)
    assert small.rejects.sort("row").equals(whole.rejects.sort("row"))
    batches = list(read_batches(path, EXPOSURES, options=ReadOptions(block_bytes=97)))
    good = pl.concat(batch.good for batch in batches)
    assert len(batches) > 20
    assert good.drop(ROW).equals(whole.frame)
    assert good[ROW].to_list() == [i + 1 for i in range(300) if i % 7 != 3]


def test_bad_rows_are_named_and_good_rows_go_on(tmp_path: Path) -> None:
    rows = [
        "a,10,1",
        "b,x,1",
        "c,5",
        "",
        '"d\nd",5,NaN',
        "e,-1,0",
        "f,1,2,3",
        ",3,1",
        "g,12.0,1",
        "h,1.5,1",
        "i,inf,1",
        "a,7,1",
    ]
    path = write(tmp_path, HEADER + "\n".join(rows))
    assert load(path, EXPOSURES).frame["push_id"].to_list() == ["a", "g"]
    assert reasons(path) == [
        (2, "impressions", "not a whole number"),
        (3, None, "wrong number of fields"),
        (4, "clicks", "not a whole number"),
        (5, "impressions", "below the minimum"),
        (6, None, "wrong number of fields"),
        (7, "push_id", "missing value"),
        (9, "impressions", "not a whole number"),
        (10, "impressions", "not a whole number"),
        (11, "push_id", "duplicate id"),
    ]


def test_not_finite_rates(tmp_path: Path) -> None:
    path = write(tmp_path, "push_id,rate\na,0.5\nb,NaN\nc,inf\nd,1.5\ne,\nf,none\n")
    assert load(path, EXPOSURES).frame["push_id"].to_list() == ["a", "e"]
    assert [row[2] for row in reasons(path)] == [
        "not a finite number",
        "not a finite number",
        "above the maximum",
        "not a finite number",
    ]


@pytest.mark.parametrize("middle", ["", "x,1,1\ny,2,2\n"])
def test_unclosed_quote_takes_its_line_only(tmp_path: Path, middle: str) -> None:
    path = write(tmp_path, HEADER + "a,1,0\n" + 'b,2,"1\n' + middle)
    assert reasons(path) == [(2, None, "quote never closed")]
    assert load(path, EXPOSURES).frame["push_id"].to_list() == ["a", *(["x", "y"] if middle else [])]


def test_quote_left_open_in_the_middle_of_a_long_file(tmp_path: Path) -> None:
    rows = [f"id{i},{i},0" for i in range(2000)]
    rows[700] = '"id700,700,0'
    loaded = load(
        write(tmp_path, HEADER + "\n".join(rows)), EXPOSURES, None, ReadOptions(block_bytes=500, max_row_bytes=2000)
    )
    assert loaded.rejects.select("row", "reason").rows() == [(701, "quote never closed")]
    assert loaded.frame["impressions"].to_list() == [i for i in range(2000) if i != 700]


def test_stray_quote_inside_a_field_is_data(tmp_path: Path) -> None:
    rows = "".join(f'{i}" screen,{i},0\n' for i in range(51))
    loaded = load(write(tmp_path, HEADER + rows), EXPOSURES, None, ReadOptions(block_bytes=64))
    assert loaded.rejects.is_empty()
    assert loaded.frame["push_id"].to_list() == [f'{i}" screen' for i in range(51)]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER.encode() + b"caf\xe9,1,0\nplain,2,0\n")
    assert reasons(path) == [(1, "push_id", "not valid UTF-8")]
    assert load(path, EXPOSURES, None, ReadOptions(encoding="cp1252")).frame["push_id"].to_list() == ["café", "plain"]


def test_file_wholly_in_another_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER.encode() + b"caf\xe9,1,0\n")
    with pytest.raises(InputError, match=r"row 1, field 'push_id'.*--encoding"):
        load(path, EXPOSURES)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings_are_found(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, (HEADER + "plain,1,0\nü中,2,0\n").encode(encoding))
    assert load(path, EXPOSURES).frame["push_id"].to_list() == ["plain", "ü中"]


def test_false_and_unknown_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER.encode() + b"caf\xe9,1,0\n")
    with pytest.raises(InputError, match=r"text in ascii.*--encoding"):
        load(path, EXPOSURES, None, ReadOptions(encoding="ascii"))
    with pytest.raises(ConfigurationError, match="no encoding 'klingon'"):
        load(path, EXPOSURES, None, ReadOptions(encoding="klingon"))


def test_huge_text_and_nul(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "x" * 1_000_000 + ",1,0\na\0b,2,0\nok,3,0\n")
    assert reasons(path) == [(1, "push_id", "text too long"), (2, "push_id", "NUL byte in a text")]
    assert len(load(path, EXPOSURES).rejects["value"][0]) == 200
    assert load(path, EXPOSURES, None, ReadOptions(max_text_bytes=2_000_000)).frame.height == 2


@pytest.mark.parametrize("content", [b"", b"\n\n"])
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_empty_file(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(InputError, match="an empty file"):
        load(write(tmp_path, content, name), EXPOSURES)


@pytest.mark.parametrize("text", [HEADER, HEADER.strip(), HEADER + "\n\n"])
def test_header_alone_is_an_empty_table(tmp_path: Path, text: str) -> None:
    loaded = load(write(tmp_path, text), EXPOSURES)
    assert loaded.frame.equals(EXPOSURES.schema.to_frame())
    assert loaded.rejects.is_empty()


def test_missing_and_doubled_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"field 'push_id'.*push, impressions.*\[columns\] push_id = "):
        load(write(tmp_path, "push,impressions\na,1\n"), EXPOSURES)
    with pytest.raises(InputError, match="2 columns of this name"):
        load(write(tmp_path, "push_id,push_id\na,b\n"), EXPOSURES)


def test_torn_compressed_and_parquet_files(tmp_path: Path) -> None:
    rows = (HEADER + "".join(f"id{i},{i * 7919 % 1000},0\n" for i in range(5000))).encode()
    for content, name in (
        (gzip.compress(rows)[:-20], "x.csv.gz"),
        (rows, "y.csv.gz"),
        (rows, "z.csv.zst"),
        (save(FRAME, tmp_path / "f.parquet").read_bytes()[:-30], "x.parquet"),
        (b"", "empty.parquet"),
    ):
        with pytest.raises(InputError, match="fetch or write it again") as caught:
            load(write(tmp_path, content, name), EXPOSURES)
        assert name in str(caught.value)


def test_torn_zstd_file(tmp_path: Path) -> None:
    rows = pl.DataFrame({"push_id": [f"id{i * 7919 % 10007}" for i in range(5000)], "impressions": range(5000)})
    whole = save(rows, tmp_path / "x.csv.zst").read_bytes()
    with pytest.raises(InputError, match="fetch or write it again"):
        load(write(tmp_path, whole[: len(whole) // 2], "torn.csv.zst"), EXPOSURES)


def test_json_lines_damage(tmp_path: Path) -> None:
    lines = ['{"push_id":"a","impressions":3}', '{"push_id":"b","impressions":NaN}', "{torn", "", "[1]"]
    lines += ['{"impressions":1}', '{"push_id":5,"impressions":"4","clicks":null}']
    path = write(tmp_path, "\n".join(lines), "x.jsonl")
    assert load(path, EXPOSURES).frame.select("push_id", "impressions").rows() == [("a", 3), ("5", 4)]
    assert reasons(path) == [
        (2, None, "not a JSON object"),
        (3, None, "not a JSON object"),
        (4, None, "not a JSON object"),
        (5, "push_id", "missing value"),
    ]
    with pytest.raises(InputError, match="one JSON object per line"):
        load(write(tmp_path, json.dumps([{"push_id": "a"}], indent=1), "y.json"), EXPOSURES)


def test_column_mapping_from_toml(tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        '[columns]\npush_id = "id"\nimpressions = "shown"\n[constants]\nclicks = 2\n'
        '[format]\nnull_values = ["n/a"]\ndelimiter = ";"\n',
        "mapping.toml",
    )
    path = write(tmp_path, "shown;id\n5;n/a\nn/a;b\n")
    loaded = load(path, EXPOSURES, ColumnMapping.from_toml(mapping))
    assert loaded.frame.select("push_id", "impressions", "clicks").rows() == [("n/a", 5, 2), ("b", None, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[columns]\nnonsense = 'x'\n", "no column 'nonsense'"),
        ("[columns]\npush_id = 3\n", "expected the name of a source column"),
        ("[column]\n", "unknown table"),
        ("[format]\nsep = ','\n", "unknown key 'sep'"),
        ("[format]\ndelimiter = '::'\n", "one ASCII character"),
        ("[columns]\nclicks = 'c'\n[constants]\nclicks = 1\n", "both as a column and as a constant"),
        ("columns = [", "not valid TOML"),
    ],
)
def test_bad_mappings(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, HEADER)
    with pytest.raises(ConfigurationError, match=message):
        load(path, EXPOSURES, ColumnMapping.from_toml(write(tmp_path, text, "m.toml")))


def test_dates(tmp_path: Path) -> None:
    texts = [
        "2024-05-06T07:08:09.5",
        "2024-05-06 07:08:09Z",
        "2024-05-06T07:08:09+02:00",
        "2024-05-06",
        "6.5.2024 07:08",
    ]
    rows = "".join(f"e{i},c,{text}\n" for i, text in enumerate([*texts, "soon", ""]))
    path = write(tmp_path, "experiment_id,content_id,started_at\n" + rows)
    loaded = load(path, EXPERIMENTS, ColumnMapping(dates=("%d.%m.%Y %H:%M",)))
    found = loaded.frame["started_at"].dt.to_string("%Y-%m-%dT%H:%M:%S%.3f").to_list()
    assert found == [
        "2024-05-06T07:08:09.500",
        "2024-05-06T07:08:09.000",
        "2024-05-06T05:08:09.000",
        "2024-05-06T00:00:00.000",
        "2024-05-06T07:08:00.000",
        None,
    ]
    assert loaded.rejects.select("row", "field", "reason", "value").rows() == [(6, "started_at", "not a date", "soon")]


def test_folder_of_parts_and_log_folder(tmp_path: Path) -> None:
    parts = tmp_path / "log" / "contents"
    parts.mkdir(parents=True)
    for part, ids in enumerate((["a", "b"], ["c", "a"])):
        pl.DataFrame({"content_id": ids}).write_parquet(parts / f"part-{part}.parquet")
    for path in (parts, tmp_path / "log"):
        loaded = load(path, CONTENTS)
        assert loaded.frame["content_id"].to_list() == ["a", "b", "c"]
        assert loaded.rejects.select("row", "reason", "value").rows() == [(2, "duplicate id", "a")]


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing there"):
        load(tmp_path / "absent.csv", EXPOSURES)
    with pytest.raises(InputError, match="a folder without any"):
        load(tmp_path, EXPOSURES)
    with pytest.raises(InputError, match=r"a file that ends in .*Rename"):
        load(write(tmp_path, "", "log.xlsx"), EXPOSURES)


def test_contents_come_cleaned(tmp_path: Path) -> None:
    path = write(tmp_path, "content_id,title,caption\na,Fish &amp; chips,<p>One.</p><p>Two.</p>\nb,<p></p>,\n", "c.csv")
    assert load(path, CONTENTS).frame.select("title", "caption").rows() == [("Fish & chips", "One. Two."), (None, None)]
