"""What was seen in an experiment: counts per arm, per arm and day, or per user; and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.events import EVENTS, count_events
from pushgen.intake import ColumnMapping, load
from pushgen.intake.header import column_types
from pushgen.intake.sources import tabular_files
from pushgen.intake.validate import Rule
from pushgen.tables import INSTANT, Column, Table

GUARDED = ("dislikes", "opt_outs", "uninstalls")
OBSERVATIONS = Table(
    "observations",
    (
        Column("arm", pl.String, required=True),
        Column("experiment_id", pl.String),
        Column("user_id", pl.String),
        Column("date", INSTANT),
        Column("impressions", pl.Int64, required=True, minimum=0),
        Column("clicks", pl.Int64, required=True, minimum=0),
        *(Column(name, pl.Int64, minimum=0) for name in GUARDED),
        Column("before", pl.Float64),
        Column("value", pl.Float64),
    ),
    (),
)
"""Rows add up: one per arm, per arm and day, per user, or per user and day. `before` is any quantity of a user from
before the experiment, for CUPED; `value` any quantity of a user to be compared as a mean."""
IMPOSSIBLE = (
    Rule("clicks", "clicks above impressions", pl.col("clicks") > pl.col("impressions")),
    *(Rule(name, f"{name} above impressions", pl.col(name) > pl.col("impressions")) for name in ("dislikes",)),
)
BROKEN_SHARE = 0.01
"""Share of rows or users at fault from which on nothing that is left can be trusted."""
State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at before any result."""

    name: str
    state: State
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """The counts of one experiment."""

    experiment_id: str
    frame: pl.DataFrame
    """arm, day (a date, null where unknown), impressions, clicks, the guarded counts (null where the source has none),
    before, value, the segments; and user_id where rows are users."""
    per_user: bool
    segments: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def arms(self) -> list[str]:
        """Arms in the order of their first row."""
        return self.frame["arm"].unique(maintain_order=True).to_list()

    @property
    def days(self) -> int:
        """Days with traffic; 0 where dates are unknown."""
        return self.frame["day"].drop_nulls().n_unique()


def observe(
    frame: pl.DataFrame, experiment_id: str, *, segments: Sequence[str] = (), checks: Sequence[Check] = ()
) -> Observations:
    """Observations from a frame with the columns of `OBSERVATIONS` and the segments.

    Users seen in several arms are left out of all of them and counted in a check. Raises `InputError` for a frame
    with fewer than two arms.
    """
    per_user = frame["user_id"].null_count() == 0 and frame.height > 0
    if not per_user and frame["user_id"].null_count() < frame.height:
        row = int(frame["user_id"].is_null().arg_max() or 0) + 1
        raise InputError(
            field="user_id",
            row=row,
            expected="a user in every row, or in none",
            found="some rows without",
            remedy="Leave such rows out, or give counts per arm without users.",
        )
    found = list(checks)
    kept = frame.with_columns(pl.col("date").dt.date().alias("day")).drop("date", "experiment_id")
    if per_user:
        kept, leak = _one_arm_each(kept)
        found += leak
    else:
        kept = kept.drop("user_id")
    arms = kept["arm"].n_unique()
    if arms < 2:
        names = ", ".join(kept["arm"].unique().sort().to_list()) or "no rows"
        raise InputError(
            field="arm",
            expected="at least two arms, of which one is the control",
            # What was left out may be the arm that lacks.
            found="; ".join([f"{arms} ({names})", *(check.words for check in found)]),
            remedy="An experiment compares: give the rows of every arm, or another --experiment.",
        )
    return Observations(
        experiment_id=experiment_id, frame=kept, per_user=per_user, segments=tuple(segments), checks=tuple(found)
    )


