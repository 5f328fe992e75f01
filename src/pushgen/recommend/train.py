"""From an interaction log to a model folder with its figures on validation; finished work is not done again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pushgen.manifest import Manifest, is_finished, write_manifest
from pushgen.recommend.data.filter import FilterConfig
from pushgen.recommend.data.interactions import Interactions
from pushgen.recommend.data.split import SplitConfig, split
from pushgen.recommend.evaluate import EvaluateConfig, evaluate
from pushgen.recommend.registry import build
from pushgen.recommend.storage import Origin, TrainedRetriever, load_retriever, save_retriever
from pushgen.settings import as_dict
from pushgen.training.processes import is_main


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """What is trained on which part of a log."""

    kind: str = "sasrec"
    """Kind of model, one of `registry.KINDS`."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What differs from the defaults of that kind."""
    filter: FilterConfig = field(default_factory=FilterConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    """How the figures of the card are measured, on validation."""


def train_retriever(log: Interactions, out: Path, config: TrainConfig) -> TrainedRetriever:
    """Trains on the training part alone, stops on validation, never looks at the test.

    A training that was killed goes on. Raises `ConfigurationError` for settings that the kind does not have,
    `InputError` where the log cannot be split so.
    """
    started = time.monotonic()
    model = build(config.kind, dict(config.settings))
    configuration = {**as_dict(config), "settings": as_dict(model.config)}
    inputs = {"log": log.hash}
    draft = Manifest(stage="recommend train", configuration=configuration, inputs=inputs, rows_in=0, rows_out=0)
    if is_finished(out, draft.key):
        return load_retriever(out)
    (out / "manifest.json").unlink(missing_ok=True)
    parts = split(log, config.filter, config.split)
    out.mkdir(parents=True, exist_ok=True)
    model.fit(parts.training, items=len(parts.catalogue), validation=parts.validation, scratch=out)
    kept = len(parts.training.values)
    figures: dict[str, Any] = {"training_users": len(parts.training), "training_interactions": kept}
    if len(parts.validation):
        repeats = config.split.repeats
        found = evaluate(model, parts.validation, parts.training, config.evaluate, exclude_seen=not repeats)
        figures |= {f"validation_{name}": value for name, value in found.figures().items()}
    origin = Origin(log=log.hash, filter=config.filter, split=config.split, licence=log.licence, figures=figures)
    trained = TrainedRetriever(model, parts.catalogue, origin)
    if is_main():
        save_retriever(trained, out)
        total = int(log.manifest.get("rows_out", 0))
        manifest = replace(
            draft,
            rows_in=total,
            rows_out=kept,
            dropped={"outside the training part or the filter": total - kept},
            notes=tuple(f"{name}: {count}" for name, count in parts.counts.items() if count),
        )
        write_manifest(out, manifest, seconds=time.monotonic() - started)
    return trained
