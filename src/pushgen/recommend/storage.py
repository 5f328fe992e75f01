"""A trained retriever as a folder: `config.json`, `model.safetensors`, `items.json`, `card.md`. Never pickle.

`config.json`, which makes the folder a model, is written last.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from pushgen.errors import InputError, PushgenError
from pushgen.manifest import library_versions, write_json
from pushgen.recommend.data.catalogue import Catalogue
from pushgen.recommend.data.filter import FilterConfig
from pushgen.recommend.data.split import LEAKS, SplitConfig
from pushgen.recommend.registry import StoredRetriever, build
from pushgen.settings import as_dict, override

FORMAT = "pushgen-recommender-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a model was trained on; evaluation makes the same split again from it."""

    log: str
    """SHA-256 of the log."""
    filter: FilterConfig = field(default_factory=FilterConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    licence: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What training counted, and measures on validation."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainedRetriever:
    """A model with the items that it numbers."""

    model: StoredRetriever
    catalogue: Catalogue
    origin: Origin


def save_retriever(trained: TrainedRetriever, folder: Path) -> None:
    """Writes the folder; an older model in it is replaced."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)
    tensors = {name: np.ascontiguousarray(array) for name, array in trained.model.tensors().items()}
    save_file(tensors, folder / "model.safetensors")
    write_json(folder / "items.json", trained.catalogue.item_ids.to_list())
    (folder / "card.md").write_text(card(trained), encoding="utf-8")
    config = {
        "format": FORMAT,
        "kind": trained.model.kind,
        "config": as_dict(trained.model.config),
        "items": len(trained.catalogue),
        "catalogue": trained.catalogue.fingerprint,
        "origin": asdict(trained.origin),
        "libraries": dict(library_versions()),
    }
    write_json(folder / "config.json", config)


def load_retriever(folder: Path) -> TrainedRetriever:
    """The model of a folder. Raises `InputError` where it is none, or not whole."""
    from safetensors.numpy import load_file

    try:
        values: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if not isinstance(values, dict) or cast(dict[str, Any], values).get("format") != FORMAT:
            raise ValueError(f"no {FORMAT} in config.json")
        model = build(values["kind"], values["config"])
        model.restore(load_file(folder / "model.safetensors"))
        catalogue = Catalogue.of(json.loads((folder / "items.json").read_text(encoding="utf-8")))
        told = dict(values["origin"])
        told["filter"] = override(FilterConfig(), told["filter"], source="config.json, filter")
        told["split"] = override(SplitConfig(), told["split"], source="config.json, split")
        if model.items != len(catalogue) or catalogue.fingerprint != values["catalogue"]:
            raise ValueError(f"items.json does not belong to the weights: {len(catalogue)} items for {model.items}")
        return TrainedRetriever(model, catalogue, Origin(**told))
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, PushgenError) as error:
        raise InputError(
            file=str(folder),
            expected="the folder of a recommender with config.json, model.safetensors and items.json",
            found=str(error).strip().splitlines()[0] if str(error).strip() else repr(error),
            remedy="Give the folder that `pushgen recommend train` wrote, or train it again.",
        ) from error


def card(trained: TrainedRetriever) -> str:
    """Markdown from the model's own facts; the same model gives the same text."""
    origin, size = trained.origin, sum(array.size for array in trained.model.tensors().values())
    rows = [f"| {name.replace('_', ' ')} | {_told(value)} |" for name, value in sorted(origin.figures.items())]
    lines = [
        "# PushGen recommender",
        "",
        "Says which items of a catalogue suit a user, from the user's history alone.",
        "",
        f"- kind: `{trained.model.kind}`, {size:,} numbers learned, {len(trained.catalogue):,} items",
        f"- log: SHA-256 `{origin.log}`",
        f"- split: `{origin.split.kind}`. What it leaks: {LEAKS[origin.split.kind]}",
        f"- terms of the data: {origin.licence or 'not stated; `pushgen recommend import --licence` records them'}",
        "",
        "## Figures",
        "",
        *(["| figure | value |", "|---|---|", *rows] if rows else ["None yet."]),
        "",
        "## Limits",
        "",
        "It knows the items of its log by their ids alone; an item that came later is never recommended. It was told "
        "what users did, not what they were shown, so what was shown often looks liked.",
        "",
    ]
    return "\n".join(lines)


def _told(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list | tuple) and len(cast(list[Any], value)) == 3:
        mean, low, high = cast(list[float], value)
        return f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    return str(value)
