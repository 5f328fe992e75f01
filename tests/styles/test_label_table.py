import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pushgen.encoders import NgramEncoder
from pushgen.errors import ConfigurationError, InputError
from pushgen.styles import open_labeller
from pushgen.styles.label_table import LabelSummary, label_table
from pushgen.styles.prototype import PrototypeLabeller

ROWS = [
    {"id": "a", "text": "Would you swim across a lake, at lunch?", "n": 1},
    {"id": "b", "text": "7 things a pilot checks", "n": 2},
    {"id": "c", "text": None, "n": 3},
    {"id": "d", "text": "7 things a pilot checks", "n": 4},
]


def run(source: Path, out: Path, column: str = "text") -> LabelSummary:
    return label_table(source, out, lambda _: PrototypeLabeller(NgramEncoder()), column=column)


def write(folder: Path, ending: str) -> Path:
    path = folder / f"in{ending}"
    frame = pl.DataFrame(ROWS)
    if ending == ".parquet":
        frame.with_columns(tags=pl.lit(["x", "y"])).write_parquet(path)
    elif ending == ".jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_csv(path, separator="\t" if ending == ".tsv" else ",")
    return path


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_column_and_good_row_stays_and_bad_rows_are_set_apart(tmp_path: Path, ending: str) -> None:
    source = write(tmp_path, ending)
    summary = run(source, tmp_path / "out.parquet")
    labelled = pl.read_parquet(tmp_path / "out.parquet")
    before = pl.read_parquet(source).columns if ending == ".parquet" else ["id", "text", "n"]
    assert labelled.columns == [*before, "style", "style_confidence"]
    assert labelled["id"].to_list() == ["a", "b", "d"]
    assert labelled["style"].to_list() == ["question", "numbers", "numbers"]
    assert (summary.rows, summary.rejected, dict(summary.styles)) == (3, 1, {"numbers": 2, "question": 1})
    assert summary.rejects_file is not None
    rejects = pl.read_parquet(summary.rejects_file)
    assert rejects.select("row", "field").rows() == [(3, "text")]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_output_by_its_ending_and_the_same_bytes_again(tmp_path: Path, ending: str) -> None:
    source, out = write(tmp_path, ".csv"), tmp_path / f"out{ending}"
    run(source, out)
    first = out.read_bytes()
    run(source, out)
    assert out.read_bytes() == first
    readers = {".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}
    assert readers[ending](out)["style"].to_list() == ["question", "numbers", "numbers"]


def test_labelling_again_replaces_the_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(write(tmp_path, ".csv"), tmp_path / "once.csv")
    run(tmp_path / "once.csv", tmp_path / "twice.csv")
    assert (tmp_path / "twice.csv").read_bytes() == (tmp_path / "once.csv").read_bytes()
    assert "The column 'style' of" in capsys.readouterr().err
    assert not (tmp_path / "twice.csv.rejects.parquet").exists()


def test_missing_column_ending_and_unfit_columns(tmp_path: Path) -> None:
    source = write(tmp_path, ".parquet")
    with pytest.raises(InputError, match=r"'headline'.*the columns id, text, n, tags.*Name the column with --column"):
        run(source, tmp_path / "out.csv", column="headline")
    with pytest.raises(ConfigurationError, match=r"must end in .csv, .jsonl, .parquet; found 'out.xlsx'"):
        run(source, tmp_path / "out.xlsx")
    with pytest.raises(ConfigurationError, match=r"Write .parquet instead"):
        run(source, tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet"]
    (tmp_path / "torn.parquet").write_bytes(source.read_bytes()[:100])
    with pytest.raises(InputError, match=r"torn\.parquet"):
        run(tmp_path / "torn.parquet", tmp_path / "out.parquet")


def test_unknown_labeller_names_the_known_ones() -> None:
    with pytest.raises(
        ConfigurationError, match="'magic'; there are auto, packaged, prototype, linear:FOLDER and openai:URL#MODEL"
    ):
        open_labeller("magic")


def test_command_writes_words_to_stderr_and_json_to_stdout(tmp_path: Path) -> None:
    source, out = write(tmp_path, ".csv"), tmp_path / "out.csv"
    pushgen = str(Path(sys.executable).with_name("pushgen"))
    command = [pushgen, "label", str(source), "--out", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    assert summary["rows"] == 3
    assert summary["styles"] == {"numbers": 2, "question": 1}
    assert "3 texts labelled by" in done.stderr
    wrong = subprocess.run([*command, "--column", "body"], capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "Name the column with --column" in wrong.stderr
    assert wrong.stdout == ""


def test_chinese_texts_are_labelled_with_ngrams_and_chinese_prototypes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "zh.jsonl"
    texts = ["你会横渡一座湖吗？", "教你三步做红烧肉，一看就会", "突发：今晨大桥封闭"]
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    label_table(source, tmp_path / "out.jsonl", lambda shown: open_labeller(texts=shown))
    assert pl.read_ndjson(tmp_path / "out.jsonl")["style"].to_list() == ["question", "practical", "urgency"]
    assert "n-grams serve instead" in capsys.readouterr().err


def test_auto_takes_the_packaged_labeller_for_english_and_knows_styles_that_news_lacks(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    texts = [
        "Free coffee with every ticket this week",
        "Breaking: the harbour bridge is closed",
        "12 photos of one lighthouse",
        "Would you sleep in a tree?",
    ]
    labeller = open_labeller(texts=texts)
    assert labeller.name.startswith("linear (minilm")
    assert [label.style for label in labeller.label(texts)] == ["offer", "urgency", "numbers", "question"]
    own = tmp_path / "own.toml"
    own.write_text('[[style]]\nid = "calm"\nname = {en = "Calm"}\ndefinition = {en = "Says it softly."}\n')
    assert open_labeller(texts=texts, taxonomy=own).label(texts)[0].style == "calm"
