"""Who sees which arm: holdout first, then the layer, then the arm, each by a hash of its own.

* Holdout: ids whose bucket under `holdout:NAME` is below the share are in no experiment at all.
* Layer: experiments of one layer own slices of its buckets (`layer:NAME`) that do not overlap, so that nobody is in
  two of them. Experiments of different layers are independent of each other (Tang, Agarwal, O'Brien and Meyer,
  Overlapping experiment infrastructure, KDD 2010).
* Arm: the bucket under `arms:EXPERIMENT` falls into the arms' ranges, laid end to end in the order given; arm i ends
  before floor(1,000,000 * (w_1 + ... + w_i) / (w_1 + ... + w_n)), whole weights w.

Everything follows from names, shares and weights: nothing is stored, and a changed weight or order moves people
between arms. Add an arm by starting a new experiment.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.experiments.buckets import BUCKETS, buckets

Unit = Literal["user", "device"]
COLUMNS: Mapping[str, str] = {"user": "user_id", "device": "device_id"}
"""Column that holds the id of a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How one experiment divides its part of a layer."""

    experiment_id: str
    arms: Mapping[str, int]
    """Whole weight of each arm, above 0, in order."""
    layer: str = "default"
    start: float = 0.0
    """Where its slice of the layer begins, in [0, 1), exact to a millionth."""
    stop: float = 1.0
    """Where its slice ends, above `start`, at most 1."""

    @property
    def slice(self) -> tuple[int, int]:
        """First bucket of the layer, and the one after the last."""
        return round(self.start * BUCKETS), round(self.stop * BUCKETS)

    @property
    def ends(self) -> list[int]:
        """The bucket after the last one of each arm."""
        total = sum(self.arms.values())
        return [BUCKETS * weight // total for weight in accumulate(self.arms.values())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """All experiments that run at the same time on one kind of unit."""

    experiments: Sequence[Allocation]
    unit: Unit = "user"
    """Whose id is hashed. A user with two devices sees one arm under `user` and possibly two under `device`."""
    holdout: str = "holdout"
    """Name of the holdout; a new name draws a new group."""
    holdout_share: float = 0.0
    """Share of units that are in no experiment, in [0, 1)."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.holdout_share < 1.0:
            raise ConfigurationError(f"the holdout's share must lie in [0, 1), found {self.holdout_share!r}")
        if self.unit not in COLUMNS:
            raise ConfigurationError(f"unit must be user or device, found {self.unit!r}")
        if not self.experiments:
            raise ConfigurationError("there is no experiment to assign to")
        names = [experiment.experiment_id for experiment in self.experiments]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigurationError(f"experiment {twice[0]!r} is there twice; ids must differ, they salt the arms")
        for experiment in self.experiments:
            _check(experiment)
        for one, other in pairwise(sorted(self.experiments, key=lambda item: (item.layer, item.slice))):
            if one.layer == other.layer and other.slice[0] < one.slice[1]:
                raise ConfigurationError(
                    f"experiments {one.experiment_id!r} and {other.experiment_id!r} overlap in layer {one.layer!r}: "
                    f"[{one.start:g}, {one.stop:g}) and [{other.start:g}, {other.stop:g}). "
                    "Give them slices apart, or layers of their own."
                )

    def assign(self, ids: pl.Series) -> pl.DataFrame:
        """One row per id and layer, layer after layer: the id, layer, experiment_id, arm, held_out.

        `experiment_id` and `arm` are null where the id is held out or outside every slice. Ids are compared as they
        are: no trimming, no change of case.
        """
        column = COLUMNS[self.unit]
        share = round(self.holdout_share * BUCKETS)
        held = buckets(f"holdout:{self.holdout}", ids) < share if share else np.zeros(len(ids), bool)
        layers = list(dict.fromkeys(experiment.layer for experiment in self.experiments))
        parts = [self._in_layer(layer, ids.alias(column), held) for layer in layers]
        return pl.concat(parts)

    def _in_layer(self, layer: str, ids: pl.Series, held: Any) -> pl.DataFrame:
        members = [experiment for experiment in self.experiments if experiment.layer == layer]
        whole = len(members) == 1 and members[0].slice == (0, BUCKETS)
        place = np.zeros(len(ids), np.int64) if whole else buckets(f"layer:{layer}", ids)
        chosen, arm = np.full(len(ids), -1), np.full(len(ids), -1)
        arms: list[str] = []
        for number, experiment in enumerate(members):
            first, after = experiment.slice
            inside = (place >= first) & (place < after) & ~held
            own = ids.filter(pl.Series(inside))
            found = np.searchsorted(experiment.ends, buckets(f"arms:{experiment.experiment_id}", own), side="right")
            chosen[inside], arm[inside] = number, found + len(arms)
            arms += experiment.arms
        return pl.DataFrame(
            {
                ids.name: ids,
                "layer": pl.repeat(layer, len(ids), dtype=pl.String, eager=True),
                "experiment_id": _names(chosen, [experiment.experiment_id for experiment in members]),
                "arm": _names(arm, arms),
                "held_out": pl.Series(held),
            }
        )


