"""The baseline that a user of sentence-transformers would train: its CrossEncoder on (text a, text b) -> who won."""

import tempfile
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.encoders import packaged_minilm_folder
from pushgen.errors import MissingExtraError
from pushgen.reward.evidence import evidence, usable

EPOCHS = 2
LEARNING_RATE = 5e-5
BATCH = 32


def cross_encoder(train: pl.DataFrame, pairs: pl.DataFrame, *, name: str | None = None, seed: int = 0) -> Any:
    """Log-odds that a wins, shape (P,), by a CrossEncoder trained as its documentation does.

    Each training pair is given once in a random order of its sides, with the observed winner as its label; a tie is
    dropped. The backbone is that of `name`, by default the packaged MiniLM; binary cross-entropy, AdamW with linear
    decay. Raises `MissingExtraError` without sentence-transformers or datasets.
    """
    try:
        # As values of any type: neither library is there where types are checked.
        datasets, library = import_module("datasets"), import_module("sentence_transformers")
        trainers, losses = (import_module(f"sentence_transformers.cross_encoder{part}") for part in ("", ".losses"))
    except ImportError as error:
        raise MissingExtraError(str(error.name), "baselines", "the CrossEncoder baseline") from error
    known = usable(train)
    ratio = evidence(known).ratio
    turned = np.random.default_rng(seed).random(len(ratio)) < 0.5
    texts = [known[side].to_numpy() for side in ("text_a", "text_b")]
    rows = datasets.Dataset.from_dict(
        {
            "first": np.where(turned, texts[1], texts[0])[ratio != 0].tolist(),
            "second": np.where(turned, texts[0], texts[1])[ratio != 0].tolist(),
            "label": ((ratio > 0) != turned)[ratio != 0].astype(np.float32).tolist(),
        }
    )
    model: Any = library.CrossEncoder(name or str(packaged_minilm_folder()), num_labels=1, max_length=128, device="cpu")
    with tempfile.TemporaryDirectory() as scratch:
        arguments = trainers.CrossEncoderTrainingArguments(
            output_dir=scratch,
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=BATCH,
            learning_rate=LEARNING_RATE,
            warmup_steps=0.1,
            seed=seed,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        loss = losses.BinaryCrossEntropyLoss(model)
        trainers.CrossEncoderTrainer(model=model, args=arguments, train_dataset=rows, loss=loss).train()
    forth, back = (
        np.asarray(model.predict(list(zip(pairs[one], pairs[two], strict=True)), show_progress_bar=False), np.float64)
        for one, two in (("text_a", "text_b"), ("text_b", "text_a"))
    )
    return _logit(forth) - _logit(back)


def _logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(p, 1e-7, 1.0 - 1e-7)
    return np.log(p) - np.log1p(-p)
