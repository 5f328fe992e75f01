"""Claim: a reward trained on pairs within tests beats a regression on CTR, which confounders of the content mislead.

    PUSHGEN_DATA=DATA python benchmarks/claims/pairwise.py [--work DIR]

Both are the linear model: the same texts, features, penalties and choice of the penalty on validation pairs, and the
same arms with the same counts. They differ in one thing: pair-wise training compares the arms of a test with each
other, point-wise regression compares all arms of the log. In the world everything that all arms of a test share (the
content's appeal, hour, segment) is drawn anew without and with a plant: levels as spread as those of real contents
(`appeal_sd`), that go against the style, as where the desk gives the weak contents the strong styles. Pairs keep their
truth, since arms of one test share the level. Judged by the true order of held-out pairs and by the true CTR of the
choice among candidates for new contents. Upworthy: pairs judged out of fold, with its own confounders.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.archive import out_of_fold, upworthy
from benchmarks.claims.confidence import ARCHIVE
from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import Past, each_seed, fields, lift, options
from pushgen import splits
from pushgen.reward.arms import arms_of
from pushgen.reward.evidence import evidence
from pushgen.reward.features import Features
from pushgen.reward.inner import inner_split
from pushgen.reward.linear import PENALTIES, LinearReward, ridge
from pushgen.reward.observed import Observed
from pushgen.reward.origin import Origin
from pushgen.reward.predictions import predict
from pushgen.reward.settings import RewardConfig
from pushgen.reward.train_linear import train_linear
from pushgen.statistics.calibration import fit_residual
from pushgen.styles.linear import LinearLabeller

LEAST = 0.01


def train_pointwise(pairs: pl.DataFrame, config: RewardConfig, styles: LinearLabeller | None = None) -> LinearReward:
    """Ridge regression of the log-CTR of all arms on their features, with one level for the whole log.

    Arms are weighted by the inverse of their variance around the regression: that of log-CTRs over the log plus that of
    the counts. The penalty is the best on validation pairs, which is more than a log without tests allows.
    """
    train, held = inner_split(pairs, config.validation)
    arms = arms_of(train)
    features = Features.fit(arms, config.linear, styles, seed=config.seed)
    rows = features.matrix(arms.texts, arms.captions)
    whole = replace(arms, group=np.zeros(len(arms), np.int64))
    spread = max(float(np.var(arms.log_rate) - np.mean(1.0 / (arms.clicks + 0.5))), 0.01)
    target, captions = evidence(held), held["caption"].to_list()
    a, b = (features.matrix(held[side].to_list(), captions) for side in ("text_a", "text_b"))
    tried: list[tuple[float, LinearReward]] = []
    for penalty in PENALTIES:
        beta = ridge(rows, whole, 2.0 * spread, penalty)
        raw = np.asarray((a - b) @ beta)
        residual = fit_residual(raw, target.ratio, target.variance, target.share)
        total = residual.scale**2 + target.variance
        loss = np.average(np.log(total) + (target.ratio - residual.slope * raw) ** 2 / total, weights=target.share)
        tried.append((float(loss), LinearReward(features, beta, residual, Origin(), name="point-wise")))
    return min(tried, key=lambda one: one[0])[1]


def redrawn(past: Past, planted: bool) -> pl.DataFrame:
    """The pairs with clicks drawn at the true CTRs, on levels of the tests that go against the style where planted."""
    arms = arms_of(past.pairs)
    contents = dict(past.pairs.select("experiment_id", "content_id").iter_rows())
    ids = [contents[experiment] for experiment in arms.keys["experiment_id"]]
    rate = past.world.truth.ctrs(ids, arms.texts)
    if planted:
        style = past.world.truth.parts(ids, arms.texts)["style"]
        of_test = np.bincount(arms.group, weights=style) / np.bincount(arms.group)
        level = -past.world.config.appeal_sd * (of_test - of_test.mean()) / of_test.std()
        odds = rate / (1.0 - rate) * np.exp(level[arms.group])
        rate = odds / (1.0 + odds)
    drawn = np.random.default_rng([past.world.seed, 20]).binomial(arms.impressions.astype(np.int64), rate)
    counted = arms.keys.with_columns(clicks=pl.Series(drawn, dtype=pl.Int64))
    pairs = past.pairs
    for side in ("a", "b"):
        own = counted.rename({"push_id": f"push_{side}", "clicks": f"new_{side}"})
        pairs = pairs.join(own, on=["experiment_id", f"push_{side}"], how="left", maintain_order="left")
        pairs = pairs.with_columns(pl.col(f"new_{side}").alias(f"clicks_{side}")).drop(f"new_{side}")
    return pairs


def truly_above(past: Past, pairs: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether text a of each pair has the higher true CTR."""
    ids = pairs["content_id"].to_list()
    rate_a, rate_b = (past.world.truth.ctrs(ids, pairs[side].to_list()) for side in ("text_a", "text_b"))
    return rate_a > rate_b


