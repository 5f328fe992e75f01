"""Claim: choices of high confidence (p > .8) win more often than those of low confidence.

    PUSHGEN_DATA=DATA python benchmarks/claims/confidence.py [--work DIR]

World: the model's choice of a content against each other candidate; it wins where its true CTR is higher. Upworthy:
every pair of arms, judged by a model of the other folds; it wins where the observed CTR is higher, which errs where
counts are small. The baseline is the share won at or below .8.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.archive import out_of_fold, upworthy
from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import NEW, Array, Past, each_seed, fields, linear_of, options
from pushgen.reward.observed import Observed
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.train import train
from pushgen.statistics.bootstrap import Interval
from pushgen.statistics.calibration import normal_probability

HIGH = 0.8
LEAST = 0.02
ARCHIVE = RewardConfig(kind="linear", linear=LinearConfig(styles="none"))


def in_world(past: Past) -> Mapping[str, float]:
    """Share of the model's choices that win, above and below the threshold, and what the model says of them."""
    p: list[Array] = []
    won: list[NDArray[np.bool_]] = []
    model = linear_of(past)
    for field in fields(past, model.utilities, past.candidates):
        rivals = np.arange(len(field.rate)) != field.first
        p.append(normal_probability((field.utility[field.first] - field.utility[rivals]) / model.residual.scale))
        won.append(field.rate[field.first] > field.rate[rivals])
    p_all, won_all = np.concatenate(p), np.concatenate(won).astype(float)
    high = p_all > HIGH
    figures = {"won, high": won_all[high], "won, low": won_all[~high], "said, high": p_all[high], "share high": high}
    found = {name: float(np.mean(values)) for name, values in figures.items()}
    return found | {"gain": found["won, high"] - found["won, low"]}


def on_archive(work: Path) -> tuple[Interval, Interval, Interval, int]:
    """Gain, shares won above and below the threshold, and the number of pairs above."""
    pairs = upworthy(work)
    said = out_of_fold(pairs, "pairwise", work / "upworthy", lambda frame: train(frame, ARCHIVE))
    observed = Observed(pairs, (), 2000, 0)
    right, p = observed.right(said), said.p()
    high = (np.maximum(p, 1 - p) > HIGH).astype(float)
    over = observed.bootstrap
    gain = over.of_sums(lambda won, n, lost, m: won / n - lost / m, right * high, high, right * (1 - high), 1 - high)
    return gain, over.mean(right, high), over.mean(right, 1 - high), int(high.sum())


def main() -> None:
    with options(__doc__) as given:
        world = each_seed("confidence", in_world, given.seeds, given.work)
        gain, above, below, count = on_archive(given.work)
    here = f"world, {NEW} contents a seed, over {len(given.seeds)} seeds"
    there = f"Upworthy, {count:,} pairs above {HIGH}, over experiments"
    findings = [
        Finding(setting=here, measure="share won above .8 less that below", unit="points", interval=world["gain"],
                baseline=f"below .8: {world['won, low']} won", least=LEAST),
        Finding(setting=here, measure="share won above .8", interval=world["won, high"],
                baseline=f"above .8 the model says {world['said, high'].value:.3f}"),
        Finding(setting=there, measure="share won above .8 less that below", unit="points", interval=gain,
                baseline=f"below .8: {below} won", least=LEAST),
        Finding(setting=there, measure="share won above .8", interval=above),
    ]  # fmt: skip
    claim = "Choices of high confidence (p > .8) win more often than those of low confidence"
    note = "Winners on Upworthy are observed, with sampling error."
    publish("confidence", Row(claim=claim, findings=findings, note=note))


if __name__ == "__main__":
    main()
