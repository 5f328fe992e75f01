"""`pushgen import`: from source files to an audited log."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.intake import ColumnMapping, ReadOptions
from pushgen.logs import AuditConfig, ImportConfig, Log, import_log
from pushgen.logs.adapters import Adapter, ArsAdapter, TableAdapter, UpworthyAdapter
from pushgen.progress import say

Audit = Annotated[AuditConfig, Parameter(name="*")]
Read = Annotated[ReadOptions, Parameter(name="*")]
Sources = Annotated[list[Path], Parameter(negative=())]
NO_WINDOW = AuditConfig(windows=())


def upworthy(
    sources: Sources, /, *, out: Path, audit: Audit = AuditConfig(), read: Read = ReadOptions(), licence: str = ""
) -> None:
    """Read files of the Upworthy Research Archive.

    Args:
        sources: CSV, JSONL or Parquet files of the release, with its own column names in any order.
        out: Folder of the log.
        audit: What takes a test out of every comparison.
        read: How the files are read.
        licence: Terms of the data, in words; they stand on the card of every model trained on them.
    """
    _import(sources, out, UpworthyAdapter(), audit, read, licence)


def ars(
    sources: Sources, /, *, out: Path, audit: Audit = NO_WINDOW, read: Read = ReadOptions(), licence: str = ""
) -> None:
    """Read Ars Technica's headline tests, which have click rates and no impressions.

    Args:
        sources: CSV files with post_date, title_a, title_b, title_a_rate, title_b_rate, winner, confidence.
        out: Folder of the log.
        audit: What takes a test out of every comparison.
        read: How the files are read.
        licence: Terms of the data, in words; they stand on the card of every model trained on them.
    """
    _import(sources, out, ArsAdapter(), audit, read, licence)


def table(
    sources: Sources,
    /,
    *,
    out: Path,
    mapping: Path | None = None,
    audit: Audit = NO_WINDOW,
    read: Read = ReadOptions(),
    licence: str = "",
) -> None:
    """Read any send or A/B log: one row per push and slice, or per view.

    Args:
        sources: CSV, JSONL or Parquet files, plain, .gz or .zst, or folders of them.
        out: Folder of the log.
        mapping: TOML file; [columns] says which source column holds what, [constants] gives a value to every row.
        audit: What takes an experiment out of every comparison.
        read: How the files are read.
        licence: Terms of the data, in words; they stand on the card of every model trained on them.
    """
    columns = ColumnMapping.from_toml(mapping) if mapping else ColumnMapping()
    _import(sources, out, TableAdapter(columns), audit, read, licence)


def _import(
    sources: list[Path], out: Path, adapter: Adapter, audit: AuditConfig, read: ReadOptions, licence: str
) -> None:
    from pushgen.cli.audit import show

    log = import_log(sources, out, adapter, ImportConfig(audit=audit, read=read, licence=licence))
    for note in adapter.notes:
        say(note)
    _say_rejects(log)
    show(log, audit)


def _say_rejects(log: Log) -> None:
    rejects = log.rejects
    if rejects.is_empty():
        return
    say(f"{rejects.height} rejects in {log.path / 'rejects'}, such as:")
    for first in rejects.unique("reason", keep="first", maintain_order=True).rows(named=True):
        place = f"{first['file']}, row {first['row']}" if first["row"] else f"{first['file'] or 'after cleaning'}"
        where = f", field {first['field']!r}" if first["field"] else ""
        say(f"  {place}{where}: {first['reason']}: {(first['value'] or '')[:80]!r}")
