"""How much of what a person says of a text stands in the sentences that a caption keeps of it.

    PUSHGEN_DATA=... python benchmarks/caption_salience.py

SciTLDR, test part: abstracts and one-sentence summaries by people. Each way keeps whole sentences of at most 35% of
the abstract; counted is the share of a summary's words that stand in them (small words apart; of several summaries the
one that is met best). Baselines: the first sentences, and sentences drawn by chance. Writes
benchmarks/results/caption_salience.md and .json.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.captions.salience import salient
from pushgen.text.graphemes import grapheme_count
from pushgen.text.segment import Span, sentences, words

RESULTS = Path(__file__).parent / "results"
SHARE = 0.35
_SMALL = frozenset(
    "the a an of to in and for on with is are that this we by as be it its from or can at which".split()  # noqa: SIM905
)


def fitting(spans: list[Span], limit: int) -> list[Span]:
    """Of sentences in some order those that fit, each in turn."""
    kept: list[Span] = []
    for span in spans:
        if (size := grapheme_count(span.text) + 1) <= limit:
            kept.append(span)
            limit -= size
    return kept


def terms(text: str) -> set[str]:
    return {word.text.lower() for word in words(text)} - _SMALL


def met(kept: list[Span], summaries: list[str]) -> float:
    found = set[str]().union(*(terms(span.text) for span in kept))
    return max(len(found & terms(summary)) / max(len(terms(summary)), 1) for summary in summaries)


def main() -> None:
    path = Path(os.environ["PUSHGEN_DATA"]) / "scitldr" / "test.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    random = np.random.default_rng(0)
    ways: dict[str, Callable[[str, int], list[Span]]] = {
        "salient": lambda text, limit: salient(text, limit, language="en"),
        "first sentences": lambda text, limit: fitting(list(sentences(text)), limit),
        "by chance": lambda text, limit: fitting([*map(sentences(text).__getitem__, order(text))], limit),
    }

    def order(text: str) -> list[int]:
        return random.permutation(len(sentences(text))).tolist()

    shares: dict[str, list[float]] = {name: [] for name in ways}
    for row in rows:
        text = " ".join(" ".join(sentence.split()) for sentence in row["source"])
        limit = round(SHARE * grapheme_count(text))
        for name, way in ways.items():
            shares[name].append(met(way(text, limit), row["target"]))
    values = {name: np.array(found) for name, found in shares.items()}
    draws = random.integers(0, len(rows), (2000, len(rows)))
    lines = [
        "# What trimming keeps",
        "",
        *stamp(),
        "",
        "Command: `PUSHGEN_DATA=... python benchmarks/caption_salience.py`",
    ]
    lines += [
        "",
        f"SciTLDR, test part, {len(rows)} abstracts trimmed to {SHARE:.0%} of their length in whole sentences. 95% "
        "intervals: bootstrap over abstracts, paired. Weights were chosen with the dev part in sight.",
        "",
        "| kept | share of the summary's words | `salient` minus it |",
        "|---|---|---|",
    ]
    told: dict[str, list[float]] = {}
    for name, found in values.items():
        low, high = np.quantile(found[draws].mean(1), [0.025, 0.975])
        apart = (values["salient"] - found)[draws].mean(1)
        more = np.quantile(apart, [0.025, 0.975])
        told[name] = [float(found.mean()), float(low), float(high), float(apart.mean()), *map(float, more)]
        gain = "" if name == "salient" else f"{apart.mean():.3f} [{more[0]:.3f}, {more[1]:.3f}]"
        lines.append(f"| {name} | {found.mean():.3f} [{low:.3f}, {high:.3f}] | {gain} |")
    text = "\n".join([*lines, ""])
    (RESULTS / "caption_salience.md").write_text(text, encoding="utf-8")
    (RESULTS / "caption_salience.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
