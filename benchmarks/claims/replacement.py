"""Claim: the system may replace most pushes that people wrote (the paper replaced 85.2% of its send volume).

    python benchmarks/claims/replacement.py [--work DIR]

World: for each new content a person writes a push as those of the past did, in the style that the desk likes. The
system keeps it unless a candidate beats it by the reward model's word (`Terms.incumbents`, margin .5). A live test over
the same contents shows what that brings, with 20,000 impressions per content and arm: the system's pushes against the
people's, against a random candidate (the control: whether choosing, not writing, does it) and against a template in
one fixed style.
"""

import random
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.worlds import NEW, Past, each_seed, linear_of, options
from pushgen.records import Candidate
from pushgen.selection import MeanWinSelector, Terms, choose
from pushgen.selection.terms import INCUMBENT, incumbent_of
from pushgen.world.language import STYLES, language
from pushgen.world.writers import FASHION, write

IMPRESSIONS = 20_000
LEAST = 0.01
FIXED = "plain"


def by_people(past: Past) -> dict[str, Candidate]:
    """The push that a person wrote for each new content."""
    rng = random.Random(f"{past.world.seed}/incumbents")
    words, weights = language(), [FASHION[style] for style in STYLES]
    return {
        content.content_id: incumbent_of(
            content.content_id, None, write(past.world.truth.story(content.content_id),
                                            rng.choices(STYLES, weights)[0], words, rng), None, "en")
        for content in past.contents
    }  # fmt: skip


def measure(past: Past) -> Mapping[str, float]:
    """Share replaced, and the CTRs of the live test's arms against each other."""
    people, rng = by_people(past), random.Random(past.world.seed)
    held = [content for content in past.contents if past.candidates.get(content.content_id)]
    contests = [(content, past.candidates[content.content_id]) for content in held]
    chosen = choose(contests, linear_of(past), MeanWinSelector(), terms=Terms(incumbents=people))
    by_id = {one.candidate_id: one for content, given in contests for one in (*given, people[content.content_id])}
    arms: dict[str, list[Candidate]] = {
        "system": [by_id[one.candidate_id] for one in chosen],
        "people": [people[content.content_id] for content in held],
        "random": [rng.choice(given) for _, given in contests],
        "fixed": [next((one for one in given if one.style == FIXED), given[0]) for _, given in contests],
    }
    counts = past.world.ab_test(arms, IMPRESSIONS, past.world.seed)
    sums = counts.group_by("arm").agg(rate=pl.col("clicks").sum() / pl.col("impressions").sum())
    rate = dict(sums.iter_rows())
    replaced = np.array([one.generator != INCUMBENT for one in chosen])
    truth = {
        arm: past.world.truth.ctrs([one.content_id for one in given], [one.text for one in given])
        for arm, given in arms.items()
    }
    return {
        "replaced": float(replaced.mean()),
        "truly better": float((truth["system"] > truth["people"])[replaced].mean()),
        "system over people": rate["system"] / rate["people"] - 1,
        "system over random": rate["system"] / rate["random"] - 1,
        "system over fixed": rate["system"] / rate["fixed"] - 1,
        "random over people": rate["random"] / rate["people"] - 1,
    }


def main() -> None:
    with options(__doc__) as given:
        found = each_seed("replacement", measure, given.seeds, given.work)
    setting = (
        f"world, live test of {NEW} contents a seed, {IMPRESSIONS:,} impressions an arm, over {len(given.seeds)} seeds"
    )
    control = Finding(setting=setting, measure="", interval=found["random over people"])
    findings = [
        Finding(setting=setting, measure="system over people's pushes", interval=found["system over people"],
                baseline=f"a random candidate over people's pushes: {control.figure}", least=LEAST),
        Finding(setting=setting, measure="system over a random candidate", interval=found["system over random"],
                least=LEAST),
        Finding(setting=setting, measure=f"system over a `{FIXED}` template", interval=found["system over fixed"],
                least=LEAST),
        Finding(setting=setting, measure="pushes replaced", interval=found["replaced"], baseline="the paper: 85.2%"),
        Finding(setting=setting, measure="replaced pushes that are truly better", interval=found["truly better"],
                baseline="by chance: 50%"),
    ]  # fmt: skip
    publish("replacement", Row(claim="Most pushes can be replaced by chosen ones, to the good", findings=findings))


if __name__ == "__main__":
    main()
