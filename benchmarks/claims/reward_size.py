"""Claim: offline accuracy of a reward model tells its worth online only up to a size; a larger one may be worse.

    python benchmarks/claims/reward_size.py [--work DIR]      (several minutes)

World: models of growing capacity, trained on one log with their defaults: longer wins, the linear model without and
with styles, a network of 2 layers from nothing, and the first 3 layers of the packaged encoder. Offline is the accuracy
on observed winners of held-out tests. Online is the true CTR of the choice among the template's candidates for new
contents, over that of a random candidate. The paper's sizes (300M, 700M) are beyond this.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import NEW, Past, each_seed, fields, lift, options
from pushgen import splits
from pushgen.pipeline.training import train_reward
from pushgen.protocols import Floats
from pushgen.reward.baselines import longer_wins
from pushgen.reward.evidence import usable
from pushgen.reward.linear import LinearReward
from pushgen.reward.observed import Observed
from pushgen.reward.predictions import Prediction, predict
from pushgen.reward.settings import BackboneConfig, LinearConfig, RewardConfig
from pushgen.reward.storage import load_reward
from pushgen.reward.utility import UtilityReward

LEAST = 0.01
SEEDS = (70, 71, 72)
KINDS: Mapping[str, RewardConfig] = {
    "linear without styles": RewardConfig(kind="linear", linear=LinearConfig(styles="none")),
    "linear": RewardConfig(kind="linear"),
    "network, 2 layers": RewardConfig(kind="score", backbone=BackboneConfig(name="own"), learning_rate=1e-3),
    "encoder, 3 layers": RewardConfig(kind="score", backbone=BackboneConfig(name="minilm", layers=3)),
}
"""By growing number of parameters, after `longer wins`, which has none."""
NAMES = ("longer wins", *KINDS)


def longer(lists: Sequence[Sequence[str]], captions: Sequence[str | None]) -> list[Floats]:  # noqa: ARG001
    """The baseline as utilities."""
    return [np.array([len(text) for text in texts], np.float32) for texts in lists]


def measure(past: Past) -> Mapping[str, float]:
    """Offline accuracy, online lift and parameters of each kind, and how both figures go together."""
    held = usable(splits.keep(past.pairs, "holdout"))
    observed = Observed(held, (), 10, 0)
    found: dict[str, float] = {}
    for name in NAMES:
        if name == NAMES[0]:
            utilities, said, size = longer, Prediction(longer_wins(held)), 0
        else:
            out = past.folder / "sizes" / name.replace(" ", "-")
            train_reward(past.log, out, KINDS[name], styles=past.styles if name == "linear" else None)
            model = cast(LinearReward | UtilityReward, load_reward(out))
            utilities, said, size = model.utilities, predict(model, held), model.origin.figures["parameters"]
        given = fields(past, utilities, past.candidates)
        mean = [float(field.rate.mean()) for field in given]
        found[f"offline, {name}"] = float(observed.right(said).mean())
        found[f"online, {name}"] = lift([field.rate[field.first] for field in given], mean)
        found[f"size, {name}"] = float(size)
    offline, online = ([found[f"{what}, {name}"] for name in NAMES] for what in ("offline", "online"))
    found["correlation"] = float(np.corrcoef(offline, online)[0, 1])
    found["lost"] = online[-2] - online[-1]
    return found


def main() -> None:
    with options(__doc__, SEEDS) as given:
        found = each_seed("reward_size", measure, given.seeds, given.work)
    setting = f"world, {NEW} new contents a seed, over {len(given.seeds)} seeds"
    larger, smaller = NAMES[-1], NAMES[-2]
    findings = [
        Finding(setting=setting, measure="correlation over kinds of offline accuracy and online lift", unit="",
                interval=found["correlation"], least=0.5),
        Finding(setting=setting, measure=f"online lift lost by `{larger}` against `{smaller}`", unit="points",
                interval=found["lost"], least=LEAST,
                baseline=f"offline: {found[f'offline, {larger}']} against {found[f'offline, {smaller}']}"),
        *(
            Finding(setting=setting, measure=f"online lift, {name}", interval=found[f"online, {name}"],
                    baseline=f"{name}, {found[f'size, {name}'].value:,.0f} parameters: offline "
                             f"{found[f'offline, {name}']}")
            for name in NAMES
        ),
    ]  # fmt: skip
    claim = "Offline accuracy tells online lift, up to a size from which a larger reward model is worse online"
    note = (
        "Sizes up to 20M; the paper's 300M and 700M were not at hand, so the second half can only be undecided or fail."
    )
    publish("reward_size", Row(claim=claim, findings=findings, note=note))


if __name__ == "__main__":
    main()
