"""`pushgen train generator`: weighted fine-tuning on a corpus."""

import dataclasses
from pathlib import Path
from typing import Literal

from pushgen.splits import HOLDOUT


def generator(
    corpus: Path,
    *,
    out: Path,
    backend: Literal["seq2seq", "hf", "patterns"] | None = None,
    recipe: Literal["instruct-8b", "instruct-8b-4bit", "laptop", "seq2seq", "patterns"] | None = None,
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
        `seq2seq`, the default, trains a small model from nothing on the corpus alone; `hf` fine-tunes a Hugging Face
        causal model; `patterns` mines frames from the pushes
        and trains no model.
    recipe
        A complete configuration to start from, in place of the backend's defaults: an 8B-class model on a GPU of 80 GB
        or, in 4 bits, of 24 GB, a 0.6B-class model on a laptop, or the offline generators.
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
    from pushgen.generation.hf.config import HuggingFaceTraining
    from pushgen.generation.patterns.config import PatternsConfig
    from pushgen.generation.seq2seq.config import Seq2SeqConfig
    from pushgen.generation.training import train_hf, train_patterns, train_seq2seq
    from pushgen.progress import say
    from pushgen.recipes.generators import RECIPES
    from pushgen.settings import from_toml

    kinds = {"seq2seq": Seq2SeqConfig, "hf": HuggingFaceTraining, "patterns": PatternsConfig}
    chosen = RECIPES[recipe]() if recipe else kinds[backend or "seq2seq"]()
    if backend and type(chosen) is not kinds[backend]:
        raise ConfigurationError(f"--recipe {recipe} is not of --backend {backend}; give one of them")
    chosen = from_toml(chosen, config) if config else chosen
    if not isinstance(chosen, HuggingFaceTraining) and (base or lora):
        raise ConfigurationError("--base and --lora belong to --backend hf; the others start from nothing")
    if isinstance(chosen, PatternsConfig):
        if epochs:
            raise ConfigurationError("--epochs: patterns are mined in one pass")
        trained = train_patterns(corpus, out, chosen, holdout=holdout)
    else:
        loop = dataclasses.replace(chosen.loop, seed=seed, epochs=epochs or chosen.loop.epochs)
        if isinstance(chosen, Seq2SeqConfig):
            trained = train_seq2seq(corpus, out, dataclasses.replace(chosen, loop=loop, seed=seed), holdout=holdout)
        else:
            tuned = dataclasses.replace(
                chosen, loop=loop, seed=seed, base=base or chosen.base, lora=lora or chosen.lora
            )
            trained = train_hf(corpus, out, tuned, holdout=holdout)
    _draw_curve(out)
    figures = trained.figures
    found = f"validation loss {figures['validation']:.3f}" if "validation" in figures else f"{figures['frames']} frames"
    say(
        f"{'kept' if trained.again else 'trained'} {out}: {figures['rows']} rows, {found}, "
        f"{figures['distinct']:.1%} distinct texts, specificity {figures['specificity']:.2f}"
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
