"""From a log on disk to a reward model on disk; finished work is not done again."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pushgen import splits
from pushgen.logs import Log, make_pairs
from pushgen.manifest import Manifest, hash_path, is_finished, write_manifest
from pushgen.reward.settings import RewardConfig
from pushgen.settings import as_dict

if TYPE_CHECKING:
    from pushgen.reward.trained import TrainedReward


def train_reward(
    log: Log,
    out: Path,
    config: RewardConfig,
    *,
    holdout: float = splits.HOLDOUT,
    styles: Path | None = None,
    more: Sequence[Log] = (),
) -> None:
    """Trains on the pairs of all contents that are not held out and writes the model folder.

    `styles` is the folder of a linear style labeller for the kind `linear`, in place of the one that the configuration
    names; `more` are further logs whose experiments have other ids. Of several processes that `accelerate launch`
    starts, all train and the first writes. Raises `InputError` where the logs have too few pairs with clicks.
    """
    from pushgen.reward.origin import Origin
    from pushgen.reward.storage import save_reward
    from pushgen.reward.train import train
    from pushgen.training.processes import is_main

    inputs = {"log": hash_path(log.path)} | ({"styles": hash_path(styles)} if styles else {})
    inputs |= {f"log {number}": hash_path(one.path) for number, one in enumerate(more, start=2)}
    configuration = {**as_dict(config), "holdout": holdout}
    pairs = pl.concat([make_pairs(one).frame for one in (log, *more)])
    kept = splits.keep(pairs, "train", holdout)
    manifest = Manifest(
        stage="train reward",
        configuration=configuration,
        inputs=inputs,
        rows_in=pairs.height,
        rows_out=kept.height,
        dropped={"held out": pairs.height - kept.height},
        seed=config.seed,
    )
    if is_finished(out, manifest.key):
        return
    started = time.monotonic()
    (out / "manifest.json").unlink(missing_ok=True)
    names = ["log", *(f"log {number}" for number in range(2, len(more) + 2))]
    origin = Origin(
        holdout=holdout,
        salt=splits.SALT,
        inputs=inputs,
        licences={name: one.licence for name, one in zip(names, (log, *more), strict=True)},
    )
    model = train(kept, config, origin, styles=styles, scratch=out)
    if not is_main():
        return
    model.origin = replace(model.origin, held_out=_held_out(model, splits.keep(pairs, "holdout", holdout), kept))
    save_reward(model, out)
    write_manifest(out, manifest, seconds=time.monotonic() - started)


def _held_out(model: "TrainedReward", held: pl.DataFrame, train: pl.DataFrame) -> dict[str, str]:
    """Figures for the card, each with its interval; none where nothing was held out."""
    from pushgen.reward.evaluate import evaluate
    from pushgen.reward.evidence import usable
    from pushgen.reward.predictions import predict

    if usable(held).is_empty():
        return {}
    texts = pl.concat([train["text_a"], train["text_b"]]).unique(maintain_order=True).to_list()
    found = evaluate(held, {"model": predict(model, held)}, training_texts=texts)
    return {f"{metric.name} (n = {metric.count})": str(metric.interval) for metric in found.metrics}
