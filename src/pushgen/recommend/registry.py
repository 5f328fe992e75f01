"""The kinds of retriever by name, each loaded when it is asked for."""

import importlib
from typing import Any, Protocol, cast

from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.recommend.protocols import Retriever
from pushgen.settings import override

_RETRIEVE, _RANK = "pushgen.recommend.retrieve", "pushgen.recommend.rank"
KINDS = {
    "popularity": (f"{_RETRIEVE}.popularity", "Popularity", "PopularityConfig"),
    "item-knn": (f"{_RETRIEVE}.item_knn", "ItemKnn", "ItemKnnConfig"),
    "ease": (f"{_RETRIEVE}.ease", "Ease", "EaseConfig"),
    "als": (f"{_RETRIEVE}.als", "Als", "AlsConfig"),
    "sasrec": (f"{_RETRIEVE}.sasrec", "SasRec", "SasRecConfig"),
    "lightgbm": (f"{_RANK}.lightgbm", "LightGbm", "LightGbmConfig"),
}


class StoredRetriever(Retriever, Protocol):
    """A retriever that can be written to a folder."""

    kind: str
    config: Any
    """Its configuration dataclass."""

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All that was learned, as arrays."""
        ...

    def restore(self, tensors: dict[str, NDArray[Any]]) -> None:
        """Takes over what `tensors` gave; the model then scores as the one that gave it."""
        ...


def default_config(kind: str) -> Any:
    """The configuration of a kind with its defaults. Raises `ConfigurationError` for an unknown kind."""
    module, _, name = _entry(kind)
    return getattr(importlib.import_module(module), name)()


def build(kind: str, config: Any = None) -> StoredRetriever:
    """An untrained model; `config` is its dataclass, or a mapping of what differs from the defaults."""
    module, name, _ = _entry(kind)
    if config is None or isinstance(config, dict):
        config = override(default_config(kind), cast(dict[str, Any], config or {}), source=kind)
    return getattr(importlib.import_module(module), name)(config)


def _entry(kind: str) -> tuple[str, str, str]:
    if kind not in KINDS:
        raise ConfigurationError(f"there is no recommender {kind!r}; there are {', '.join(KINDS)}")
    return KINDS[kind]
