"""Off-policy estimates on the Open Bandit data: coverage on semi-synthetic logs, and each policy from the other's log.

    PUSHGEN_DATA=DIR python benchmarks/off_policy.py [--logs 1000] [--seed 0]

Semi-synthetic: click rates per item and position are shrunk from both logs of a campaign and taken for the truth, the
policies are those of the logs (uniform; Bernoulli Thompson sampling by its mean probability per item and position,
mixed with uniform exploration so that every item has one: a tenth, or a thousandth, where weights grow to 1,000), and
10,000 rows are drawn per log. Nothing was chosen on these seeds. Real: the value of each policy from the log of the
other, beside the clicks that it had itself. Writes benchmarks/results/off_policy.md and .json.
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.experiments.off_policy import PolicyValue, cross_fitted, doubly_robust, ips, snips, weigh
from pushgen.statistics.proportions import wilson
from pushgen.statistics.shrinkage import fit_beta

RESULTS = Path(__file__).parent / "results"
ROWS = 10_000
COLUMNS = ["item_id", "position", "click", "propensity_score"]
EXPLORATION = (0.1, 0.001)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Campaign:
    """One campaign's logs, and what they say of policies and rates."""

    logs: dict[str, pl.DataFrame]
    items: int
    policies: dict[str, Array]
    """Probability of each item at each position, (positions, items)."""
    rates: Array
    """Shrunk click rate, (positions, items)."""


def campaign(folder: Path, name: str) -> Campaign:
    logs = {
        policy: pl.read_csv(folder / source / name / f"{name}.csv", columns=COLUMNS)
        for policy, source in (("uniform", "random"), ("thompson", "bts"))
    }
    both = pl.concat(logs.values())
    items = int(both["item_id"].max()) + 1  # type: ignore[arg-type]
    cell = (both["position"].to_numpy() - 1) * items + both["item_id"].to_numpy()
    hits, trials = (
        np.bincount(cell, weights=weights, minlength=3 * items).astype(np.float64)
        for weights in (both["click"].to_numpy(), None)
    )
    uniform = np.full((3, items), 1.0 / items)
    log = logs["thompson"]
    place = (log["position"].to_numpy() - 1) * items + log["item_id"].to_numpy()
    share = np.bincount(place, minlength=3 * items).reshape(3, items).astype(np.float64)
    share /= share.sum(axis=1, keepdims=True)
    thompson = {f"thompson, {mix:.1%} uniform": (1 - mix) * share + mix * uniform for mix in EXPLORATION}
    rates = fit_beta(hits, trials).shrink(hits, trials).reshape(3, items)
    return Campaign(logs, items, {"uniform": uniform, "thompson": share, **thompson}, rates)


def estimates(
    position: NDArray[np.int64], item: NDArray[np.int64], click: Array, logged: Array, target: Array, seed: int
) -> dict[str, PolicyValue]:
    """Every estimator on one log; `logged` (N,), `target` (positions, items)."""
    wanted = target[position, item]
    clipped, whole = weigh(wanted, logged), weigh(wanted, logged, np.inf)
    predicted, expected = cross_fitted(item, click, target[position], seed=seed)
    return {
        "IPS": ips(click, whole),
        "IPS, clipped": ips(click, clipped),
        "SNIPS": snips(click, whole),
        "doubly robust, not clipped": doubly_robust(click, whole, predicted, expected),
        "doubly robust": doubly_robust(click, clipped, predicted, expected),
    }


def semi_synthetic(data: Campaign, log_policy: str, target: str, logs: int, seed: int) -> dict[str, Any]:
    behaviour, wanted = data.policies[log_policy], data.policies[target]
    truth = float((wanted * data.rates).sum(axis=1).mean())
    found: dict[str, list[PolicyValue]] = {}
    for log in range(logs):
        rng = np.random.default_rng([seed, log])
        position = rng.integers(0, 3, ROWS)
        item = (rng.random(ROWS)[:, None] > behaviour.cumsum(axis=1)[position]).sum(axis=1).clip(max=data.items - 1)
        click = (rng.random(ROWS) < data.rates[position, item]).astype(np.float64)
        for name, value in estimates(position, item, click, behaviour[position, item], wanted, log).items():
            found.setdefault(name, []).append(value)
    rows: dict[str, Any] = {}
    base = np.array([value.value for value in found["IPS"]]) - truth
    for name, values in found.items():
        gap = np.array([value.value for value in values]) - truth
        inside = sum(value.low <= truth <= value.high for value in values)
        low, high = wilson(inside, logs)
        # Paired over logs: is the squared error smaller than that of IPS?
        less = gap**2 - base**2
        rows[name] = {
            "coverage": inside / logs,
            "coverage_low": float(low),
            "coverage_high": float(high),
            "rmse": float(np.sqrt(np.mean(gap**2))),
            "bias": float(gap.mean()),
            "mse_less_ips": float(less.mean()),
            "mse_less_ips_error": float(less.std(ddof=1) / np.sqrt(logs)),
            "effective_size": float(np.mean([value.effective_size for value in values])),
        }
    return {"truth": truth, "estimators": rows}


