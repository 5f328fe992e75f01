"""Every kind of reward model on every experiment of a log, each judged by a model that has not seen it.

A part is one predictor on one fold: its predictions as a table and what its training took. A killed run goes on with
the first part that is missing; the figures come from the parts alone.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pushgen.logs import Log, make_pairs
from pushgen.manifest import hash_path, write_json
from pushgen.pipeline.evaluation_record import record
from pushgen.pipeline.workspace import Workspace, remove_drafts
from pushgen.progress import say
from pushgen.reward.settings import Kind, RewardConfig
from pushgen.settings import as_dict
from pushgen.tables import PREDICTIONS, read_table

if TYPE_CHECKING:
    from pushgen.reward.evaluate import Evaluation
    from pushgen.reward.predictions import Prediction

Predictor = Callable[[pl.DataFrame, pl.DataFrame], tuple["Prediction", dict[str, Any]]]
"""From training pairs and held-out pairs to predictions of the latter and facts of the training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidationConfig:
    """What is compared, and how."""

    kinds: tuple[Kind, ...] = ("pair", "score", "list", "linear", "blend")
    """Kinds of `train reward`."""
    cross_encoder: bool = False
    """Also train sentence-transformers' CrossEncoder on the same pairs, as a baseline; it takes the longest."""
    folds: int = 5
    """Parts of the experiments; near-copies stand in one part."""
    draws: int = 2000
    """Resamples of the experiments behind the intervals."""
    seed: int = 0
    """Seed of the resampling; training has its own."""
    reward: RewardConfig = field(default_factory=RewardConfig)
    """How each kind is trained; its own `kind` does not count."""


def cross_validate(log: Log, out: Path, config: CrossValidationConfig) -> "Evaluation":
    """Predictions, figures and folds under `out`; parts that are there are not made again.

    Leaves `folds.json` (hashed experiment ids), `predictions/`, `trainings/`, `evaluation.json` and a line in
    `evaluations.jsonl`. Raises `InputError` where a fold leaves too few pairs with clicks to train on.
    """
    from pushgen.reward.folds import folds_of, hashed

    pairs = make_pairs(log).frame
    work = {"stage": "cross-validation", "inputs": {"log": hash_path(log.path)}} | {
        # What is compared may grow; how it is done may not change within a folder.
        "configuration": {"folds": config.folds, "reward": {**as_dict(config.reward), "kind": None}}
    }
    with Workspace(out, work).open() as place:
        remove_drafts(out)
        folds = folds_of(pairs, config.folds)
        write_json(out / "folds.json", hashed(folds))
        of_pair = pairs.select("experiment_id").join(folds, on="experiment_id", how="left", maintain_order="left")
        predictors = _predictors(config)
        for fold in range(config.folds):
            train, held = pairs.filter(of_pair["fold"] != fold), pairs.filter(of_pair["fold"] == fold)
            for name, predictor in predictors.items():
                _part(place, _part_name(name, fold), predictor, train, held)
        found = _evaluate(place, pairs, tuple(predictors), config)
        write_json(out / "evaluation.json", found.as_dict())
        record(out / "evaluations.jsonl", {**work, "kinds": list(config.kinds), "seed": config.seed}, found)
        return found


def _part(place: Workspace, name: str, predictor: Predictor, train: pl.DataFrame, held: pl.DataFrame) -> None:
    if place.part(PREDICTIONS, name).exists():
        return
    say(f"cross-validation: {name}, trained on {train.height} pairs, asked about {held.height}")
    started = time.monotonic()
    said, facts = predictor(train, held)
    write_json(place.folder / "trainings" / f"{name}.json", {**facts, "seconds": round(time.monotonic() - started, 1)})
    frame = held.select("experiment_id", "push_a", "push_b", mean=pl.Series(said.mean), scale=pl.lit(said.scale))
    place.write(PREDICTIONS, name, frame.cast({"scale": pl.Float64}))


def _part_name(predictor: str, fold: int) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", predictor.lower())) + f"-{fold}"


def _predictors(config: CrossValidationConfig) -> Mapping[str, Predictor]:
    found: dict[str, Predictor] = {kind: _trained(replace(config.reward, kind=kind)) for kind in config.kinds}
    return found | dict(_baselines(config))


def _trained(config: RewardConfig) -> Predictor:
    def predictor(train: pl.DataFrame, held: pl.DataFrame) -> tuple["Prediction", dict[str, Any]]:
        from pushgen.reward.predictions import predict, swap_error
        from pushgen.reward.train import train as train_reward

        model = train_reward(train, config)
        facts = {**model.origin.figures, "scale": model.residual.scale, "slope": model.residual.slope}
        return predict(model, held), facts | {"swap_error": swap_error(model, held)}

    return predictor


def _baselines(config: CrossValidationConfig) -> Iterator[tuple[str, Predictor]]:
    from pushgen.encoders import open_encoder
    from pushgen.reward import baselines
    from pushgen.reward.predictions import Prediction

    def embeddings(train: pl.DataFrame, held: pl.DataFrame) -> tuple[Prediction, dict[str, Any]]:
        encoder = open_encoder("auto", texts=train["text_a"].to_list())
        return Prediction(baselines.embedding_logistic(train, held, encoder)), {"encoder": encoder.name}

    yield "longer wins", lambda _, held: (Prediction(baselines.longer_wins(held)), {})
    yield "TF-IDF + logistic", lambda train, held: (Prediction(baselines.tfidf_logistic(train, held)), {})
    yield EMBEDDINGS, embeddings
    if config.cross_encoder:
        from pushgen.reward.cross_encoder import cross_encoder

        yield "CrossEncoder", lambda train, held: (Prediction(cross_encoder(train, held)), {})


EMBEDDINGS = "frozen embeddings + logistic"
"""The baseline that each kind is held against pair by pair."""


def _evaluate(
    place: Workspace, pairs: pl.DataFrame, names: tuple[str, ...], config: CrossValidationConfig
) -> "Evaluation":
    from pushgen.reward.evaluate import evaluate
    from pushgen.reward.predictions import Prediction

    predictions: dict[str, Prediction] = {}
    keys = ["experiment_id", "push_a", "push_b"]
    for name in names:
        files = [place.part(PREDICTIONS, _part_name(name, fold)) for fold in range(config.folds)]
        parts = [read_table(file, PREDICTIONS) for file in files]
        said = pairs.select(keys).join(pl.concat(parts), on=keys, how="left", maintain_order="left")
        scale = None if said["scale"].null_count() else said["scale"].to_numpy()
        predictions[name] = Prediction(said["mean"].to_numpy(), scale)
    against = [name for name in (EMBEDDINGS, "pair") if name in predictions]
    return evaluate(pairs, predictions, against=against, draws=config.draws, seed=config.seed)