def read_observations(
    path: Path, experiment: str | None = None, *, mapping: ColumnMapping | None = None, segments: Sequence[str] = ()
) -> Observations:
    """Reads a table of counts (`OBSERVATIONS`) or of events (`events.EVENTS`, told by its column `event`).

    Bad rows are left out and counted in a check; from 1% of the rows on, or where a row is a whole arm, the check
    calls the data broken. Raises `InputError` where several experiments are there and none is named.
    """
    files = tabular_files(path)
    named = dict(mapping.columns) if mapping else {}
    columns = column_types(files[0])
    events = named.get("event", "event") in columns
    shape = EVENTS if events else OBSERVATIONS
    strange = sorted(set(segments) & set(shape.names))
    if strange:
        raise ConfigurationError(f"--segment {strange[0]}: that column has a meaning of its own and is no segment")
    table = Table(shape.name, (*shape.columns, *(Column(name, pl.String) for name in segments)), shape.key)
    absent = [name for name in segments if named.get(name, name) not in columns]
    if absent:
        raise InputError(
            file=str(path),
            field=absent[0],
            expected="a column for the segment",
            found=f"the columns {', '.join(columns)}",
            remedy="Name a column of the table with --segment.",
        )
    loaded = load(path, table, mapping, rules=() if events else IMPOSSIBLE)
    frame, name = _choose(loaded.frame, experiment, path)
    checks: list[Check] = []
    if events:
        counted = count_events(frame, segments)
        repeated = int((loaded.rejects["reason"] == "duplicate id").sum())
        checks += _event_checks(counted.faults | {"repeated event ids": repeated}, frame.height + repeated)
        rejects = loaded.rejects.filter(pl.col("reason") != "duplicate id")
        whole_arms, frame = False, counted.frame
    else:
        rejects = loaded.rejects
        whole_arms = frame["user_id"].null_count() == frame.height
    if rejects.height:
        reasons = ", ".join(
            f"{count} x {reason}" for reason, count in rejects["reason"].value_counts(sort=True).iter_rows()
        )
        first = rejects.row(0, named=True)
        broken = whole_arms or rejects.height > BROKEN_SHARE * (rejects.height + loaded.frame.height)
        place = f"row {first['row']}, {first['field']} {first['value']!r}"
        words = f"{rejects.height} rows left out: {reasons} (first: {place})"
        checks.append(Check(name="bad rows", state="broken" if broken else "warning", words=words))
    return observe(frame, name, segments=segments, checks=checks)


def _choose(frame: pl.DataFrame, experiment: str | None, path: Path) -> tuple[pl.DataFrame, str]:
    ids = frame["experiment_id"].drop_nulls().unique(maintain_order=True).to_list()
    if experiment is None and len(ids) <= 1:
        return frame, ids[0] if ids else path.stem
    if experiment in ids:
        return frame.filter(pl.col("experiment_id") == experiment), str(experiment)
    shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
    raise InputError(
        file=str(path),
        field="experiment_id",
        expected="one experiment" if experiment is None else f"the experiment {experiment!r}",
        found=shown or "no experiment ids",
        remedy="Name one of them with --experiment.",
    )


def _one_arm_each(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Check]]:
    arms = frame.group_by("user_id").agg(pl.col("arm").n_unique().alias("arms"))
    mixed = arms.filter(pl.col("arms") > 1)
    if mixed.is_empty():
        return frame, []
    broken = mixed.height > BROKEN_SHARE * arms.height
    words = (
        f"{mixed.height:,} of {arms.height:,} users were seen in several arms and are left out; "
        "assignment must give a user one arm for the whole experiment"
    )
    check = Check(name="users in several arms", state="broken" if broken else "warning", words=words)
    return frame.join(mixed, on="user_id", how="anti", maintain_order="left"), [check]


def _event_checks(faults: dict[str, int], events: int) -> list[Check]:
    found: list[Check] = []
    for name, count in faults.items():
        if count:
            # A repeated event is a re-sent message; it is dropped without harm. The others are lost or false data.
            broken = name != "repeated event ids" and count > BROKEN_SHARE * events
            words = f"{count:,} of {events:,} events left out"
            found.append(Check(name=name, state="broken" if broken else "warning", words=words))
    return found