def read_assignment(path: Path) -> Assignment:
    """Reads a TOML file with `unit`, `[holdout]` (name, share) and `[[experiments]]` (id, layer, from, to, arms).

    Raises `ConfigurationError` with the entry at fault.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no file {str(path)!r} with the experiments") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    _known(values, {"unit", "holdout", "experiments"}, str(path))
    holdout = _table(values.get("holdout", {}), f"{path}, [holdout]")
    _known(holdout, {"name", "share"}, f"{path}, [holdout]")
    entries = values.get("experiments", [])
    if not isinstance(entries, list):
        raise ConfigurationError(f"{path}: expected [[experiments]] entries, found {entries!r}")
    experiments: list[Allocation] = []
    for number, entry in enumerate(cast(list[object], entries), 1):
        where = f"{path}, experiment {number}"
        table = _table(entry, where)
        _known(table, {"id", "layer", "from", "to", "arms"}, where)
        if "id" not in table or "arms" not in table:
            raise ConfigurationError(f"{where}: needs an id and arms, such as arms = {{ control = 1, emoji = 1 }}")
        given: dict[str, Any] = {}
        if "layer" in table:
            given["layer"] = str(table["layer"])
        for name, key in (("start", "from"), ("stop", "to")):
            if key in table:
                given[name] = _number(table[key], f"{where}, {key}")
        arms = cast(dict[str, int], _table(table["arms"], f"{where}, arms"))
        experiments.append(Allocation(experiment_id=str(table["id"]), arms=arms, **given))
    fields: dict[str, Any] = {"unit": values["unit"]} if "unit" in values else {}
    if "name" in holdout:
        fields["holdout"] = str(holdout["name"])
    if "share" in holdout:
        fields["holdout_share"] = _number(holdout["share"], f"{path}, [holdout] share")
    return Assignment(experiments=tuple(experiments), **fields)


def _check(experiment: Allocation) -> None:
    name = experiment.experiment_id
    if not experiment.arms:
        raise ConfigurationError(f"experiment {name!r} has no arms")
    for arm, weight in experiment.arms.items():
        if isinstance(weight, bool) or not isinstance(weight, int) or weight <= 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                f"experiment {name!r}, arm {arm!r}: a weight is a whole number above 0, found {weight!r}; "
                "write 95 and 5 for 0.95 and 0.05"
            )
    if not 0.0 <= experiment.start < experiment.stop <= 1.0:
        raise ConfigurationError(
            f"experiment {name!r}: its slice must satisfy 0 <= from < to <= 1, "
            f"found {experiment.start!r} and {experiment.stop!r}"
        )


def _names(index: Any, names: Sequence[str]) -> pl.Series:
    return pl.Series([*names, None], dtype=pl.String).gather(pl.Series(np.where(index < 0, len(names), index)))


def _known(values: Mapping[str, Any], names: set[str], where: str) -> None:
    strange = sorted(set(values) - names)
    if strange:
        raise ConfigurationError(f"{where}: there is no setting {strange[0]!r}; there are {', '.join(sorted(names))}")


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where}: expected a table, found {value!r}")
    return cast(dict[str, Any], value)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{where}: expected a number, found {value!r}")
    return float(value)
