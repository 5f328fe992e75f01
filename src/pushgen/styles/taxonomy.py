"""The taxonomy of styles, read from one TOML file that users can replace by their own.

The paper's category list is unknown but for suspense, emotion and practical; the thirteen styles here are a superset.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from pushgen.errors import ConfigurationError

PRIMARY_LANGUAGE = "en"
"""The language that is shown where the asked one is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One way of writing a push. The mappings go from language (`en`, `zh`) to text."""

    id: str
    """Lower-case word that tables and flags use."""
    name: Mapping[str, str]
    definition: Mapping[str, str]
    cues: Mapping[str, tuple[str, ...]]
    """Wordings that often give the style away."""
    examples: Mapping[str, tuple[str, ...]]

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages in which the style is defined."""
        return tuple(self.definition)

    def language_for(self, language: str | None) -> str:
        """The language to show for a BCP 47 tag: itself, else its main language, else English, else the first."""
        for tag in (language or "", (language or "").split("-")[0].lower(), PRIMARY_LANGUAGE):
            if tag in self.definition:
                return tag
        return self.languages[0]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Styles in order."""

    styles: tuple[Style, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(style.id for style in self.styles)

    def __iter__(self) -> Iterator[Style]:
        return iter(self.styles)

    def __len__(self) -> int:
        return len(self.styles)

    def __contains__(self, style_id: object) -> bool:
        return style_id in self.ids

    def __getitem__(self, style_id: str) -> Style:
        """The style of an id.

        Raises `ConfigurationError` for an unknown one, naming those there are.
        """
        for style in self.styles:
            if style.id == style_id:
                return style
        raise ConfigurationError(f"there is no style {style_id!r}; there are {', '.join(self.ids)}")

    def index(self, style_id: str) -> int:
        """Place of a style in the order, from 0."""
        return self.styles.index(self[style_id])

    def select(self, names: str) -> tuple[str, ...]:
        """Style ids from a flag: `all`, or ids with commas between them, in the order given, each once."""
        if names.strip() == "all":
            return self.ids
        chosen = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
        if not chosen:
            raise ConfigurationError(f"no style is named; give `all` or some of {', '.join(self.ids)}")
        return tuple(self[name].id for name in chosen)


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The packaged taxonomy, or a user's own file of the same form.

    Raises `ConfigurationError` that names the style and field at fault.
    """
    if path is None:
        return _packaged()
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ConfigurationError(f"there is no taxonomy file {str(path)!r}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: expected UTF-8 text: {error}") from error


@cache
def _packaged() -> Taxonomy:
    resource = files("pushgen.styles") / "taxonomy.toml"
    return _parse(resource.read_text(encoding="utf-8"), "taxonomy.toml")


def _parse(text: str, source: str) -> Taxonomy:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source}: not valid TOML: {error}") from error
    entries = values.get("style")
    if not isinstance(entries, list) or not entries:
        raise ConfigurationError(f"{source}: expected one [[style]] table per style, found {sorted(values)}")
    styles = tuple(
        _style(entry, f"{source}, style {number}") for number, entry in enumerate(cast(list[object], entries), 1)
    )
    ids = [style.id for style in styles]
    for style_id in ids:
        if ids.count(style_id) > 1:
            raise ConfigurationError(f"{source}: the style {style_id!r} is there {ids.count(style_id)} times")
    return Taxonomy(styles)


def _style(entry: object, where: str) -> Style:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{where}: expected a table, found {entry!r}")
    fields = cast(dict[str, Any], entry)
    style_id = fields.get("id")
    if not isinstance(style_id, str) or not style_id.isidentifier() or style_id != style_id.lower():
        raise ConfigurationError(f"{where}: expected `id`, a lower-case word, found {style_id!r}")
    unknown = sorted(set(fields) - {"id", "name", "definition", "cues", "examples"})
    if unknown:
        raise ConfigurationError(f"{where}: there is no field {unknown[0]!r}")
    where = f"{where} ({style_id})"
    return Style(
        id=style_id,
        name=_texts(fields.get("name"), f"{where}, name"),
        definition=_texts(fields.get("definition"), f"{where}, definition"),
        cues=_lists(fields.get("cues", {}), f"{where}, cues"),
        examples=_lists(fields.get("examples", {}), f"{where}, examples"),
    )


def _texts(value: object, where: str) -> dict[str, str]:
    table = cast(dict[str, object], value) if isinstance(value, dict) else {}
    if not table or not all(isinstance(text, str) and text.strip() for text in table.values()):
        raise ConfigurationError(f"{where}: expected a text per language, such as en = '...', found {value!r}")
    return cast(dict[str, str], table)


def _lists(value: object, where: str) -> dict[str, tuple[str, ...]]:
    table = cast(dict[str, object], value) if isinstance(value, dict) else None
    if table is None:
        raise ConfigurationError(f"{where}: expected a list of texts per language, found {value!r}")
    lists: dict[str, tuple[str, ...]] = {}
    for language, items in table.items():
        texts = cast(list[object], items) if isinstance(items, list) else []
        if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ConfigurationError(f"{where}, {language}: expected a list of texts, found {items!r}")
        lists[language] = tuple(cast(list[str], texts))
    return lists
