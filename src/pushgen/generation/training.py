"""From a corpus on disk to a trained model folder; finished work is not done again."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushgen.errors import CollapsedModelError, InputError
from pushgen.generation.collapse import measure, refuse_collapsed
from pushgen.generation.corpus import Rows, read_rows
from pushgen.generation.patterns.config import PatternsConfig
from pushgen.generation.seq2seq.config import Seq2SeqConfig
from pushgen.manifest import Manifest, hash_path, is_finished, write_json, write_manifest
from pushgen.settings import as_dict
from pushgen.splits import HOLDOUT, keep
from pushgen.tables import CORPUS, read_table

if TYPE_CHECKING:
    from pushgen.generation.hf.config import HuggingFaceTraining
    from pushgen.training.loop import Epoch


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model folder."""

    folder: Path
    figures: Mapping[str, Any]
    """Rows, losses, distinct share, specificity."""
    again: bool
    """Whether it was there already."""


def corpus_table(path: Path) -> Path:
    """The folder or file of the corpus table in what `curate` wrote, or the path itself."""
    return path / CORPUS.name if (path / CORPUS.name).is_dir() else path


def train_seq2seq(corpus: Path, out: Path, config: Seq2SeqConfig, *, holdout: float = HOLDOUT) -> TrainedModel:
    """Trains the offline generator on the contents of a corpus that are not held out.

    A finished model of the same corpus and configuration is kept. Raises `CollapsedModelError` where the model writes
    nearly the same for every content (nothing usable is then left in `out`), `InputError` for a corpus too small.
    """
    from pushgen.generation.seq2seq.generator import save_model
    from pushgen.generation.seq2seq.train import train

    work = _Work.of(corpus, {"backend": "seq2seq", **as_dict(config)}, holdout, config.validation, config.seed)
    if is_finished(out, work.manifest.key):
        return TrainedModel(out, figures_of(out), True)
    started = time.monotonic()
    _clear(out)
    trained = train(work.rows, config)
    figures = {
        **_figures(work.rows, trained.history, trained.too_long),
        **{name: value for name, value in as_dict(trained.collapse).items() if name != "failures"},
    }
    text = card("seq2seq", work.manifest, figures, trained.history)
    told = {"figures": figures, **work.told, "history": _points(trained.history)}
    save_model(trained.generator, out, told, text)
    write_manifest(out, work.manifest, seconds=time.monotonic() - started)
    return TrainedModel(out, figures, False)


def train_hf(corpus: Path, out: Path, config: "HuggingFaceTraining", *, holdout: float = HOLDOUT) -> TrainedModel:
    """Fine-tunes a Hugging Face causal model; otherwise as `train_seq2seq`.

    A training that was killed goes on from its last checkpoint. Of several processes (accelerate launch) the first
    one writes, the others wait for it.
    """
    from accelerate import PartialState

    from pushgen.generation.hf.fine_tune import fine_tune

    work = _Work.of(corpus, {"backend": "hf", **as_dict(config)}, holdout, config.validation, config.seed)
    if is_finished(out, work.manifest.key):
        return TrainedModel(out, figures_of(out), True)
    started = time.monotonic()
    _clear(out)
    tuned = fine_tune(work.rows, config, out, work.manifest.key)
    processes = PartialState()
    if processes.is_main_process:
        figures = {
            **_figures(work.rows, tuned.history, tuned.too_long),
            "packed_rows": tuned.packed_rows,
            **_measured_hf(work, config, out),
        }
        text = card(f"hf, from {config.base}", work.manifest, figures, tuned.history)
        (out / "card.md").write_text(text, encoding="utf-8")
        write_json(out / "training.json", {"figures": figures, **work.told, "history": _points(tuned.history)})
        write_manifest(out, work.manifest, seconds=time.monotonic() - started)
    processes.wait_for_everyone()
    return TrainedModel(out, figures_of(out), False)


def _measured_hf(work: "_Work", config: "HuggingFaceTraining", out: Path) -> dict[str, Any]:
    """Whether the model on disk writes about contents it was not trained on; one that does not is removed."""
    from pushgen.generation.hf import HuggingFaceGenerator

    styles = sorted({row.style for row in work.rows.train if row.style}) or ["plain"]
    generator = HuggingFaceGenerator.load(str(out), config.decode)
    report = measure(generator, work.rows.contents(config.collapse.contents), styles, seed=config.seed)
    try:
        refuse_collapsed(report, config.collapse)
    except CollapsedModelError:
        _clear(out)
        raise
    return {name: value for name, value in as_dict(report).items() if name != "failures"}


