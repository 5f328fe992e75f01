"""From a file of settings to settings and channels. Secrets come from the environment, not from the file."""

import dataclasses
import importlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pushgen.delivery.settings import DeliveryConfig
from pushgen.errors import ConfigurationError
from pushgen.protocols import Channel
from pushgen.settings import override

CHANNELS: Mapping[str, tuple[str, str, str]] = {
    "webhook": ("pushgen.delivery.channels.webhook", "Webhook", "WebhookConfig"),
    "fcm": ("pushgen.delivery.channels.fcm", "Fcm", "FcmConfig"),
    "apns": ("pushgen.delivery.channels.apns", "Apns", "ApnsConfig"),
    "webpush": ("pushgen.delivery.channels.webpush", "WebPush", "WebPushConfig"),
    "apprise": ("pushgen.delivery.channels.apprise", "Apprise", "AppriseConfig"),
}
"""Module, class and configuration of each channel; loaded when a channel is used."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a file of settings says."""

    config: DeliveryConfig
    channels: Mapping[str, Mapping[str, Any]]
    """Settings of each channel, not opened yet."""

    def open(self) -> dict[str, Channel]:
        """The channels, ready to send. Raises `ConfigurationError` with the channel at fault."""
        return {name: _open(name, values) for name, values in self.channels.items()}


def read_setup(path: Path | None) -> Setup:
    """Reads a TOML file: settings of `DeliveryConfig`, and a table [channels.NAME] for each channel.

    Every channel takes `rate`, messages per second. A value `env:NAME` stands for the environment variable NAME.
    Without a file there are the default settings and no channel.
    """
    if path is None:
        return Setup(config=DeliveryConfig(), channels={})
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no configuration file {str(path)!r}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    found = values.pop("channels", {})
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path}: expected tables [channels.NAME], found {found!r}")
    rates: dict[str, float] = {}
    channels: dict[str, dict[str, Any]] = {}
    for name, table in cast(dict[str, Any], found).items():
        if name != "sink" and name not in CHANNELS:
            known = ", ".join(["sink", *CHANNELS])
            raise ConfigurationError(f"{path}: there is no channel {name!r}; there are {known}")
        settings = {key: _from_environment(value, f"{path}, channels.{name}.{key}") for key, value in table.items()}
        if "rate" in settings:
            rates[name] = float(settings.pop("rate"))
        channels[name] = settings
    config = override(DeliveryConfig(), values, source=str(path))
    return Setup(config=dataclasses.replace(config, rates=rates), channels=channels)


def _open(name: str, values: Mapping[str, Any]) -> Channel:
    if name == "sink":
        from pushgen.delivery.channels.sink import Sink

        return Sink(Path(values["path"]) if "path" in values else None, keep=False)
    module_name, channel, configuration = CHANNELS[name]
    module = importlib.import_module(module_name)
    kind = getattr(module, configuration)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    strange = sorted(set(values) - set(fields))
    if strange:
        known = ", ".join([*fields, "rate"])
        raise ConfigurationError(f"channels.{name}: there is no setting {strange[0]!r}; there are {known}")
    required = [key for key, field in fields.items() if field.default is dataclasses.MISSING]
    missing = [key for key in required if key not in values]
    if missing:
        raise ConfigurationError(f"channels.{name}: needs the setting {missing[0]!r}")
    given = {key: tuple(cast(list[Any], value)) if isinstance(value, list) else value for key, value in values.items()}
    return getattr(module, channel)(kind(**given))


def _from_environment(value: Any, where: str) -> Any:
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise ConfigurationError(f"{where}: the environment variable {name} is not set")
    return os.environ[name]