def real(data: Campaign, log_policy: str, target: str) -> dict[str, Any]:
    log, own = data.logs[log_policy], data.logs[target]
    found = estimates(
        log["position"].to_numpy() - 1,
        log["item_id"].to_numpy(),
        log["click"].to_numpy().astype(np.float64),
        log["propensity_score"].to_numpy(),
        data.policies[target],
        0,
    )
    low, high = wilson(int(own["click"].sum()), own.height)
    return {
        "on_policy": {"value": own["click"].mean(), "low": float(low), "high": float(high)},
        "estimates": {name: {"value": value.value, "low": value.low, "high": value.high, "clipped": value.clipped,
                             "effective_size": value.effective_size} for name, value in found.items()},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folder = Path(os.environ["PUSHGEN_DATA"]) / "open_bandit"
    campaigns = {name: campaign(folder, name) for name in ("men", "women")}
    mixed, thin = (f"thompson, {mix:.1%} uniform" for mix in EXPLORATION)
    synthetic_ways = (("uniform", mixed), (mixed, "uniform"), (thin, "uniform"))
    real_ways = (("uniform", "thompson"), ("thompson", "uniform"))
    lines = ["# Off-policy evaluation on the Open Bandit data", "", *stamp(), ""]
    lines += ["Command: `python benchmarks/off_policy.py`", ""]
    lines += [f"## {arguments.logs:,} semi-synthetic logs of {ROWS:,} rows", ""]
    lines += [
        "95% intervals; coverage with its Wilson interval; mean squared error less that of unclipped IPS over the same "
        "logs in units of its standard error (below -2: smaller for sure).",
        "",
    ]
    columns = ["campaign", "log of", "value of", "estimator", "coverage", "root mean squared error", "bias"]
    columns += ["squared error less that of IPS", "effective rows"]
    lines += ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    values: dict[str, Any] = {"logs": arguments.logs, "rows": ROWS, "semi-synthetic": {}, "real": {}}
    for name, data in campaigns.items():
        for log_policy, target in synthetic_ways:
            found = semi_synthetic(data, log_policy, target, arguments.logs, arguments.seed)
            values["semi-synthetic"][f"{name}: {target} from {log_policy}"] = found
            for estimator, row in found["estimators"].items():
                z = row["mse_less_ips"] / row["mse_less_ips_error"] if row["mse_less_ips_error"] else 0.0
                covered = [100 * row[key] for key in ("coverage", "coverage_low", "coverage_high")]
                cells = [name, log_policy, target, estimator, "{:.1f}% [{:.1f}, {:.1f}]".format(*covered)]
                cells += [f"{1e4 * row['rmse']:.2f}e-4", f"{1e4 * row['bias']:+.2f}e-4", f"{z:+.1f}"]
                lines.append("| " + " | ".join([*cells, f"{row['effective_size']:,.0f}"]) + " |")
    lines += ["", "## Each policy from the other's real log", ""]
    columns = ["campaign", "log of", "value of", "estimator", "estimate", "on-policy", "effective rows", "clipped"]
    lines += ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for name, data in campaigns.items():
        for log_policy, target in real_ways:
            found = real(data, log_policy, target)
            values["real"][f"{name}: {target} from {log_policy}"] = found
            own = found["on_policy"]
            for estimator, row in found["estimates"].items():
                spans = [f"{part['value']:.3%} [{part['low']:.3%}, {part['high']:.3%}]" for part in (row, own)]
                cells = [name, log_policy, target, estimator, *spans, f"{row['effective_size']:,.0f}"]
                lines.append("| " + " | ".join([*cells, f"{row['clipped']:.2%}"]) + " |")
    text = "\n".join([*lines, ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "off_policy.md").write_text(text, encoding="utf-8")
    (RESULTS / "off_policy.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