def train_patterns(corpus: Path, out: Path, config: PatternsConfig, *, holdout: float = HOLDOUT) -> TrainedModel:
    """Mines frames from the contents of a corpus that are not held out; otherwise as `train_seq2seq`.

    Raises `InputError` where the pushes share no phrases.
    """
    from pushgen.generation.patterns.generator import load_patterns, save_patterns
    from pushgen.generation.patterns.mine import mine

    work = _Work.of(corpus, {"backend": "patterns", **as_dict(config)}, holdout, config.validation, 0)
    if is_finished(out, work.manifest.key):
        return TrainedModel(out, figures_of(out), True)
    started = time.monotonic()
    _clear(out)
    mined = mine(work.rows.train, config)
    figures: dict[str, Any] = {
        "rows": len(work.rows.train),
        "validation_rows": len(work.rows.validation),
        "frames": sum(len(frames) for frames in mined.values()),
        "styles": len({style for style, _ in mined}),
    }
    styles = sorted({style for style, _ in mined})
    for last in (False, True):  # the generator is measured as it is loaded, and its card tells what was found
        text = card("patterns", work.manifest, figures, ())
        save_patterns(mined, out, fill=config.fill, training={"figures": figures, **work.told}, card=text)
        if not last:
            report = measure(load_patterns(out), work.rows.contents(config.collapse.contents), styles)
            figures |= {name: value for name, value in as_dict(report).items() if name != "failures"}
    write_manifest(out, work.manifest, seconds=time.monotonic() - started)
    return TrainedModel(out, figures, False)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be trained, and on what."""

    rows: Rows
    manifest: Manifest

    @classmethod
    def of(cls, corpus: Path, configuration: dict[str, Any], holdout: float, validation: float, seed: int) -> "_Work":
        table = corpus_table(corpus)
        frame = read_table(table, CORPUS)
        inside = keep(frame, "train", holdout)
        rows = read_rows(inside, validation)
        manifest = Manifest(
            stage="train generator",
            configuration={"holdout": holdout, **configuration},
            inputs={"corpus": hash_path(table)},
            rows_in=frame.height,
            rows_out=len(rows.train) + len(rows.validation),
            dropped={**rows.dropped, "held out": frame.height - inside.height},
            seed=seed,
        )
        return cls(rows, manifest)

    @property
    def told(self) -> dict[str, Any]:
        """What the model folder tells of its training."""
        return {"corpus": self.manifest.inputs["corpus"], "configuration": dict(self.manifest.configuration)}


def _clear(out: Path) -> None:
    """Takes from a folder what would make an unfinished model look finished."""
    for name in ("manifest.json", "config.json", "model.safetensors", "training.json", "adapter_config.json"):
        (out / name).unlink(missing_ok=True)


def _figures(rows: Rows, history: "Sequence[Epoch]", too_long: int) -> dict[str, Any]:
    best = min(history, key=lambda epoch: epoch.validation)
    return {
        "rows": len(rows.train) - too_long,
        "too_long": too_long,
        "validation_rows": len(rows.validation),
        "epochs": history[-1].epoch,
        "loss": round(best.loss, 4),
        "validation": round(best.validation, 4),
        "overfit": round(history[-1].validation - best.validation, 4),
    }


def _points(history: "Sequence[Epoch]") -> list[dict[str, Any]]:
    """The train and validation curve for the model folder; the clock stays out, so that the folder is reproducible."""
    return [
        {"epoch": e.epoch, "steps": e.steps, "loss": round(e.loss, 6), "validation": round(e.validation, 6)}
        for e in history
    ]


def figures_of(folder: Path) -> Mapping[str, Any]:
    """The figures in a finished model folder."""
    return _told(folder)["figures"]


def history_of(folder: Path) -> Sequence[Mapping[str, Any]]:
    """The train and validation curve in a finished model folder: `epoch`, `steps`, `loss`, `validation`."""
    return _told(folder).get("history", [])


def _told(folder: Path) -> Mapping[str, Any]:
    for name in ("training.json", "config.json"):
        file = folder / name
        if file.is_file():
            values = json.loads(file.read_text(encoding="utf-8"))
            return values.get("training", values)
    raise InputError(file=str(folder), expected="a trained model", found="no config.json", remedy="Train it again.")


def card(kind: str, manifest: Manifest, figures: Mapping[str, Any], history: "Sequence[Epoch]") -> str:
    """The model card."""
    shown = {name: f"{value:.4f}" if isinstance(value, float) else str(value) for name, value in figures.items()}
    lines = [
        f"# Push generator ({kind})",
        "",
        "Writes push notifications in a given style from a caption. Trained by PushGen with the confidence of each",
        "sample as the weight of its loss. Its texts must pass the guardrails before anyone sees them: a trained",
        "generator can state what its source does not.",
        "",
        f"Corpus SHA-256: `{manifest.inputs['corpus']}`",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in shown.items()),
        "",
        "`distinct` and `specificity` are measured on contents that were not trained on.",
        "",
    ]
    if history:
        lines += [
            "`loss` and `validation` are those of the best point, whose weights these are; `overfit` is how far the",
            "validation loss rose after it.",
            "",
            "| epoch | steps | training loss | validation loss |",
            "|---|---|---|---|",
            *(f"| {e.epoch:g} | {e.steps} | {e.loss:.4f} | {e.validation:.4f} |" for e in history),
            "",
        ]
    return "\n".join(lines)