def in_world(past: Past) -> Mapping[str, float]:
    """Accuracy of both on held-out pairs and the lift of one's choice over the other's, without and with the plant."""
    config, styles = RewardConfig(kind="linear"), LinearLabeller.load(past.styles)
    figures: dict[str, float] = {}
    for name, planted in (("natural", False), ("planted", True)):
        pairs = redrawn(past, planted)
        train, held = splits.keep(pairs, "train"), splits.keep(pairs, "holdout")
        above = truly_above(past, held)
        chosen: dict[str, list[float]] = {}
        for kind, how in (("pair-wise", train_linear), ("point-wise", train_pointwise)):
            model = how(train, config, styles=styles)
            figures[f"{name}, {kind}"] = float(np.mean((predict(model, held).mean > 0) == above))
            chosen[kind] = [field.rate[field.first] for field in fields(past, model.utilities, past.candidates)]
        figures[f"{name}, gain"] = figures[f"{name}, pair-wise"] - figures[f"{name}, point-wise"]
        figures[f"{name}, lift"] = lift(chosen["pair-wise"], chosen["point-wise"])
    return figures


def on_archive(work: Path, here: str) -> list[Finding]:
    """Accuracy of pair-wise less that of point-wise training on Upworthy."""
    pairs = upworthy(work)
    observed = Observed(pairs, (), 2000, 0)
    how = {"pairwise": train_linear, "pointwise": train_pointwise}
    said = {
        name: out_of_fold(pairs, name, work / "upworthy", lambda frame, train=train: train(frame, ARCHIVE))
        for name, train in how.items()
    }
    right = {name: observed.right(given) for name, given in said.items()}
    return [
        Finding(
            setting=here, measure=f"accuracy gained, {label}", unit="points", least=LEAST,
            interval=observed.bootstrap.difference(right["pairwise"], right["pointwise"], rows),
            baseline=f"point-wise, {label}: {observed.bootstrap.mean(right['pointwise'], rows)}",
        )
        for label, rows in observed.slices.items() if label != "p < .001"
    ]  # fmt: skip


def main() -> None:
    with options(__doc__) as given:
        world = each_seed("pairwise", in_world, given.seeds, given.work)
        there = on_archive(given.work, "Upworthy, all tests out of fold, over experiments")
    here = f"world, over {len(given.seeds)} seeds"
    findings: list[Finding] = []
    for name, words in (("planted", "levels against the style"), ("natural", "levels of the world alone")):
        findings.append(Finding(setting=here, measure=f"accuracy gained, {words}", unit="points", least=LEAST,
                                interval=world[f"{name}, gain"],
                                baseline=f"point-wise, {words}: {world[f'{name}, point-wise']}"))  # fmt: skip
        findings.append(Finding(setting=here, measure=f"true CTR of the choice gained, {words}", least=LEAST,
                                interval=world[f"{name}, lift"]))  # fmt: skip
    claim = "Pairs within tests beat regression on CTR across contents, which confounders mislead"
    publish("pairwise", Row(claim=claim, findings=[*findings, *there]))


if __name__ == "__main__":
    main()
