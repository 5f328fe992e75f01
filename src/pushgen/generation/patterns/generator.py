"""Mined frames as a generator, and its folder on disk: config.json, frames.toml, card.md."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pushgen.errors import InputError
from pushgen.generation.frames import Frames, load_frames
from pushgen.generation.patterns.mine import Mined, as_toml
from pushgen.generation.template import TemplateGenerator
from pushgen.manifest import fingerprint, hash_file, write_json
from pushgen.styles.taxonomy import Taxonomy

KIND = "patterns"


def save_patterns(mined: Mined, folder: Path, *, fill: bool, training: Mapping[str, Any], card: str) -> None:
    """Writes the model folder; config.json comes last, so that a folder with one is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "frames.toml").write_text(as_toml(mined), encoding="utf-8")
    (folder / "card.md").write_text(card, encoding="utf-8")
    write_json(folder / "config.json", {"kind": KIND, "fill": fill, "training": dict(training)})


def load_patterns(folder: Path, taxonomy: Taxonomy | None = None) -> TemplateGenerator:
    """The generator of a model folder. Raises `InputError` where a file is missing or torn."""
    try:
        values: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        identity = fingerprint([hash_file(folder / name) for name in ("config.json", "frames.toml")])
        fill = bool(values["fill"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            file=str(folder),
            expected="a folder that `pushgen train generator --backend patterns` wrote",
            found=f"{type(error).__name__}: {error}",
            remedy="Copy the whole folder again, or train again.",
        ) from error
    frames = load_frames(folder / "frames.toml")
    return open_patterns(frames, fill=fill, name=f"{KIND}:{identity[:12]}", taxonomy=taxonomy)


def open_patterns(
    frames: Frames, *, fill: bool, name: str = KIND, taxonomy: Taxonomy | None = None
) -> TemplateGenerator:
    """A generator of these frames, with the packaged ones for styles that have none where `fill` is set."""
    whole = {style: dict(languages) for style, languages in frames.items()}
    if fill:
        for style, languages in load_frames().items():
            for language, packaged in languages.items():
                whole.setdefault(style, {}).setdefault(language, packaged)
    return TemplateGenerator(taxonomy=taxonomy, frames=whole, name=name)
