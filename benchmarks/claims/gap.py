"""Claim: between the candidate that the reward model puts first and the one that it puts last lies a true gap.

    python benchmarks/claims/gap.py [--work DIR]

World: 1,000 sets of candidates of the template generator, about a dozen each. The gap is the mean true CTR of the first
over that of the last. Beside it the oracle's gap, between the candidates that are in truth best and worst.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import NEW, Past, each_seed, fields, lift, linear_of, options

LEAST = 0.01


def measure(past: Past) -> Mapping[str, float]:
    """Gaps of the model and of the oracle, and how often the first is in truth above the last."""
    given = fields(past, linear_of(past).utilities, past.candidates)
    first, last = [field.rate[field.first] for field in given], [field.rate[field.last] for field in given]
    best, worst = [field.rate.max() for field in given], [field.rate.min() for field in given]
    return {
        "gap": lift(first, last),
        "oracle": lift(best, worst),
        "share": float((np.mean(first) - np.mean(last)) / (np.mean(best) - np.mean(worst))),
        "right": float(np.mean(np.array(first) > np.array(last))),
    }


def main() -> None:
    with options(__doc__) as given:
        found = each_seed("gap", measure, given.seeds, given.work)
    setting = f"world, {NEW} sets a seed, over {len(given.seeds)} seeds"
    oracle = Finding(setting=setting, measure="oracle", interval=found["oracle"])
    findings = [
        Finding(setting=setting, measure="true CTR of the first over the last", interval=found["gap"],
                baseline=f"best over worst by the truth: {oracle.figure}", least=LEAST),
        Finding(setting=setting, measure="share of the oracle's gap", interval=found["share"]),
        Finding(setting=setting, measure="sets in which the first is above the last", interval=found["right"],
                baseline="by chance: 50%"),
    ]  # fmt: skip
    publish("gap", Row(claim="The model's first candidate is truly better than its last", findings=findings))


if __name__ == "__main__":
    main()
