"""From a log on disk to a reward model on disk; finished work is not done again."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pushgen import splits
from pushgen.logs import Log, make_pairs
from pushgen.manifest import Manifest, hash_path, is_finished, write_manifest
from pushgen.pipeline.sources import Source, helping_pairs
from pushgen.progress import say
from pushgen.reward.settings import Pooling, RewardConfig
from pushgen.settings import as_dict

if TYPE_CHECKING:
    from pushgen.reward.origin import Origin
    from pushgen.reward.trained import TrainedReward


def train_reward(
    log: Log,
    out: Path,
    config: RewardConfig,
    *,
    holdout: float = splits.HOLDOUT,
    styles: Path | None = None,
    more: Sequence[Log] = (),
    helpers: Sequence[Source] = (),
    pooling: Pooling = "earned",
) -> None:
    """Trains on the pairs of all contents that are not held out and writes the model folder.

    `styles` is the folder of a linear style labeller for the kind `linear`, in place of the one that the configuration
    names; `more` are further logs of the same kind whose experiments have other ids; `helpers` are logs from elsewhere,
    which only train. Of several processes that `accelerate launch` starts, all train and the first writes. Raises
    `InputError` where the logs have too few pairs with clicks.
    """
    from pushgen.reward.origin import Origin
    from pushgen.reward.storage import save_reward
    from pushgen.reward.train import train
    from pushgen.training.processes import is_main

    inputs = {"styles": hash_path(styles)} if styles else {}
    logs = (log, *more, *(source.log for source in helpers))
    names = ["log", *(f"log {number}" for number in range(2, len(logs) + 1))]
    inputs |= {name: hash_path(one.path) for name, one in zip(names, logs, strict=True)}
    configuration: dict[str, Any] = {**as_dict(config), "holdout": holdout}
    if helpers:
        configuration |= {"weights": [source.weight for source in helpers], "pooling": pooling}
    pairs = pl.concat([make_pairs(one).frame for one in (log, *more)])
    kept = splits.keep(pairs, "train", holdout)
    helping = helping_pairs(helpers)
    manifest = Manifest(
        stage="train reward",
        configuration=configuration,
        inputs=inputs,
        rows_in=pairs.height + helping.height,
        rows_out=kept.height + helping.height,
        dropped={"held out": pairs.height - kept.height},
        seed=config.seed,
    )
    if is_finished(out, manifest.key):
        return
    started = time.monotonic()
    (out / "manifest.json").unlink(missing_ok=True)
    origin = Origin(
        holdout=holdout,
        salt=splits.SALT,
        inputs=inputs,
        licences={name: one.licence for name, one in zip(names, logs, strict=True)},
    )
    together = pl.concat([kept, helping])
    if pooling == "all" or not helpers:
        model = train(together, config, origin, styles=styles, scratch=out)
    else:
        model, together = _earned(kept, helpers, config, origin, styles, out)
    if not is_main():
        return
    model.origin = replace(model.origin, held_out=_held_out(model, splits.keep(pairs, "holdout", holdout), together))
    save_reward(model, out)
    write_manifest(out, manifest, seconds=time.monotonic() - started)


def _earned(
    kept: pl.DataFrame,
    helpers: Sequence[Source],
    config: RewardConfig,
    origin: "Origin",
    styles: Path | None,
    out: Path,
) -> tuple["TrainedReward", pl.DataFrame]:
    """The model of the log and of those helpers, taken in turn, with each of which it validates better; its pairs."""
    from pushgen.reward.earning import gain
    from pushgen.reward.train import train

    model = train(kept, config, origin, styles=styles, scratch=out)
    together, gains = kept, dict[str, str]()
    helping = helping_pairs(helpers)
    for number, source in enumerate(helpers, start=2):
        pairs = pl.concat([together, helping.filter(pl.col("experiment_id").str.starts_with(f"{number}:"))])
        rival = train(pairs, config, origin, styles=styles, scratch=out)
        found = gain(rival, model, kept, config.validation)
        earned = found.low > 0
        words = f"{found} nats per contrast (one standard error), {'taken in' if earned else 'left out'}"
        gains[f"gain_of_log_{number}"] = words
        say(f"{source.log.path}: {words}")
        if earned:
            model, together = rival, pairs
    model.origin = replace(model.origin, figures={**model.origin.figures, **gains})
    return model, together


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
