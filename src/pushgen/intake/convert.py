"""One source column to the type of a table column. What cannot be read becomes null; `validate` says why."""

import polars as pl

from pushgen.tables import INSTANT, Column

_ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_LOCAL = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


def convert(raw: pl.Series, column: Column, *, null_values: tuple[str, ...], dates: tuple[str, ...]) -> pl.Series:
    """Values of `raw` in the column's type. Texts pass unchanged but for the empty one, which is null."""
    if column.dtype == pl.String:
        return _text(raw)
    if raw.dtype == pl.Categorical:
        raw = raw.cast(pl.String)
    if isinstance(column.dtype, pl.Datetime):
        if raw.dtype != pl.String:
            return _instant(raw)
        # The rows of a log mostly follow each other in time, so that few neighbours differ.
        runs = raw.rle().struct.field("value")
        return _parsed(absent(runs, null_values), dates).gather(raw.rle_id())
    blank = raw.str.strip_chars() if raw.dtype == pl.String else raw
    if column.dtype == pl.Int64:
        return _whole(blank)
    return blank.cast(column.dtype, strict=False)


def absent(raw: pl.Series, null_values: tuple[str, ...]) -> pl.Series:
    """The column with null where the source says that there is no value."""
    if raw.dtype != pl.String:
        return raw
    stripped = raw.str.strip_chars()
    return stripped.set(stripped.is_in(["", *null_values]).fill_null(False), None)


def _text(raw: pl.Series) -> pl.Series:
    text = raw if raw.dtype == pl.String else raw.cast(pl.String, strict=False)
    empty = text == ""
    return text.set(empty.fill_null(False), None) if empty.any() else text


def _whole(raw: pl.Series) -> pl.Series:
    if raw.dtype.is_integer():
        return raw.cast(pl.Int64, strict=False)
    whole = raw.cast(pl.Int64, strict=False) if raw.dtype == pl.String else pl.Series(raw.name, [None], pl.Int64)
    if whole.len() == raw.len() and whole.null_count() == raw.null_count():
        return whole
    # Spreadsheets and data frames with gaps write whole numbers as `12.0`.
    number = raw.cast(pl.Float64, strict=False)
    exact = number.is_finite() & (number == number.floor()) & (number.abs() < 2**53)
    fallback = number.set((~exact).fill_null(True), None).cast(pl.Int64, strict=False)
    return whole.zip_with(whole.is_not_null(), fallback) if whole.len() == raw.len() else fallback


def _instant(raw: pl.Series) -> pl.Series:
    if isinstance(raw.dtype, pl.Datetime):
        zoned = raw.dt.replace_time_zone("UTC") if raw.dtype.time_zone is None else raw.dt.convert_time_zone("UTC")
        return zoned.cast(INSTANT)
    if raw.dtype == pl.Date:
        return raw.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return _unknown(raw.len())  # a bare number could be seconds, days or milliseconds


def _parsed(text: pl.Series, dates: tuple[str, ...]) -> pl.Series:
    found = _unknown(text.len())
    for form in (*_LOCAL, "%Y-%m-%d", *_ZONED, *dates):
        if found.null_count() == text.null_count():
            break
        found = found.zip_with(found.is_not_null(), _parse(text, form))
    return found


def _unknown(rows: int) -> pl.Series:
    return pl.repeat(None, rows, dtype=INSTANT, eager=True)


def _parse(text: pl.Series, form: str) -> pl.Series:
    if form in _ZONED:
        return text.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
    if not any(letter in form for letter in ("%H", "%I", "%T", "%R")):
        return text.str.to_date(form, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return text.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")
