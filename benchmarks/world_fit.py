"""Fits the constants of the simulated world to the Upworthy archive and shows the fit.

    PUSHGEN_DATA=DATA python benchmarks/world_fit.py [--fit]

Without --fit it measures the constants that `WorldConfig` states. With --fit it searches them first and prints the
values to state there. Writes benchmarks/results/world_fit.md and world_fit.json.
"""

import argparse
import dataclasses
import json
import math
import os
import platform
import random
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.progress import say, track
from pushgen.world import World, WorldConfig
from pushgen.world.language import STYLES, language
from pushgen.world.writers import write

Floats = NDArray[np.float64]

WINDOW = ("2013-06-25", "2014-01-10")
"""Tests started on these days, both included, were not randomised properly."""
SEEDS = (11, 12, 13)
"""Worlds that are fitted and shown; other benchmarks use other seeds."""
RESAMPLES = 1000
SHARES = {"style": 0.22, "style_topic": 0.24, "specificity": 0.14, "length": 0.05, "overuse": 0.07}
"""Chosen: the part of each effect in the variance of true log-odds within a test, covariances apart."""
NOISE_SHARE = 0.25
"""Chosen: the part that no reader of the text can explain."""
GRIP_STEP = 4.0
"""Step of `grip_sd` per unit of the share of clear pairs: a wider grip makes fewer of them at the same variance."""
COEFFICIENT = {"style": "style_sd", "style_topic": "style_topic_sd"}
"""Name of the constant behind a part, where it differs."""
RESULTS = Path(__file__).parent / "results"


def upworthy(path: Path) -> pl.DataFrame:
    """Arms (test, impressions, clicks) of the archive: window dropped, same picture only, same texts merged."""
    frame = pl.read_csv(path, infer_schema=False).with_columns(pl.col("impressions", "clicks").cast(pl.Int64))
    started = pl.col("created_at").str.slice(0, 10).min().over("clickability_test_id")
    frame = frame.filter(~started.is_between(pl.lit(WINDOW[0]), pl.lit(WINDOW[1])))
    frame = frame.filter(pl.col("impressions") > 0)
    test = pl.concat_str("clickability_test_id", "eyecatcher_id", separator="/", ignore_nulls=True).alias("test")
    text = pl.col("headline").str.strip_chars().str.replace_all(r"\s+", " ").alias("text")
    arms = frame.group_by(test, text, maintain_order=True).agg(pl.col("impressions", "clicks").sum())
    return arms.filter(pl.len().over("test") > 1)


def world_arms(worlds: list[World]) -> pl.DataFrame:
    frames: list[pl.DataFrame] = []
    for world in worlds:
        tests = world.history().exposures.drop_nulls("experiment_id")
        frames.append(
            tests.select(pl.format(f"{world.seed}/{{}}", "experiment_id").alias("test"), "impressions", "clicks")
        )
    return pl.concat(frames)


def per_test(arms: pl.DataFrame) -> pl.DataFrame:
    """What the statistics need of each test, so that resampling tests is a weighted sum."""
    log_ctr = ((pl.col("clicks") + 0.5) / (pl.col("impressions") + 0.5)).log()
    sampling = 1 / (pl.col("clicks") + 0.5) - 1 / (pl.col("impressions") + 0.5)
    tests = arms.group_by("test", maintain_order=True).agg(
        pl.len().cast(pl.Float64).alias("arms"),
        pl.col("clicks").sum().cast(pl.Float64),
        pl.col("impressions").sum().cast(pl.Float64),
        log_ctr.mean().alias("level"),
        log_ctr.var().alias("spread"),
        sampling.mean().alias("sampling"),
        pl.col("impressions").log().mean().alias("log_impressions"),
        (pl.col("clicks") < 20).sum().cast(pl.Float64).alias("thin"),
    )
    indexed = arms.with_row_index("arm")
    pairs = indexed.join(indexed, on="test").filter(pl.col("arm") < pl.col("arm_right"))
    pooled = (pl.col("clicks") + pl.col("clicks_right")) / (pl.col("impressions") + pl.col("impressions_right"))
    error = (pooled * (1 - pooled) * (1 / pl.col("impressions") + 1 / pl.col("impressions_right"))).sqrt()
    gap = pl.col("clicks") / pl.col("impressions") - pl.col("clicks_right") / pl.col("impressions_right")
    counted = (
        pairs.filter(error > 0)
        .group_by("test")
        .agg(
            pl.len().cast(pl.Float64).alias("pairs"), ((gap / error).abs() > 1.96).sum().cast(pl.Float64).alias("clear")
        )
    )
    return tests.join(counted, on="test", how="left", maintain_order="left").fill_null(0.0)


