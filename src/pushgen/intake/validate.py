"""Rows against a table: types, required fields, ranges. Whole columns at a time, no loop over rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pushgen.intake.convert import absent, convert
from pushgen.intake.raw import ROW, SHOWN, RawBatch, Wanted
from pushgen.tables import REJECTS, Column

MISSING = "missing value"
NOT_WHOLE = "not a whole number"
NOT_NUMBER = "not a finite number"
NOT_DATE = "not a date"
BELOW = "below the minimum"
ABOVE = "above the maximum"
NUL = "NUL byte in a text"
TOO_LONG = "text too long"
DUPLICATE = "duplicate id"


@dataclass(frozen=True, slots=True)
class Rule:
    """A check over two or more columns of a row."""

    field: str
    """Column that the reject names."""
    reason: str
    broken: pl.Expr
    """True where the row breaks the rule, over the columns of the table; null counts as not broken."""


@dataclass(frozen=True, slots=True)
class _Fault:
    field: str
    reason: str
    rows: pl.Series
    """True for the rows at fault."""


def validate(
    batch: RawBatch, path: Path, *, max_text_bytes: int, rules: tuple[Rule, ...] = ()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Good rows as the table has them plus `ROW`, and rejects with the first fault of each bad row.

    Good and bad rows keep the order of the file; together they are all rows.
    """
    raw, wanted = batch.frame, batch.wanted
    values: list[pl.Series] = []
    faults: list[_Fault] = []
    absent_columns: list[pl.Expr] = []
    for column in wanted.table.columns:
        if column.name not in raw.columns and column.name not in wanted.mapping.constants:
            # As a literal, a column without values takes no memory and no time.
            absent_columns.append(pl.lit(None, column.dtype).alias(column.name))
            continue
        value, found = _column(column, batch, max_text_bytes)
        values.append(value)
        faults += found
    frame = pl.DataFrame([*values, raw[ROW]]).with_columns(absent_columns).select(*wanted.table.names, ROW)
    for rule in rules:
        broken = frame.select(rule.broken.fill_null(False)).to_series()
        if broken.any():
            faults.append(_Fault(rule.field, rule.reason, broken))
    if not faults:
        return frame, batch.rejects
    bad = faults[0].rows
    for fault in faults[1:]:
        bad = bad | fault.rows
    found = _rejects(faults, raw.filter(bad), bad, wanted, path)
    rejects = pl.concat([batch.rejects, found]).sort("row", maintain_order=True)
    return frame.filter(~bad), rejects


def _column(column: Column, batch: RawBatch, max_text_bytes: int) -> tuple[pl.Series, list[_Fault]]:
    name, raw, mapping = column.name, batch.frame, batch.wanted.mapping
    if name in mapping.constants:
        source = pl.select(pl.repeat(mapping.constants[name], raw.height)).to_series()
    else:
        source = raw[name]
    value = convert(source, column, null_values=mapping.null_values, dates=mapping.dates).alias(name)
    faults: list[_Fault] = []

    def fault(reason: str, rows: pl.Series) -> None:
        rows = rows.fill_null(False)
        if rows.any():
            faults.append(_Fault(name, reason, rows))

    if column.dtype == pl.String:
        if column.required and value.has_nulls():
            fault(MISSING, value.is_null())
        if _at_least(value.str.len_bytes(), max_text_bytes + 1):
            fault(TOO_LONG, value.str.len_bytes() > max_text_bytes)
        if not batch.nul_free:
            fault(NUL, value.str.contains("\0", literal=True))
        return value, faults
    unread = NOT_WHOLE if column.dtype == pl.Int64 else NOT_NUMBER if column.dtype == pl.Float64 else NOT_DATE
    if value.has_nulls():
        # Few rows as a rule, and what the source says is looked at in these alone.
        null = value.is_null()
        given = absent(source.filter(null), mapping.null_values).is_not_null()
        if column.required:
            fault(MISSING, _spread(~given, null))
        fault(unread, _spread(given, null))
    if column.dtype == pl.Float64:
        fault(NOT_NUMBER, ~value.is_finite())
    if column.minimum is not None and not _at_least(value, column.minimum, every=True):
        fault(BELOW, value < column.minimum)
    if column.maximum is not None:
        fault(ABOVE, value > column.maximum)
    return value, faults


def _spread(flags: pl.Series, rows: pl.Series) -> pl.Series:
    """The flags, one for each row that is true in `rows`, at the places of these rows; false elsewhere."""
    spread = np.zeros(rows.len(), bool)
    spread[rows.arg_true().filter(flags).to_numpy()] = True
    return pl.Series(spread)


def _at_least(numbers: pl.Series, bound: float, *, every: bool = False) -> bool:
    """Whether one of the numbers, or every one, is `bound` or more; nulls do not count."""
    extreme: Any = numbers.min() if every else numbers.max()
    return every if extreme is None else bool(extreme >= bound)


def _rejects(faults: list[_Fault], rows: pl.DataFrame, bad: pl.Series, wanted: Wanted, path: Path) -> pl.DataFrame:
    """One row per bad row: its first fault in the order of the columns. `rows` are those where `bad` is true."""
    parts: list[pl.DataFrame] = []
    for fault in faults:
        shown = pl.lit(None, pl.String)
        if fault.field in rows.columns:
            shown = pl.col(fault.field).cast(pl.String, strict=False).str.slice(0, SHOWN)
        at_fault = rows.filter(fault.rows.filter(bad)).select(pl.col(ROW).alias("row"), shown.alias("value"))
        parts.append(
            at_fault.select(
                pl.lit(str(path)).alias("file"),
                "row",
                pl.lit(wanted.sources.get(fault.field, fault.field)).alias("field"),
                pl.lit(fault.reason).alias("reason"),
                "value",
            )
        )
    return pl.concat(parts).unique("row", keep="first", maintain_order=True).match_to_schema(REJECTS.schema)
