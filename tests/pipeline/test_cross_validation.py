"""Cross-validation as a user runs it: every experiment judged once by a model that is new to it."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pushgen.errors import WorkspaceError
from pushgen.logs import Log
from pushgen.pipeline.cross_validation import CrossValidationConfig, cross_validate
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.world import World, WorldConfig

CONFIG = CrossValidationConfig(
    kinds=("linear",), folds=2, draws=50, reward=RewardConfig(linear=LinearConfig(styles="none", least_texts=3))
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    from pushgen.pipeline.past import write_past

    return write_past(World.build(WorldConfig(contents=250), 3), tmp_path_factory.mktemp("past"))


def test_parts_figures_folds_and_the_log_of_evaluations(log: Log, tmp_path: Path) -> None:
    out = tmp_path / "cv"
    found = cross_validate(log, out, CONFIG)
    assert {metric.predictor for metric in found.metrics} == {
        "linear",
        "longer wins",
        "TF-IDF + logistic",
        "frozen embeddings + logistic",
    }
    assert found.value("accuracy, p < .001", "linear").value > 0.6
    assert {gain.against for gain in found.gains} == {"frozen embeddings + logistic"}
    parts = sorted(path.name for path in (out / "predictions").iterdir())
    assert "linear-0.parquet" in parts
    assert "tf-idf-logistic-1.parquet" in parts
    said = pl.concat([pl.read_parquet(out / "predictions" / f"linear-{fold}.parquet") for fold in (0, 1)])
    assert said.height == said.unique(["push_a", "push_b"]).height
    facts = json.loads((out / "trainings" / "linear-0.json").read_text())
    assert facts["swap_error"] < 1e-6
    assert facts["seconds"] > 0
    assert sum(len(ids.split()) for ids in json.loads((out / "folds.json").read_text()).values()) > 100

    touched = (out / "predictions" / "linear-0.parquet").stat().st_mtime_ns
    (out / "predictions" / "linear-1.parquet").unlink()
    again = cross_validate(log, out, CONFIG)
    assert (out / "predictions" / "linear-0.parquet").stat().st_mtime_ns == touched
    assert again.as_dict() == found.as_dict()
    lines = [json.loads(line) for line in (out / "evaluations.jsonl").read_text().splitlines()]
    assert len(lines) == 2
    assert lines[0]["figures"]["linear"]["accuracy, all pairs"] == str(found.value("accuracy, all pairs", "linear"))

    # A quicker look at the first fold alone, from what is there.
    look = cross_validate(log, out, replace(CONFIG, judged=1))
    assert 0 < look.experiments < found.experiments
    assert (
        look.pairs
        == pl.read_parquet(out / "predictions" / "linear-0.parquet").height
        - look.left_out["pairs without impressions or clicks"]
    )

    other = CrossValidationConfig(kinds=("linear",), folds=3, reward=CONFIG.reward)
    with pytest.raises(WorkspaceError, match="configuration"):
        cross_validate(log, out, other)
