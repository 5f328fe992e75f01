"""The guardrails file: settings for all pushes, and other ones per channel and per language.

clickbait = "block"
domains = ["example.com"]

[brand]
banned = ["cheap"]

[channels.ios]
body_limit = 120

[languages.zh]
names = "warn"
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pushgen.errors import ConfigurationError
from pushgen.guardrails.length import LIMITS, Channel
from pushgen.guardrails.rules import GuardrailConfig
from pushgen.settings import override


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Settings for every language that is not named, and for those that are."""

    config: GuardrailConfig = field(default_factory=GuardrailConfig)
    languages: Mapping[str, GuardrailConfig] = field(default_factory=dict[str, GuardrailConfig])

    def map(self, change: Callable[[GuardrailConfig], GuardrailConfig]) -> "Policy":
        """The policy with a change made in all of its settings."""
        languages = {code: change(config) for code, config in self.languages.items()}
        return Policy(config=change(self.config), languages=languages)


def read_policy(path: Path, channel: Channel | None = None) -> Policy:
    """The policy of a TOML file for one channel, the file's own `channel` where none is given.

    The settings of a language win over those of the channel, and those over the rest. Raises `ConfigurationError`.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no guardrails file {str(path)!r}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    channels, languages = _tables(values, "channels", path), _tables(values, "languages", path)
    unknown = sorted(channels.keys() - LIMITS.keys())
    if unknown:
        raise ConfigurationError(f"{path}: there is no channel {unknown[0]!r}; there are {', '.join(LIMITS)}")
    base = override(GuardrailConfig(), _with_paths(values, path), source=str(path))
    chosen = channel or base.channel
    base = override(
        base, {**_with_paths(channels.get(chosen, {}), path), "channel": chosen}, source=f"{path}, {chosen}"
    )
    return Policy(
        config=base,
        languages={
            code: override(base, _with_paths(own, path), source=f"{path}, {code}") for code, own in languages.items()
        },
    )


def _tables(values: dict[str, Any], name: str, path: Path) -> dict[str, dict[str, Any]]:
    tables = values.pop(name, {})
    if not isinstance(tables, dict) or not all(
        isinstance(table, dict) for table in cast(dict[str, Any], tables).values()
    ):
        raise ConfigurationError(f"{path}: expected tables [{name}.NAME], found {tables!r}")
    return cast(dict[str, dict[str, Any]], tables)


def _with_paths(values: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """The word list's path is relative to the file that names it."""
    words = values.get("words")
    return {**values, "words": file.parent / words} if isinstance(words, str) else dict(values)
