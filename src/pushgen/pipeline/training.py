"""From a log on disk to a reward model on disk; finished work is not done again."""

import time
from pathlib import Path

from pushgen import splits
from pushgen.logs import Log, make_pairs
from pushgen.manifest import Manifest, hash_path, is_finished, write_manifest
from pushgen.reward.settings import RewardConfig
from pushgen.settings import as_dict


def train_reward(
    log: Log, out: Path, config: RewardConfig, *, holdout: float = splits.HOLDOUT, styles: Path | None = None
) -> None:
    """Trains on the pairs of all contents that are not held out and writes the model folder.

    `styles` is the folder of a linear style labeller for the kind `linear`, in place of the one that the configuration
    names. Raises `InputError` where the log has too few pairs with clicks.
    """
    from pushgen.reward.origin import Origin
    from pushgen.reward.storage import save_reward

    inputs = {"log": hash_path(log.path)} | ({"styles": hash_path(styles)} if styles else {})
    configuration = {**as_dict(config), "holdout": holdout}
    made = make_pairs(log)
    kept = splits.keep(made.frame, "train", holdout)
    manifest = Manifest(
        stage="train reward",
        configuration=configuration,
        inputs=inputs,
        rows_in=made.frame.height,
        rows_out=kept.height,
        dropped={"held out": made.frame.height - kept.height},
        seed=config.seed,
    )
    if is_finished(out, manifest.key):
        return
    started = time.monotonic()
    (out / "manifest.json").unlink(missing_ok=True)
    origin = Origin(holdout=holdout, salt=splits.SALT, inputs=inputs)
    if config.kind == "linear":
        from pushgen.reward.train_linear import train_linear
        from pushgen.styles.linear import LinearLabeller

        model = train_linear(kept, config, origin, styles=LinearLabeller.load(styles) if styles else None)
    elif config.kind in ("score", "list"):
        from pushgen.reward.train_utility import train_utility

        model = train_utility(kept, config, origin).model
    else:
        from pushgen.reward.train_pair import train_pair

        model = train_pair(kept, config, origin).model
    save_reward(model, out)
    write_manifest(out, manifest, seconds=time.monotonic() - started)