def statistics(tests: pl.DataFrame, weights: Floats) -> dict[str, float]:
    """The statistics of a weighted set of tests."""
    column = {name: tests[name].to_numpy() for name in tests.columns if name != "test"}

    def mean(values: Floats, by: Floats = weights) -> float:
        return float((values * by).sum() / by.sum())

    free = weights * (column["arms"] - 1)
    within = mean(column["spread"] - column["sampling"], free)
    level = column["level"] - mean(column["level"])
    between = mean(level**2) - mean(column["spread"] / column["arms"])
    impressions = column["log_impressions"]
    out = {f"share of tests with {k} arms": mean((column["arms"] == k).astype(float)) for k in range(2, 6)}
    out["share of tests with 6 arms or more"] = mean((column["arms"] >= 6).astype(float))
    out["CTR"] = float((weights * column["clicks"]).sum() / (weights * column["impressions"]).sum())
    out["sd of true log CTR within a test"] = math.sqrt(max(within, 0.0))
    out["sd of true log CTR between tests"] = math.sqrt(max(between, 0.0))
    out["mean log impressions per arm"] = mean(impressions)
    out["sd over tests of log impressions per arm"] = math.sqrt(mean((impressions - mean(impressions)) ** 2))
    out["share of pairs with p < .05"] = float((weights * column["clear"]).sum() / (weights * column["pairs"]).sum())
    out["share of arms under 20 clicks"] = float((weights * column["thin"]).sum() / (weights * column["arms"]).sum())
    return out


