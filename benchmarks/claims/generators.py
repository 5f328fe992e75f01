"""Small sequence-to-sequence generators trained on the past of a world, and what they write for its new contents."""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.worlds import Past, fields, linear_of
from pushgen.curation import CurationConfig, LogTables, SoftFilter, curate
from pushgen.generation.collapse import CollapseConfig
from pushgen.generation.corpus import read_rows
from pushgen.generation.seq2seq.config import ModelConfig, Seq2SeqConfig
from pushgen.generation.seq2seq.generator import Seq2SeqGenerator, load_model, save_model
from pushgen.generation.seq2seq.train import Trained, train
from pushgen.guardrails import check
from pushgen.manifest import write_json
from pushgen.pipeline.guarding import open_rules
from pushgen.protocols import GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.splits import keep
from pushgen.styles.linear import LinearLabeller
from pushgen.training.loop import LoopConfig
from pushgen.world.language import STYLES

STEPS = 300
"""Optimiser steps of every training, so that a filter is not judged by how much is left to train on."""
BATCH = 32
SEEDS = (70, 71, 72)
PAPER = CurationConfig(soft=SoftFilter(by="style"))
"""The paper's filters and weights; with n-grams for an encoder the groups of the soft filter are the styles."""
CONTENTS = 60
"""New contents of each world that are written for."""
SMALL = Seq2SeqConfig(
    model=ModelConfig(vocabulary=1500, width=96, hidden=288, encoder_layers=1, decoder_layers=1),
    collapse=CollapseConfig(contents=20, min_distinct=0.0, min_specificity=-1.0, max_failed=1.0),
    batch_size=BATCH,
)


def corpus(past: Past, config: CurationConfig) -> pl.DataFrame:
    """The curated corpus of the training part of the past."""
    labeller = LinearLabeller.load(past.styles)
    return keep(curate(LogTables.open(past.log.path), config, labeller=labeller).corpus, "train")


def train_small(rows: pl.DataFrame, seed: int, config: Seq2SeqConfig = SMALL, steps: int = STEPS) -> Trained:
    """A generator after about so many steps on a corpus."""
    parts = read_rows(rows, config.validation)
    epochs = max(round(steps / math.ceil(len(parts.train) / BATCH)), 1)
    loop = LoopConfig(epochs=epochs, learning_rate=2e-3, warmup_share=0.1, bf16="no")
    return train(parts, replace(config, loop=loop, seed=seed))


def generator_of(past: Past, name: str, rows: pl.DataFrame) -> Seq2SeqGenerator:
    """The generator trained on a corpus under a name; it is trained once and kept in the folder of the past."""
    folder = past.folder / "generators" / name
    if not (folder / "config.json").is_file():
        trained = train_small(rows, past.world.seed)
        save_model(trained.generator, folder, {"rows": trained.rows}, f"# Generator of a claim: {name}")
    return load_model(folder)


def write(
    past: Past, generator: Seq2SeqGenerator, styles: Sequence[str], per_style: int = 1, contents: Sequence[Content] = ()
) -> list[Candidate]:
    """Candidates in each style for the contents, the first new ones where none are given."""
    requests = [
        GenerationRequest(content=content, style=style, index=index)
        for content in contents or past.contents[:CONTENTS]
        for style in styles
        for index in range(per_style)
    ]
    return [one for one in generator.generate(requests) if isinstance(one, Candidate)]


def judge(past: Past, written: Sequence[Candidate]) -> dict[str, float]:
    """What candidates are worth: their true CTR, that of the reward model's choice, and what is wrong with them."""
    rules, of = open_rules(), dict[str, list[Candidate]]()
    for one in written:
        of.setdefault(one.content_id, []).append(one)
    accepted = {one.content_id: check(one, of[one.content_id], rules).survivors
                for one in past.contents if one.content_id in of}  # fmt: skip
    given = fields(past, linear_of(past).utilities, accepted)
    wrong = past.world.truth.unsupported([one.content_id for one in written], [one.text for one in written])
    styles = [len(set(past.world.truth.styles([one.text for one in some]))) for some in accepted.values()]
    return {
        "mean": float(np.mean([field.rate.mean() for field in given])),
        "choice": float(np.mean([field.rate[field.first] for field in given])),
        "best": float(np.mean([field.rate.max() for field in given])),
        "passed": sum(map(len, accepted.values())) / len(written),
        "grounded": float(np.mean(np.array(wrong) == 0)),
        "styles": float(np.mean(styles)),
        "written": len(written) / len(past.contents[:CONTENTS]),
        "contents": float(len(given)),
    }


def trained_and_judged(past: Past, name: str, rows: pl.DataFrame) -> dict[str, float]:
    """Trains on a corpus, writes one candidate per style of it, or as many of its only one, and judges them.

    What is finished lies in the folder of the past.
    """
    file = past.folder / "generators" / f"{name}.json"
    if not file.is_file():
        styles = sorted(rows["style"].unique())
        generator = generator_of(past, name, rows)
        written = write(past, generator, styles, per_style=1 if len(styles) > 1 else len(STYLES))
        write_json(file, judge(past, written) | {"rows": float(rows.height)})
    return json.loads(file.read_text(encoding="utf-8"))
