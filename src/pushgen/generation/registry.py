"""From what a person names on the command line to a generator."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pushgen.errors import ConfigurationError
from pushgen.protocols import Generator
from pushgen.settings import from_toml
from pushgen.styles.taxonomy import Taxonomy

C = TypeVar("C")
FORMS = "`template`, a model folder, `hf:NAME` or `openai:URL#MODEL`"


def open_generator(spec: str, *, taxonomy: Taxonomy | None = None, config: Path | None = None) -> Generator:
    """The generator of a spec: `template`, a model folder, `hf:NAME` (a hub name or a folder) or `openai:URL#MODEL`.

    The key of a server is read from the environment (`styles.chat`). `config` is a TOML file with settings of the
    template, of `hf` decoding or of `openai`.

    Raises `ConfigurationError` for anything else, `MissingExtraError` where a package is missing.
    """
    if spec == "template":
        from pushgen.generation.template import TemplateConfig, TemplateGenerator

        return TemplateGenerator(_settings(TemplateConfig(), config), taxonomy)
    kind, _, rest = spec.partition(":")
    if kind == "hf" and rest:
        return _open_causal(rest, taxonomy, config)
    if kind == "openai":
        from pushgen.generation.openai import OpenAIConfig, OpenAIGenerator

        settings = _settings(OpenAIConfig(), config)
        return OpenAIGenerator(settings.chat(rest), settings, taxonomy)
    return _open_folder(Path(spec), spec, taxonomy, config)


def _open_causal(name: str, taxonomy: Taxonomy | None, config: Path | None) -> Generator:
    from pushgen.generation.hf import HuggingFaceConfig, HuggingFaceGenerator

    settings = _settings(HuggingFaceConfig(), config) if config else None
    return HuggingFaceGenerator.load(name, settings, taxonomy)


def _settings(defaults: C, config: Path | None) -> C:
    return from_toml(defaults, config) if config else defaults


def _open_folder(folder: Path, spec: str, taxonomy: Taxonomy | None, config: Path | None) -> Generator:
    if not folder.is_dir():
        raise ConfigurationError(f"there is no generator {spec!r}: give {FORMS}")
    values = _config(folder)
    causal = "model_type" in values or (folder / "adapter_config.json").is_file()
    if config and not causal:
        raise ConfigurationError(f"{spec!r} writes as its config.json says; {config} has no effect on it")
    if values.get("kind") == "patterns":
        from pushgen.generation.patterns.generator import load_patterns

        return load_patterns(folder, taxonomy)
    if values.get("kind") == "seq2seq":
        from pushgen.generation.seq2seq.generator import load_model

        return load_model(folder)
    if causal:
        return _open_causal(str(folder), taxonomy, config)
    raise ConfigurationError(
        f"{spec!r} is no generator's folder: its config.json is neither PushGen's nor Hugging Face's. Give {FORMS}"
    )


def _config(folder: Path) -> dict[str, Any]:
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
