"""How the columns of a foreign file become the columns of a table."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pushgen.errors import ConfigurationError
from pushgen.tables import Table

Constant = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Where each column of a table comes from.

    A table column that is named neither in `columns` nor in `constants` is taken from the source column of the
    same name, if there is one. The TOML form has the tables `[columns]`, `[constants]` and `[format]`.
    """

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Table column = source column."""
    optional: Mapping[str, str] = field(default_factory=dict[str, str])
    """The same for columns that a file may lack. A mapping file has none; they serve the adapters of known logs."""
    constants: Mapping[str, Constant] = field(default_factory=dict[str, Constant])
    """Table column = value for every row, such as `impressions = 1` for a log with one row per view."""
    null_values: tuple[str, ...] = ()
    """Words that stand for a missing number or date, beside the empty field. Texts are never compared with them."""
    dates: tuple[str, ...] = ()
    """Date formats (strftime letters) tried after ISO 8601, in this order. Dates without zone are UTC."""
    delimiter: str | None = None
    """Field separator of CSV files; by default a comma, and a tab for `.tsv`."""

    def check(self, table: Table) -> None:
        """Raises `ConfigurationError` for a column that the table does not have."""
        for name in (*self.columns, *self.optional, *self.constants):
            if name not in table.names:
                raise ConfigurationError(
                    f"column mapping: {table.name} has no column {name!r}; it has {', '.join(table.names)}"
                )
        both = sorted(set(self.columns) & set(self.constants))
        if both:
            raise ConfigurationError(f"column mapping: {both[0]!r} is given both as a column and as a constant")

    def source(self, name: str) -> str | None:
        """Source column of a table column, or None where it is a constant."""
        if name in self.constants:
            return None
        return self.columns.get(name) or self.optional.get(name, name)

    @classmethod
    def from_toml(cls, path: Path) -> "ColumnMapping":
        """Reads a mapping file. Raises `ConfigurationError` with the line at fault where it can be told."""
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ConfigurationError(f"there is no mapping file {str(path)!r}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
        unknown = sorted(set(values) - {"columns", "constants", "format"})
        if unknown:
            raise ConfigurationError(
                f"{path}: unknown table [{unknown[0]}]; there are [columns], [constants], [format]"
            )
        columns = _strings(values.get("columns", {}), f"{path}, [columns]")
        constants = _section(values.get("constants", {}), f"{path}, [constants]")
        for name, value in constants.items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise ConfigurationError(f"{path}, [constants] {name}: expected a text or a number, found {value!r}")
        settings = _section(values.get("format", {}), f"{path}, [format]")
        strange = sorted(set(settings) - {"null_values", "dates", "delimiter"})
        if strange:
            raise ConfigurationError(
                f"{path}, [format]: unknown key {strange[0]!r}; there are null_values, dates, delimiter"
            )
        return cls(
            columns=columns,
            constants=cast(dict[str, Constant], constants),
            null_values=_list(settings.get("null_values", []), f"{path}, null_values"),
            dates=_list(settings.get("dates", []), f"{path}, dates"),
            delimiter=_delimiter(settings.get("delimiter"), f"{path}, delimiter"),
        )


def _section(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where}: expected a table, found {value!r}")
    return cast(dict[str, Any], value)


def _strings(value: object, where: str) -> dict[str, str]:
    section = _section(value, where)
    for name, source in section.items():
        if not isinstance(source, str):
            raise ConfigurationError(f"{where} {name}: expected the name of a source column, found {source!r}")
    return section


def _list(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in cast(list[object], value)):
        raise ConfigurationError(f"{where}: expected a list of texts, found {value!r}")
    return tuple(cast(list[str], value))


def _delimiter(value: object, where: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value.encode()) != 1:
        raise ConfigurationError(f"{where}: expected one ASCII character, found {value!r}")
    return value
