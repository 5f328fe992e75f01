"""False winners and power of the experiment methods, where somebody looks all the time.

    python benchmarks/sequential_tests.py [--tests 10000] [--seed 0]

A/A tests: nothing differs, and whoever looks stops at the first "winner". The naive test reads p < 0.05 at every look;
the always-valid methods and alpha spending are looked at as often. A/B tests: one arm is better by exactly the lift
planned for, at exactly the planned size. Impressions come in batches of a few hundred. Writes
benchmarks/results/sequential_tests.md and .json.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.experiments.design import Plan, Shape, plan
from pushgen.experiments.power import Rate
from pushgen.experiments.settings import Rules
from pushgen.statistics.confidence_sequences import mixture_half_width
from pushgen.statistics.count_sequences import log_evidence
from pushgen.statistics.group_sequential import even_looks, spending_bounds
from pushgen.statistics.multiplicity import dunnett_critical
from pushgen.statistics.proportions import two_proportion_z, wilson

RESULTS = Path(__file__).parent / "results"
LIFT = Rules().lift
SCALE = float(np.log1p(LIFT))
CHUNK = 1000
Array = NDArray[np.float64]


def cumulated(rng: np.random.Generator, rate: float, batch: int, tests: int, looks: int) -> Array:
    """Clicks of one arm at every look, (tests, looks)."""
    return rng.binomial(batch, rate, (tests, looks)).cumsum(axis=1).astype(np.float64)


def evidence(a: Array, b: Array, shown: Array) -> Array:
    """Always-valid log evidence that the rates differ, (tests, looks)."""
    n = np.broadcast_to(shown, a.shape)[..., None]
    return log_evidence(a[..., None], n, b[..., None], n, SCALE)


def ever(crossed: NDArray[Any], axis: int | tuple[int, int] = 1) -> NDArray[Any]:
    """Whether a boundary was crossed at any look."""
    return np.asarray(crossed.any(axis=axis))


def rejected(hits: float, tests: int) -> dict[str, float]:
    low, high = wilson(hits, tests)
    return {"share": hits / tests, "low": float(low), "high": float(high)}


def in_chunks(
    tests: int, seed: int, play: Callable[[np.random.Generator, int], dict[str, NDArray[Any]]]
) -> dict[str, Any]:
    """Shares over independent tests, played a thousand at a time so that memory stays small."""
    sums: dict[str, float] = {}
    for chunk in range(0, tests, CHUNK):
        size = min(CHUNK, tests - chunk)
        for name, values in play(np.random.default_rng([seed, chunk]), size).items():
            sums[name] = sums.get(name, 0.0) + float(values.sum())
    return {name: rejected(total, tests) for name, total in sums.items()}


def false_winners(rate: float, batch: int, looks: int, tests: int, seed: int) -> dict[str, Any]:
    """Shares of A/A tests of two arms in which a method ever calls a winner."""
    shown = batch * np.arange(1, looks + 1, dtype=np.float64)
    bounds = spending_bounds(even_looks(looks))
    five = spending_bounds(even_looks(5))
    at_five = np.arange(1, 6) * looks // 5 - 1

    def play(rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
        a, b = (cumulated(rng, rate, batch, size, looks) for _ in range(2))
        z = np.abs(two_proportion_z(a, np.broadcast_to(shown, a.shape), b, np.broadcast_to(shown, b.shape)))
        return {
            "naive test at every look": ever(z > 1.96),
            "naive test at the last look only": z[:, -1] > 1.96,
            "sequential (counts, exact)": ever(evidence(a, b, shown) > np.log(20.0)),
            "group-sequential, every look planned": ever(z > bounds),
            "group-sequential, 5 looks": ever(z[:, at_five] > five),
        }

    return in_chunks(tests, seed, play)


def false_winners_of_users(rate: float, batch: int, looks: int, tests: int, seed: int) -> dict[str, Any]:
    """The same for users who see several pushes each and differ in how readily they open them."""

    def arm(rng: np.random.Generator, size: int) -> tuple[Array, Array, Array]:
        """Value, variance of the estimate and naive variance at every look, (size, looks)."""
        sums = [np.empty((size, looks)) for _ in range(5)]
        for look in range(looks):
            x = 1.0 + rng.poisson(4.0, (size, batch))
            own = np.minimum(rate * rng.standard_gamma(0.5, (size, batch)) / 0.5, 1.0)
            y = rng.binomial(x.astype(np.int64), own).astype(np.float64)
            for kept, values in zip(sums, (y, x, y * y, x * y, x * x), strict=True):
                kept[:, look] = values.sum(axis=1)
        y, x, yy, xy, xx = (values.cumsum(axis=1) for values in sums)
        n = batch * np.arange(1, looks + 1, dtype=np.float64)
        ratio = y / x
        variance = (yy - 2 * ratio * xy + ratio**2 * xx) / (n - 1) / (x / n) ** 2 / n
        return ratio, variance, ratio * (1 - ratio) / x

    def play(rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
        (a, var_a, naive_a), (b, var_b, naive_b) = arm(rng, size), arm(rng, size)
        both = (a > 0) & (b > 0)
        one_a, one_b = np.where(both, a, 1.0), np.where(both, b, 1.0)
        gap, error = np.log(one_a / one_b), np.sqrt(var_a / one_a**2 + var_b / one_b**2)
        half = mixture_half_width(gap, np.where(error > 0, error, 1.0), SCALE)
        with np.errstate(invalid="ignore", divide="ignore"):
            z, naive = np.abs(a - b) / np.sqrt(var_a + var_b), np.abs(a - b) / np.sqrt(naive_a + naive_b)
        found: dict[str, NDArray[Any]] = {
            "naive test, impressions, every look": ever(naive > 1.96),
            "naive test, impressions, last look": naive[:, -1] > 1.96,
            "delta method, last look only": z[:, -1] > 1.96,
            "sequential (users, asymptotic)": ever(both & (np.abs(gap) > half)),
        }
        return found

    return in_chunks(tests, seed, play)


def false_winners_of_four(rate: float, batch: int, looks: int, tests: int, seed: int) -> dict[str, Any]:
    """Shares of A/A/A/A tests in which any of three arms ever beats, or loses to, the control."""
    shown = batch * np.arange(1, looks + 1, dtype=np.float64)
    dunnett = dunnett_critical([1.0] * 3, 1.0)

    def play(rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
        control = cumulated(rng, rate, batch, size, looks)
        n = np.broadcast_to(shown, control.shape)
        arms = [cumulated(rng, rate, batch, size, looks) for _ in range(3)]
        z = np.abs([two_proportion_z(arm, n, control, n) for arm in arms])
        found = np.array([evidence(arm, control, shown) for arm in arms])
        return {
            "naive test at every look": ever(z > 1.96, (0, 2)),
            "naive test at the last look only": ever(z[:, :, -1] > 1.96, 0),
            "Dunnett at the last look only": ever(z[:, :, -1] > dunnett, 0),
            "sequential (counts, exact), Bonferroni": ever(found > np.log(60.0), (0, 2)),
        }

    return in_chunks(tests, seed, play)


def power(rate: float, lift: float, tests: int, seed: int) -> dict[str, Any]:
    """Share of A/B tests that find the better arm, by method, and the mean share of the size that they took."""
    found: dict[str, Any] = {}
    for place, method in enumerate(("fixed", "group-sequential", "sequential")):
        rules = Rules(method=method, lift=lift)
        made: Plan = plan(Rate(baseline=rate), rules, Shape())
        looks = {"fixed": 1, "group-sequential": rules.looks, "sequential": 200}[method]
        batch = made.control // looks
        shown = batch * np.arange(1, looks + 1, dtype=np.float64)
        scale = float(np.log1p(lift))
        bounds = spending_bounds(even_looks(looks)) if method == "group-sequential" else np.array([1.959964])

        def play(
            rng: np.random.Generator, size: int, *, method: str = method, looks: int = looks, batch: int = batch,
            shown: Array = shown, bounds: Array = bounds, scale: float = scale,
        ) -> dict[str, NDArray[Any]]:  # fmt: skip
            a = cumulated(rng, rate * (1 + lift), batch, size, looks)
            b = cumulated(rng, rate, batch, size, looks)
            n = np.broadcast_to(shown, a.shape)
            if method == "sequential":
                crossed = (
                    log_evidence(a[..., None], n[..., None], b[..., None], n[..., None], scale) > np.log(20.0)
                ) & (a > b)
            else:
                crossed = two_proportion_z(a, n, b, n) > bounds
            share = np.where(ever(crossed), (crossed.argmax(axis=1) + 1) / looks, 1.0)
            return {"power": ever(crossed), "share of the size": share}

        result = in_chunks(tests, seed + place, play)
        found[method] = {
            "planned": made.total,
            "promised": made.power,
            "found": result["power"],
            "expected": made.expected,
            "used": result["share of the size"]["share"] * made.total,
        }
    return found


def percent(row: dict[str, float]) -> str:
    return f"{100 * row['share']:.2f}% [{100 * row['low']:.2f}, {100 * row['high']:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tests, seed = arguments.tests, arguments.seed
    errors = {
        "two arms, CTR 0.6%, a look every 600 impressions, 200 looks": false_winners(0.006, 300, 200, tests, seed),
        "two arms, CTR 1%, a look every 400 impressions, 300 looks": false_winners(0.01, 200, 300, tests, seed + 1),
        "two arms, CTR 5%, a look every 400 impressions, 200 looks": false_winners(0.05, 200, 200, tests, seed + 2),
        "two arms, CTR 1%, a look every 4,000 impressions, 200 looks": false_winners(0.01, 2000, 200, tests, seed + 3),
        "two arms of users (5 impressions each), CTR 1%, a look every 600 impressions, 100 looks":
            false_winners_of_users(0.01, 60, 100, tests, seed + 4),
        "control and three arms, CTR 1%, a look every 1,200 impressions, 100 looks":
            false_winners_of_four(0.01, 300, 100, tests, seed + 5),
    }  # fmt: skip
    powers = {
        "CTR 1%, lift 10%": power(0.01, 0.1, tests, seed + 10),
        "CTR 0.6%, lift 20%": power(0.006, 0.2, tests, seed + 20),
        "CTR 5%, lift 5%": power(0.05, 0.05, tests, seed + 30),
    }
    lines = [
        "# Experiments: false winners and power",
        "",
        *stamp(),
        "",
        "Command: `python benchmarks/sequential_tests.py`",
    ]
    lines += ["", f"{tests:,} simulated experiments per row, nominal 5%, 95% Wilson intervals.", ""]
    lines += ["## False winners where nothing differs", "", "| experiment | method | ever a winner |", "|---|---|---|"]
    lines += [
        f"| {case} | {method} | {percent(row)} |" for case, methods in errors.items() for method, row in methods.items()
    ]
    lines += ["", "## Power at the planned size", ""]
    lines += ["| experiment | method | planned impressions | promised | found | expected to take | took on average |"]
    lines += ["|---|---|---|---|---|---|---|"]
    lines += [
        f"| {case} | {method} | {row['planned']:,} | {100 * row['promised']:.1f}% | {percent(row['found'])} | "
        f"{row['expected']:,} | {row['used']:,.0f} |"
        for case, methods in powers.items()
        for method, row in methods.items()
    ]
    text = "\n".join([*lines, ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "sequential_tests.md").write_text(text, encoding="utf-8")
    values = {"tests": tests, "seed": seed, "false winners": errors, "power": powers}
    (RESULTS / "sequential_tests.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
