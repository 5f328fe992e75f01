"""Typed configuration: frozen dataclasses, each default stated once, overridden by TOML and flags only."""

import dataclasses
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pushgen.errors import ConfigurationError

C = TypeVar("C")


def as_dict(config: object) -> dict[str, Any]:
    """The resolved configuration as plain values, for the manifest."""
    if not dataclasses.is_dataclass(config) or isinstance(config, type):
        raise ConfigurationError(f"expected a configuration dataclass, found {config!r}")
    return dataclasses.asdict(config)


def override(config: C, values: Mapping[str, Any], *, source: str = "configuration") -> C:
    """The configuration with some values replaced, nested dataclasses by nested mappings.

    Raises `ConfigurationError` for a name that does not exist or a value of another type.
    """
    fields = {field.name: field for field in dataclasses.fields(config)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(type(config))
    changed: dict[str, Any] = {}
    for name, value in values.items():
        if name not in fields:
            raise ConfigurationError(f"{source}: there is no setting {name!r}; there are {', '.join(sorted(fields))}")
        current = getattr(config, name)
        if dataclasses.is_dataclass(current) and isinstance(value, Mapping):
            nested = typing.cast(Mapping[str, Any], value)
            changed[name] = override(current, nested, source=f"{source}, {name}")
        else:
            changed[name] = _fit(value, hints[name], f"{source}: {name}")
    return dataclasses.replace(config, **changed)  # type: ignore[type-var]


def _fit(value: Any, hint: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple and isinstance(value, list):
        return tuple(typing.cast(list[Any], value))
    allowed = list(typing.get_args(hint)) if origin is not None else [hint]
    if value == "none" and type(None) in allowed and str not in allowed:
        return None  # TOML has no null
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if origin is typing.Literal and value not in allowed:
        raise ConfigurationError(f"{where}: expected one of {allowed}, found {value!r}")
    plain = [kind for kind in allowed if isinstance(kind, type)]
    stray_bool = isinstance(value, bool) and bool not in plain
    if plain and origin is not tuple and (stray_bool or not isinstance(value, tuple(plain))):
        raise ConfigurationError(f"{where}: expected {' or '.join(kind.__name__ for kind in plain)}, found {value!r}")
    return value


def from_toml(config: C, path: Path) -> C:
    """The configuration with the values of a TOML file."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no configuration file {str(path)!r}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    return override(config, values, source=str(path))
