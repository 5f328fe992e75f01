"""`pushgen train generator`: weighted fine-tuning on a corpus."""

import dataclasses
from pathlib import Path
from typing import Literal

from pushgen.splits import HOLDOUT


def generator(
    corpus: Path,
    *,
    out: Path,
    backend: Literal["seq2seq", "hf"] = "seq2seq",
    base: str = "",
    lora: bool = False,
    holdout: float = HOLDOUT,
    epochs: int | None = None,
    seed: int = 0,
    config: Path | None = None,
    json: bool = False,
) -> None:
    """Train a generator on a curated corpus, each push weighted by its confidence.

    Contents of the held-out part are never read. A finished model of the same corpus and settings is not trained
    again. A model that writes nearly the same text for every content is refused with exit code 1.

    Parameters
    ----------
    corpus
        What `pushgen curate` wrote.
    out
        Folder of the model.
    backend
        `seq2seq` trains a small model from nothing on the corpus alone; `hf` fine-tunes a Hugging Face causal model.
    base
        Hub name or folder of the model that `hf` starts from.
    lora
        For `hf`: train low-rank updates only, merged before saving.
    holdout
        Share of contents that is held out.
    epochs
        Passes over the corpus; by default that of the backend's configuration.
    seed
        Seed of initial weights, order and dropout.
    config
        TOML file with settings of the backend, in tables such as [model], [loop], [decode], [collapse].
    json
        Print folder and figures as JSON on standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.errors import ConfigurationError
    from pushgen.generation.training import train_hf, train_seq2seq
    from pushgen.progress import say
    from pushgen.settings import from_toml

    if backend == "seq2seq":
        if base or lora:
            raise ConfigurationError("--base and --lora belong to --backend hf; seq2seq is trained from nothing")
        from pushgen.generation.seq2seq.config import Seq2SeqConfig

        small = from_toml(Seq2SeqConfig(), config) if config else Seq2SeqConfig()
        loop = dataclasses.replace(small.loop, seed=seed, epochs=epochs or small.loop.epochs)
        trained = train_seq2seq(corpus, out, dataclasses.replace(small, loop=loop, seed=seed), holdout=holdout)
    else:
        from pushgen.generation.hf.config import HuggingFaceTraining

        large = from_toml(HuggingFaceTraining(), config) if config else HuggingFaceTraining()
        loop = dataclasses.replace(large.loop, seed=seed, epochs=epochs or large.loop.epochs)
        large = dataclasses.replace(large, loop=loop, seed=seed, base=base or large.base, lora=lora or large.lora)
        trained = train_hf(corpus, out, large, holdout=holdout)
    _draw_curve(out)
    figures = trained.figures
    say(
        f"{'kept' if trained.again else 'trained'} {out}: {figures['rows']} rows, validation loss "
        f"{figures['validation']:.3f}, {figures['distinct']:.1%} distinct texts, "
        f"specificity {figures['specificity']:.2f}"
    )
    if json:
        print_json({"model": str(out), "trained_before": trained.again, **figures})


def _draw_curve(out: Path) -> None:
    """Draws the losses beside the model, so that overfitting is seen."""
    from pushgen.errors import MissingExtraError
    from pushgen.generation.training import history_of
    from pushgen.progress import say
    from pushgen.report.plots import loss_plot

    points = history_of(out)
    try:
        if points:
            (out / "curve.svg").write_text(loss_plot(points), encoding="utf-8")
    except MissingExtraError as error:
        say(f"no curve.svg: {error}")
