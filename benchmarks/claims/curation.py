"""Claim: the hard filter, the soft filter and the confidence weight each make the generator's texts better.

    python benchmarks/claims/curation.py [--work DIR]      (long: twelve trainings, three of them style_conditioning's)

World: a small sequence-to-sequence model trained for the same number of steps on the corpus of the paper's filters and
weights, and on the corpora without one of the three. Judged by the true CTR of the candidates that pass the guardrails,
and by the names and numbers that their contents do not have.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.generators import CONTENTS, PAPER, SEEDS, corpus, trained_and_judged
from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.style_conditioning import NOTE
from benchmarks.claims.worlds import Past, each_seed, options
from pushgen.curation import HardFilter, SoftFilter

LEAST = 0.01
NO_HARD = HardFilter(pv_above=None, ctr_above=None, svr_below=None, lvtr_above=None, htr_below=None)
WITHOUT = {
    "hard filter": replace(PAPER, hard=NO_HARD),
    "soft filter": replace(PAPER, soft=SoftFilter(by="none")),
    "confidence weight": PAPER,
}


def measure(past: Past) -> Mapping[str, float]:
    """Lift of the full curation over each without one part, and the difference of grounded shares."""
    full = trained_and_judged(past, "paper", corpus(past, PAPER))
    found: dict[str, float] = {f"{name}, full": value for name, value in full.items()}
    for part, config in WITHOUT.items():
        rows = corpus(past, config)
        if part == "confidence weight":
            rows = rows.with_columns(weight=pl.lit(1.0))
        other = trained_and_judged(past, f"without-{part.replace(' ', '-')}", rows)
        found |= {f"{name}, without {part}": value for name, value in other.items()}
        found |= {f"{name}, {part}": full[name] / other[name] - 1 for name in ("mean", "choice")}
        found[f"grounded, {part}"] = full["grounded"] - other["grounded"]
    return found


def main() -> None:
    with options(__doc__, SEEDS) as given:
        found = each_seed("curation", measure, given.seeds, given.work)
    setting = f"world, {CONTENTS} new contents a seed, over {len(given.seeds)} seeds"
    findings: list[Finding] = []
    for part in WITHOUT:
        rows, rate = found[f"rows, without {part}"].value, found[f"mean, without {part}"].value
        findings += [
            Finding(setting=setting, measure=f"true CTR of the candidates gained by the {part}", least=LEAST,
                    interval=found[f"mean, {part}"], baseline=f"without the {part}: CTR {rate:.4f}, {rows:,.0f} rows"),
            Finding(setting=setting, measure=f"the same of the choice, {part}", interval=found[f"choice, {part}"]),
            Finding(setting=setting, measure=f"grounded candidates gained, {part}", unit="points",
                    interval=found[f"grounded, {part}"]),
        ]  # fmt: skip
    claim = "Hard filter, soft filter and confidence weight each make the generator's texts better"
    note = f"{NOTE} The full curation leaves {found['rows, full'].value:,.0f} rows."
    publish("curation", Row(claim=claim, findings=findings, note=note))


if __name__ == "__main__":
    main()