def with_intervals(arms: pl.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Each statistic with its 95% bootstrap interval over tests."""
    tests = per_test(arms)
    rng = np.random.default_rng(0)
    size = tests.height
    point = statistics(tests, np.ones(size))
    draws = [statistics(tests, rng.multinomial(size, [1 / size] * size).astype(float)) for _ in range(RESAMPLES)]
    low, high = np.quantile([[draw[name] for name in point] for draw in draws], [0.025, 0.975], axis=0)
    return {name: (value, float(low[i]), float(high[i])) for i, (name, value) in enumerate(point.items())}


def part_variances(worlds: list[World]) -> dict[str, float]:
    """Variance of each part of the text effect within tests, pooled over the worlds."""
    sums: dict[str, float] = {}
    free = 0
    for index, world in enumerate(worlds):
        log = world.history()
        arms = log.exposures.drop_nulls("experiment_id").join(log.pushes, on="push_id")
        parts = world.truth.parts(arms["content_id"].to_list(), arms["body"].to_list())
        parts["all"] = np.sum(list(parts.values()), axis=0)
        group = arms["experiment_id"].rank("dense").to_numpy() - 1
        size = np.bincount(group)
        for name, values in parts.items():
            means = np.bincount(group, values) / size
            sums[name] = sums.get(name, 0.0) + float(((values - means[group]) ** 2).sum())
        free += len(group) - len(size)
        say(f"world {index + 1} of {len(worlds)} read")
    return {name: value / free for name, value in sums.items()}


def full_traffic(config: WorldConfig, **changes: float) -> list[World]:
    """Worlds of the fit seeds with tests of full traffic only, as the archive has."""
    config = dataclasses.replace(config, small_test_share=0.0, solo_sends=0, **changes)
    return [World.build(config, seed) for seed in SEEDS]


def fit(target: Mapping[str, float], config: WorldConfig) -> WorldConfig:
    """Constants whose full-traffic tests show the target statistics."""
    goal = target["sd of true log CTR within a test"] ** 2
    noise = NOISE_SHARE * goal
    arms = [round(target[f"share of tests with {k} arms"], 3) for k in range(2, 6)]
    config = dataclasses.replace(
        config,
        arm_shares=(*arms, round(1.0 - sum(arms), 3)),
        log_impressions_mean=target["mean log impressions per arm"],
        log_impressions_sd=target["sd over tests of log impressions per arm"],
        noise_sd=math.sqrt(noise),
    )
    variances = part_variances(full_traffic(config))
    names = {part: COEFFICIENT.get(part, part) for part in SHARES}
    for part, share in SHARES.items():
        factor = math.sqrt(share * goal / variances[part])
        config = dataclasses.replace(config, **{names[part]: getattr(config, names[part]) * factor})
    for step in range(7):
        tests = per_test(world_arms(full_traffic(config)))
        found = statistics(tests, np.ones(tests.height))
        explained = found["sd of true log CTR within a test"] ** 2 - noise
        factor = math.sqrt((goal - noise) / explained)
        level = target["sd of true log CTR between tests"] ** 2 - found["sd of true log CTR between tests"] ** 2
        changed = {name: getattr(config, name) * factor for name in names.values()}
        changed["appeal_sd"] = math.sqrt(config.appeal_sd**2 + level)
        changed["base_logit"] = config.base_logit + math.log(target["CTR"] / found["CTR"])
        excess = found["share of pairs with p < .05"] - target["share of pairs with p < .05"]
        changed["grip_sd"] = max(config.grip_sd + GRIP_STEP * excess, 0.0)
        config = dataclasses.replace(config, **changed)
        say(f"step {step + 1}: factor {factor:.3f}, excess of clear pairs {excess:+.4f}, grip_sd {config.grip_sd:.3f}")
    return dataclasses.replace(
        config,
        **{
            name: round(getattr(config, name), 3)
            for name in (
                *names.values(),
                "grip_sd",
                "noise_sd",
                "appeal_sd",
                "base_logit",
                "log_impressions_mean",
                "log_impressions_sd",
            )
        },
    )


def ceilings(worlds: list[World], contents: int = 300) -> dict[str, tuple[float, float, float]]:
    """Share of the gap between mean and best of 13 texts (one per style) that a perfect reader of some parts gets.

    New contents of each world; intervals over contents.
    """
    readers = {
        "style, whatever the topic": ("style",),
        "style x topic": ("style", "style_topic"),
        "style x topic, specificity, length": ("style", "style_topic", "specificity", "length"),
        "all but the noise": tuple(part for part in (*SHARES, "unsupported", "repetition")),
        "length alone": ("length",),
        "specificity alone": ("specificity",),
    }
    gaps: list[float] = []
    gains: dict[str, list[float]] = {name: [] for name in readers}
    for world in worlds:
        rng = random.Random(f"{world.seed}/ceilings")
        for content in track(world.new_contents(contents), f"world {world.seed}"):
            story = world.truth.story(content.content_id)
            texts = [write(story, style, language(), rng) for style in STYLES]
            ids = [content.content_id] * len(texts)
            ctr, parts = world.truth.ctrs(ids, texts), world.truth.parts(ids, texts)
            gaps.append(float((ctr.max() - ctr.mean()) / ctr.mean()))
            for name, known in readers.items():
                choice = int(np.argmax(sum(parts[part] for part in known)))
                gains[name].append(float((ctr[choice] - ctr.mean()) / ctr.mean()))
    rng = np.random.default_rng(0)
    gap = np.array(gaps)
    picks = rng.integers(len(gap), size=(RESAMPLES, len(gap)))
    out = {"(gap of the best over the mean text)": _interval(gap.mean(), gap[picks].mean(axis=1))}
    for name, values in gains.items():
        gain = np.array(values)
        out[name] = _interval(gain.mean() / gap.mean(), gain[picks].mean(axis=1) / gap[picks].mean(axis=1))
    return out


def _interval(point: float, draws: Floats) -> tuple[float, float, float]:
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(point), float(low), float(high)


def _cell(values: tuple[float, float, float]) -> str:
    digits = 4 if values[0] < 0.05 else 3
    return f"{values[0]:.{digits}f} [{values[1]:.{digits}f}, {values[2]:.{digits}f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="search the constants before they are measured")
    arguments = parser.parse_args()
    archive = with_intervals(upworthy(Path(os.environ["PUSHGEN_DATA"]) / "upworthy" / "packages.csv"))
    config = WorldConfig()
    if arguments.fit:
        config = fit({name: value for name, (value, _, _) in archive.items()}, config)
        say("\n".join(f"{name} = {value!r}" for name, value in dataclasses.asdict(config).items()))
    worlds = full_traffic(config)
    full = with_intervals(world_arms(worlds))
    whole = with_intervals(world_arms([World.build(config, seed) for seed in SEEDS]))
    parts = part_variances(worlds)
    reach = ceilings(worlds)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    lines = [
        "# The simulated world beside the Upworthy archive",
        "",
        f"`python benchmarks/world_fit.py{' --fit' if arguments.fit else ''}`, {datetime.now(UTC):%Y-%m-%d}, "
        f"commit {commit.stdout.strip()}, {platform.machine()}, {os.cpu_count()} cores, seeds {SEEDS}.",
        "",
        "Archive: exploratory packages, tests started 2013-06-25 to 2014-01-10 dropped, arms with the same picture,",
        "same texts merged. World: the same statistics from its log. Brackets: 95% bootstrap over tests.",
        "The fit is to tests of full traffic; the last column adds the world's small tests, which the archive lacks.",
        "",
        "| statistic | archive | world, full traffic | world, all tests |",
        "|---|---|---|---|",
        *(f"| {name} | {_cell(archive[name])} | {_cell(full[name])} | {_cell(whole[name])} |" for name in archive),
        "",
        "Variance of the parts of the text effect within tests (log-odds, mean user), chosen, not fitted:",
        "",
        "| part | variance | share of the total |",
        "|---|---|---|",
        *(f"| {name} | {value:.4f} | {value / parts['all']:.2f} |" for name, value in parts.items()),
        "",
        "Parts are correlated (a text with a number is more specific, say), so that the shares need not sum to 1.",
        "",
        "What a perfect reader of some parts would get by choosing among 13 human texts, one per style, of a new",
        "content: share of the gap between the mean and the best text.",
        "",
        "| reader | share of the gap |",
        "|---|---|",
        *(f"| {name} | {_cell(value)} |" for name, value in reach.items()),
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "world_fit.md").write_text("\n".join(lines), encoding="utf-8")
    values = {"archive": archive, "full traffic": full, "all tests": whole, "parts": parts, "readers": reach}
    record = {"config": dataclasses.asdict(config), **values}
    (RESULTS / "world_fit.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    say("\n".join(lines))


if __name__ == "__main__":
    main()
