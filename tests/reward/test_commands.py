"""The three commands as a user runs them, on a log with a planted effect."""

import json
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from pushgen.cli.app import app
from pushgen.errors import ConfigurationError, InputError
from pushgen.text.bounds import read_bounds
from pushgen.text.measures import MEASURES

TINY = [
    *("--backbone.name", "own", "--backbone.width", "32", "--backbone.layers", "2", "--backbone.vocabulary", "400"),
    *("--epochs", "3", "--learning-rate", "3e-3", "--validation", "0.2", "--bf16", "no"),
]
PAIR = ["--kind", "pair", *TINY]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, train_pairs: pl.DataFrame) -> Path:
    """The pairs as a log, imported from CSV."""
    folder = tmp_path_factory.mktemp("planted")
    sides = [
        train_pairs.select(
            "experiment_id",
            "content_id",
            push_id=f"push_{side}",
            body=f"text_{side}",
            impressions=f"impressions_{side}",
            clicks=f"clicks_{side}",
        )
        for side in ("a", "b")
    ]
    pl.concat(sides).unique("push_id", maintain_order=True).write_csv(folder / "log.csv")
    run("import", "table", folder / "log.csv", "--out", folder / "log")
    return folder / "log"


@pytest.fixture(scope="module")
def model(log: Path) -> Path:
    out = log.parent / "model"
    run("train", "reward", log, "--out", out, "--holdout", "0.3", *PAIR)
    return out


def run(*words: object) -> None:
    app([str(word) for word in words], result_action="return_value")


def test_train_and_evaluate(log: Path, model: Path, tmp_path: Path) -> None:
    run("evaluate", "reward", model, log, "--json", tmp_path / "figures.json", "--draws", "100")
    figures = json.loads((tmp_path / "figures.json").read_text())
    found = {(row["name"], row["predictor"]): row["interval"]["value"] for row in figures["metrics"]}
    assert found["accuracy, p < .05", "model"] > 0.8
    assert found["accuracy, p < .05", "model"] > found["accuracy, p < .05", "longer wins"]
    assert 50 < figures["experiments"] < 100
    assert "holdout" in figures["configuration"]["part"]
    record = json.loads((model.parent / "evaluations.jsonl").read_text().splitlines()[-1])
    assert record["part"] == "holdout"
    assert record["figures"]["model"]["accuracy, p < .05"].startswith(f"{found['accuracy, p < .05', 'model']:.3f}")
    card = (model / "card.md").read_text()
    assert "held out from training: 30%" in card
    assert "| accuracy, p < .05 (n = " in card
    assert "terms of `log`: not stated" in card


@pytest.mark.parametrize("kind", ["score", "list"])
def test_utilities_train_evaluate_and_score(kind: str, log: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    run("train", "reward", log, "--out", model, "--kind", kind, "--holdout", "0.3", "--batch-texts", "40", *TINY)
    assert f"kind: `{kind}`" in (model / "card.md").read_text()
    run("evaluate", "reward", model, log, "--json", tmp_path / "figures.json", "--draws", "50")
    figures = json.loads((tmp_path / "figures.json").read_text())
    found = {(row["name"], row["predictor"]): row["interval"]["value"] for row in figures["metrics"]}
    assert found["accuracy, p < .05", "model"] > 0.8
    rows = pl.DataFrame({"text_a": ["the secret harbour"], "text_b": ["the weekly harbour"]})
    rows.write_csv(tmp_path / "pairs.csv")
    run("score", tmp_path / "pairs.csv", "--reward", model, "--out", tmp_path / "scored.csv")
    assert pl.read_csv(tmp_path / "scored.csv")["p_a"][0] > 0.5


def test_a_killed_training_goes_on_and_ends_with_the_same_model(log: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    words = ["train", "reward", str(log), "--out", str(out), "--holdout", "0.3", *PAIR]
    with subprocess.Popen([sys.executable, "-m", "pushgen", *words], stderr=subprocess.DEVNULL) as training:
        while training.poll() is None and not (out / "training-pair.safetensors").exists():
            time.sleep(0.005)
        training.kill()
    assert training.returncode == -9, "it was over before it could be killed"
    assert not (out / "config.json").exists()
    run(*words)
    assert (out / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()
    assert not (out / "training-pair.safetensors").exists()


def test_probes_leave_figures_a_page_and_bounds(
    log: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / f"probes.{name}" for name in ("json", "html", "toml")}
    more = ["--json", files["json"], "--html", files["html"], "--out", files["toml"]]
    run("evaluate", "probes", model, log, "--styles", "none", "--texts", "20", "--draws", "50", *more)
    figures = json.loads(files["json"].read_text())
    assert {row["measure"] for row in figures["measures"]} == set(MEASURES)
    assert next(row for row in figures["edits"] if row["edit"] == "an emoji at the end")["texts"] == 20
    assert figures["styles"] == []
    bounds = read_bounds(files["toml"])
    pushes = pl.read_csv(log.parent / "log.csv")["body"].to_list()
    inside = [bounds.broken(text) is None for text in pushes]
    assert 0.97 < sum(inside) / len(inside) <= 1.0
    assert str(bounds.broken(pushes[0] + "🔥")).startswith("emoji 1 is above 0")
    page = files["html"].read_text()
    assert "Minimal edits" in page
    assert "Overstated against readers" in page
    assert "Overstated against readers" in capsys.readouterr().err


def test_a_finished_model_is_not_trained_again(log: Path, model: Path) -> None:
    before = (model / "model.safetensors").stat().st_mtime_ns
    run("train", "reward", log, "--out", model, "--holdout", "0.3", *PAIR)
    assert (model / "model.safetensors").stat().st_mtime_ns == before


def test_a_model_that_saw_everything_is_not_judged(log: Path, model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    copy.mkdir()
    for file in model.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    values = json.loads((copy / "config.json").read_text())
    values["origin"]["holdout"] = 0.0
    (copy / "config.json").write_text(json.dumps(values))
    for what in ("reward", "probes"):
        with pytest.raises(ConfigurationError, match="--holdout"):
            run("evaluate", what, copy, log)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_score(model: Path, tmp_path: Path, ending: str) -> None:
    rows = pl.DataFrame(
        {
            "text_a": ["the secret harbour", "the weekly garden", "same text", ""],
            "text_b": ["the weekly harbour", "the secret garden", "same text", "a text without a rival"],
            "other": [1, 2, 3, 4],
        }
    )
    rows.write_csv(tmp_path / "pairs.csv")
    out = tmp_path / f"scored.{ending}"
    run("score", tmp_path / "pairs.csv", "--reward", model, "--out", out)
    readers = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}
    scored = readers[ending](out)
    assert scored["p_a"][0] > 0.5 > scored["p_a"][1]
    assert scored["p_a"][2] == 0.5
    assert scored.height == 3
    rejects = pl.read_parquet(tmp_path / "scored.rejects.parquet")
    assert rejects["row"].to_list() == [4]


def test_score_names_what_is_wrong(model: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("text_a,wrong\nx,y\n")
    with pytest.raises(InputError, match="text_b"):
        run("score", tmp_path / "pairs.csv", "--reward", model, "--out", tmp_path / "out.csv")
    with pytest.raises(ConfigurationError, match="must end in"):
        run("score", tmp_path / "pairs.csv", "--reward", model, "--out", tmp_path / "out.xlsx")
