"""From the command line: specs, training, writing."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests.generation import tiny

from pushgen.cli.app import app
from pushgen.errors import ConfigurationError
from pushgen.generation import open_generator
from pushgen.generation.batches import REPEATED, write_candidates
from pushgen.generation.openai import OpenAIGenerator
from pushgen.generation.template import TemplateGenerator
from pushgen.records import Content
from pushgen.tables import CANDIDATES, CORPUS, read_table, write_table

TOML = """
[model]
vocabulary = 400
width = 32
hidden = 64
heads = 2
encoder_layers = 1
decoder_layers = 1
max_source = 64
max_target = 40
[collapse]
contents = 4
min_distinct = 0.0
min_specificity = 0.0
max_failed = 1.0
"""


def run(*words: str | Path) -> None:
    app([str(word) for word in words], exit_on_error=False, result_action="return_value")


@pytest.mark.parametrize("spec", ["", "seq2seq", "hf:", "openai:", "openai:host#m", "openai:http://h/v1", "/no/such"])
def test_other_specs_are_errors_in_words(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_BASE_URL", "PUSHGEN_CHAT_MODEL"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigurationError):
        open_generator(spec)


def test_specs(tmp_path: Path) -> None:
    assert isinstance(open_generator("template"), TemplateGenerator)
    served = open_generator("openai:http://127.0.0.1:9/v1#small")
    assert isinstance(served, OpenAIGenerator)
    assert served.name == "openai:small"
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="neither PushGen's nor Hugging Face's"):
        open_generator(str(tmp_path))


def test_train_then_generate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(tiny.corpus(150), tmp_path / "corpus" / "corpus" / "part-0.parquet", CORPUS)
    (tmp_path / "small.toml").write_text(TOML)
    words = (
        "train",
        "generator",
        tmp_path / "corpus",
        "--out",
        tmp_path / "model",
        "--config",
        tmp_path / "small.toml",
    )
    run(*words, "--epochs", "1", "--json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["trained_before"] is False
    run(*words, "--epochs", "1", "--json")
    assert json.loads(capsys.readouterr().out)["trained_before"] is True
    contents = tmp_path / "contents.csv"
    contents.write_text("content_id,caption\na,Bel opened a bakery in Torana.\nb,\n,no id\n")
    out = tmp_path / "candidates.parquet"
    for generator in ("template", tmp_path / "model"):
        run("generate", contents, "--generator", generator, "--styles", "plain,question", "--out", out, "--json")
        counts = json.loads(capsys.readouterr().out)
        assert counts["requests"] == 4
        assert counts["rejects"] == 1
        assert counts["failures"]["empty caption"] == 2
        written = read_table(out, CANDIDATES)
        assert written.height == counts["candidates"] == 4 - sum(counts["failures"].values())
    assert (tmp_path / "candidates.rejects.parquet").exists()


def test_seq2seq_takes_no_base(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--backend hf"):
        run("train", "generator", tmp_path, "--out", tmp_path / "m", "--lora")


def test_equal_texts_of_a_content_are_counted_not_kept() -> None:
    contents = [Content(content_id="a", caption="Great points."), Content(content_id="b", caption="Great points.")]
    written = write_candidates(contents, TemplateGenerator(), ("plain", "numbers"), n=2)
    assert [c.text for c in written.candidates] == ["Great points", "Great points"]
    assert sum(written.failures.values()) == 6
    assert REPEATED not in written.failures
    frame = CANDIDATES.frame(written.candidates)
    assert frame["candidate_id"].n_unique() == 2
    assert isinstance(frame, pl.DataFrame)
