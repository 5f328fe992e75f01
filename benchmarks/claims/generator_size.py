"""Claim: a larger generator overfits a small corpus (the paper's 32B did on 70 thousand samples, its 8B did not).

    python benchmarks/claims/generator_size.py [--work DIR]      (long: six trainings)

World: sequence-to-sequence models of three widths, from nothing, over the same corpus of the paper's filters for the
same number of steps, far more than the smallest needs. Overfitting is the gap between validation and training loss at
the end, and how far the validation loss has risen from its lowest; both in nats per token.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.generators import PAPER, SMALL, corpus, train_small
from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import Past, each_seed, options

LEAST = 0.02
SEEDS = (70, 71, 72)
WIDTHS = (32, 96, 256)
STEPS = 600


def measure(past: Past) -> Mapping[str, float]:
    """Losses of each width, and how much more the largest overfits than the smallest."""
    rows, found = corpus(past, PAPER), dict[str, float]()
    for width in WIDTHS:
        model = replace(SMALL.model, width=width, hidden=3 * width)
        trained = train_small(rows, past.world.seed, replace(SMALL, model=model), STEPS)
        last, best = trained.history[-1], min(one.validation for one in trained.history)
        size = sum(parameter.numel() for parameter in trained.generator.model.parameters())
        told = {"gap": last.validation - last.loss, "best": best, "risen": last.validation - best, "train": last.loss}
        found |= {f"{name}, {width}": value for name, value in told.items()} | {f"size, {width}": float(size)}
    found["rows"] = float(rows.height)
    smallest, largest = WIDTHS[0], WIDTHS[-1]
    return found | {
        name: found[f"{name}, {largest}"] - found[f"{name}, {smallest}"] for name in ("gap", "best", "risen")
    }


def main() -> None:
    with options(__doc__, SEEDS) as given:
        found = each_seed("generator_size", measure, given.seeds, given.work)
    setting = f"world, {found['rows'].value:,.0f} rows, {STEPS} steps, over {len(given.seeds)} seeds"
    value = {name: interval.value for name, interval in found.items()}
    told = "; ".join(
        f"width {width}, {value[f'size, {width}'] / 1e6:.2f}M parameters: training {value[f'train, {width}']:.2f}, "
        f"lowest validation {value[f'best, {width}']:.2f}, risen by {value[f'risen, {width}']:.2f}"
        for width in WIDTHS
    )
    pair = f"width {WIDTHS[-1]} against {WIDTHS[0]}"
    findings = [
        Finding(setting=setting, measure=f"gap of validation and training loss, {pair}", unit="", least=LEAST,
                interval=found["gap"], baseline=told),
        Finding(setting=setting, measure=f"rise of the validation loss from its lowest, {pair}", unit="", least=LEAST,
                interval=found["risen"]),
        Finding(setting=setting, measure=f"lowest validation loss, {pair}", unit="", interval=found["best"]),
    ]  # fmt: skip
    publish("generator_size", Row(claim="A larger generator overfits a small corpus", findings=findings,
                                  note="Widths of a model from nothing stand for the paper's 8B and 32B."))  # fmt: skip


if __name__ == "__main__":
    main()
