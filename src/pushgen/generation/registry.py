"""From what a person names on the command line to a generator."""

import json
from pathlib import Path
from typing import Any

from pushgen.errors import ConfigurationError
from pushgen.protocols import Generator
from pushgen.styles.taxonomy import Taxonomy

FORMS = "`template`, a model folder, `hf:NAME` or `openai:URL#MODEL`"


def open_generator(spec: str, *, taxonomy: Taxonomy | None = None) -> Generator:
    """The generator of a spec: `template`, a model folder, `hf:NAME` (a hub name or a folder) or `openai:URL#MODEL`.

    The key of a server is read from the environment (`styles.chat`).

    Raises `ConfigurationError` for anything else, `MissingExtraError` where a package is missing.
    """
    if spec == "template":
        from pushgen.generation.template import TemplateGenerator

        return TemplateGenerator(taxonomy=taxonomy)
    kind, _, rest = spec.partition(":")
    if kind == "hf" and rest:
        from pushgen.generation.hf import HuggingFaceGenerator

        return HuggingFaceGenerator.load(rest, taxonomy=taxonomy)
    if kind == "openai":
        from pushgen.generation.openai import OpenAIGenerator
        from pushgen.styles.chat import ChatConf

        return OpenAIGenerator(ChatConf.from_spec(rest), taxonomy=taxonomy)
    return _open_folder(Path(spec), spec, taxonomy)


def _open_folder(folder: Path, spec: str, taxonomy: Taxonomy | None) -> Generator:
    if not folder.is_dir():
        raise ConfigurationError(f"there is no generator {spec!r}: give {FORMS}")
    values = _config(folder)
    if values.get("kind") == "seq2seq":
        from pushgen.generation.seq2seq.generator import load_model

        return load_model(folder)
    if "model_type" in values or (folder / "adapter_config.json").is_file():
        from pushgen.generation.hf import HuggingFaceGenerator

        return HuggingFaceGenerator.load(str(folder), taxonomy=taxonomy)
    raise ConfigurationError(
        f"{spec!r} is no generator's folder: its config.json is neither PushGen's nor Hugging Face's. Give {FORMS}"
    )


def _config(folder: Path) -> dict[str, Any]:
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
