"""Small sequence-to-sequence generators trained on the past of a world, and what they write for its new contents."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.worlds import Past
from pushgen.curation import CurationConfig, LogTables, curate
from pushgen.generation.collapse import CollapseConfig
from pushgen.generation.corpus import read_rows
from pushgen.generation.seq2seq.config import ModelConfig, Seq2SeqConfig
from pushgen.generation.seq2seq.generator import Seq2SeqGenerator
from pushgen.generation.seq2seq.train import Trained, train
from pushgen.guardrails import check
from pushgen.pipeline.guarding import open_rules
from pushgen.protocols import GenerationRequest
from pushgen.records import Candidate
from pushgen.splits import keep
from pushgen.styles.linear import LinearLabeller
from pushgen.training.loop import LoopConfig

STEPS = 500
"""Optimiser steps of every training, so that a filter is not judged by how much is left to train on."""
BATCH = 32
CONTENTS = 60
"""New contents of each world that are written for."""
SMALL = Seq2SeqConfig(
    model=ModelConfig(vocabulary=1500, width=96, hidden=288, encoder_layers=1, decoder_layers=1),
    collapse=CollapseConfig(contents=20, min_distinct=0.0, min_specificity=-1.0, max_failed=1.0),
    batch_size=BATCH,
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a generator wrote."""

    asked: int
    candidates: Sequence[Candidate]
    """All that were written, before the guardrails."""
    accepted: Mapping[str, Sequence[Candidate]]
    """Those that no guardrail blocked, by content id."""


def corpus(past: Past, config: CurationConfig) -> pl.DataFrame:
    """The curated corpus of the training part of the past."""
    labeller = LinearLabeller.load(past.styles)
    return keep(curate(LogTables.open(past.log.path), config, labeller=labeller).corpus, "train")


def train_small(rows: pl.DataFrame, seed: int, config: Seq2SeqConfig = SMALL, steps: int = STEPS) -> Trained:
    """A generator after about so many steps on a corpus."""
    parts = read_rows(rows, config.validation)
    epochs = max(round(steps / math.ceil(len(parts.train) / BATCH)), 1)
    loop = LoopConfig(epochs=epochs, learning_rate=2e-3, warmup_share=0.1)
    return train(parts, replace(config, loop=loop, seed=seed))


def write(past: Past, generator: Seq2SeqGenerator, styles: Sequence[str], per_style: int = 1) -> Written:
    """Candidates in each style for the first new contents, held against the default guardrails."""
    contents, rules = past.contents[:CONTENTS], open_rules()
    requests = [
        GenerationRequest(content=content, style=style, index=index)
        for content in contents
        for style in styles
        for index in range(per_style)
    ]
    written = [one for one in generator.generate(requests) if isinstance(one, Candidate)]
    of: dict[str, list[Candidate]] = {content.content_id: [] for content in contents}
    for one in written:
        of[one.content_id].append(one)
    accepted = {content.content_id: check(content, of[content.content_id], rules).survivors for content in contents}
    return Written(len(requests), written, {name: given for name, given in accepted.items() if given})


def true_rates(past: Past, candidates: Sequence[Candidate]) -> np.ndarray:
    """True CTR of each candidate, shape (K,)."""
    return past.world.truth.ctrs([one.content_id for one in candidates], [one.text for one in candidates])
