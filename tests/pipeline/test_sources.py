"""Several logs in one training: what helps is taken in, what misleads is left out, and neither is measured on."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pushgen.errors import ConfigurationError
from pushgen.intake import ColumnMapping
from pushgen.logs import ImportConfig, Log, import_log, make_pairs
from pushgen.logs.adapters import TableAdapter
from pushgen.pipeline.sources import Source, helping_pairs
from pushgen.pipeline.training import train_reward
from pushgen.protocols import RewardModel
from pushgen.reward.evidence import evidence
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.storage import load_reward
from pushgen.reward.train_linear import train_linear

WORDS = [f"word{number}" for number in range(60)]
CONFIG = RewardConfig(kind="linear", linear=LinearConfig(styles="none", crosses=False, least_texts=3))


def planted(folder: Path, experiments: int, seed: int, sign: float = 1.0) -> Log:
    """A log whose click rates depend on words, in one direction or the other."""
    effect = dict(zip(WORDS, np.random.default_rng(0).normal(0, 0.4, len(WORDS)), strict=True))
    generator = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(experiments):
        for arm in "ab":
            words = generator.choice(WORDS, 3, replace=False)
            rate = 0.02 * np.exp(sign * sum(effect[word] for word in words))
            rows.append(
                {
                    "content_id": f"c{number}", "experiment_id": f"e{number}", "arm_id": arm, "body": " ".join(words),
                    "impressions": 3000, "clicks": int(generator.poisson(3000 * rate)),
                }
            )  # fmt: skip
    folder.mkdir()
    pl.DataFrame(rows).write_parquet(folder / "rows.parquet")
    return import_log([folder / "rows.parquet"], folder / "log", TableAdapter(ColumnMapping()), ImportConfig())


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Log]:
    folder = tmp_path_factory.mktemp("logs")
    return {
        "own": planted(folder / "own", 500, seed=1),
        "alike": planted(folder / "alike", 1500, seed=2),
        "contrary": planted(folder / "contrary", 1500, seed=3, sign=-1.0),
    }


def test_a_log_that_helps_is_taken_in_and_one_that_misleads_is_not(logs: dict[str, Log], tmp_path: Path) -> None:
    helpers = [Source(logs["contrary"]), Source(logs["alike"], weight=1.0)]
    train_reward(logs["own"], tmp_path / "alone", CONFIG)
    train_reward(logs["own"], tmp_path / "earned", CONFIG, helpers=helpers)
    train_reward(logs["own"], tmp_path / "all", CONFIG, helpers=helpers, pooling="all")
    alone, earned, everything = (load_reward(tmp_path / name) for name in ("alone", "earned", "all"))
    trained = [model.origin.figures["pairs_trained"] for model in (alone, earned, everything)]
    assert trained[1] == trained[0] + 1500
    assert trained[2] == trained[0] + 3000
    gains = [str(value) for name, value in earned.origin.figures.items() if name.startswith("gain_of")]
    assert [gain.split(", ")[-1] for gain in gains] == ["left out", "taken in"]
    # Both logs of the model's figures are named, with their data.
    assert set(earned.origin.inputs) == {"log", "log 2", "log 3"}
    new = planted(tmp_path / "new", 400, seed=9)
    right = [_accuracy(model, new) for model in (alone, earned, everything)]
    assert right[1] > right[0] > right[2]
    manifest = json.loads((tmp_path / "earned" / "manifest.json").read_text())
    assert manifest["configuration"]["weights"] == [0.5, 1.0]


def _accuracy(model: RewardModel, log: Log) -> float:
    pairs = make_pairs(log).frame
    said = model.compare(pairs["text_a"].to_list(), pairs["text_b"].to_list())
    return float(np.mean(np.sign(said.mean) == np.sign(evidence(pairs).ratio)))


def test_pairs_of_helpers_carry_their_weight_and_their_number(logs: dict[str, Log]) -> None:
    pairs = helping_pairs([Source(logs["alike"], weight=0.25), Source(logs["contrary"])])
    assert pairs.height == 3000
    first = pairs.filter(pl.col("experiment_id").str.starts_with("2:"))
    assert set(first["weight"]) == {0.25}
    assert set(pairs["content_id"].str.head(2)) == {"2:", "3:"}
    assert evidence(first).share.tolist() == [0.25] * 1500  # two arms: one contrast
    assert helping_pairs([]).is_empty()


def test_twice_with_half_the_weight_is_once(logs: dict[str, Log]) -> None:
    own = make_pairs(logs["own"]).frame
    once = helping_pairs([Source(logs["alike"], weight=1.0)])
    twice = helping_pairs([Source(logs["alike"], weight=0.5), Source(logs["alike"], weight=0.5)])
    found = [train_linear(pl.concat([own, pairs]), CONFIG) for pairs in (once, twice)]
    texts = own["text_a"].to_list(), own["text_b"].to_list()
    np.testing.assert_allclose(*(model.compare(*texts).mean for model in found), rtol=0, atol=2e-3)


def test_a_weight_of_nothing_is_refused(logs: dict[str, Log]) -> None:
    with pytest.raises(ConfigurationError, match="above 0, found 0"):
        Source(logs["own"], weight=0.0)
