"""Claim: a generator that is told the style writes candidates from which a better push can be chosen.

    python benchmarks/claims/style_conditioning.py [--work DIR]      (long: six trainings)

World: one corpus (the paper's filters and weights), one small sequence-to-sequence model, the same steps, twice: each
row under the style that the labeller finds in it, and all rows under one. The first writes one candidate in each style,
the second as many draws. Judged by the true CTR of the reward model's choice among those that pass the guardrails.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.generators import CONTENTS, PAPER, SEEDS, corpus, trained_and_judged
from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import Past, each_seed, options

LEAST = 0.01
NOTE = (
    "The generators are small and briefly trained; the world reads words, names, length and style cues and does not "
    "mind broken sentences."
)


def measure(past: Past) -> Mapping[str, float]:
    """Figures of both generators, and the lift of the one with styles."""
    rows = corpus(past, PAPER)
    told = trained_and_judged(past, "paper", rows)
    plain = trained_and_judged(past, "one-style", rows.with_columns(style=pl.lit("plain")))
    found = {f"{name}, told": value for name, value in told.items()}
    found |= {f"{name}, one style": value for name, value in plain.items()}
    return found | {name: told[name] / plain[name] - 1 for name in ("choice", "mean", "best")}


def main() -> None:
    with options(__doc__, SEEDS) as given:
        found = each_seed("style_conditioning", measure, given.seeds, given.work)
    setting = f"world, {CONTENTS} new contents a seed, over {len(given.seeds)} seeds"
    findings = [
        Finding(setting=setting, measure="true CTR of the choice gained by styles", interval=found["choice"],
                least=LEAST, baseline=f"one style: CTR {found['choice, one style'].value:.4f}"),
        Finding(setting=setting, measure="true CTR of the mean candidate gained", interval=found["mean"],
                baseline=f"one style: CTR {found['mean, one style'].value:.4f}"),
        Finding(setting=setting, measure="styles that readers find per content", unit="",
                interval=found["styles, told"], baseline=f"one style: {found['styles, one style'].value:.2f}"),
        Finding(setting=setting, measure="candidates that pass the guardrails", interval=found["passed, told"],
                baseline=f"one style: {found['passed, one style'].value:.1%}"),
        Finding(setting=setting, measure="candidates without a wrong name or number", interval=found["grounded, told"],
                baseline=f"one style: {found['grounded, one style'].value:.1%}"),
    ]  # fmt: skip
    claim = "Telling the generator the style gives candidates from which a better push can be chosen"
    publish("style_conditioning", Row(claim=claim, findings=findings, note=NOTE))


if __name__ == "__main__":
    main()
