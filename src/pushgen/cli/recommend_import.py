"""`pushgen recommend import`: from interaction data to a log."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pushgen.intake import ColumnMapping, ReadOptions
from pushgen.progress import say

Kind = Literal["movielens", "recbole", "sequences", "events"]


def import_(
    sources: Annotated[list[Path], Parameter(negative=())],
    /,
    *,
    kind: Kind,
    out: Path,
    mapping: Path | None = None,
    items: Path | None = None,
    item_mapping: Path | None = None,
    licence: str = "",
    read: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),
    json: bool = False,
) -> None:
    """Read interactions of users with items, order them, and describe them.

    Args:
        sources: A folder or file of the kind named; of `events` several CSV, JSONL or Parquet files.
        kind: What the data are: a MovieLens release, RecBole's atomic files, lines `user item item ...`, or a table.
        out: Folder of the log.
        mapping: For events: TOML file; [columns] says which source column is user_id, item_id, time (a date), seconds
            or milliseconds (Unix time), behaviour, value.
        items: For events: a table of items.
        item_mapping: The same for its columns item_id, title, text, attributes.
        licence: Terms of the data, in words; they stand on the card of every model trained on them.
        read: How the files are read.
        json: Write the statistics to standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.errors import ConfigurationError
    from pushgen.recommend.sources.importing import ImportConfig, import_interactions

    if kind == "events":
        from pushgen.recommend.sources.events import events

        tables = [ColumnMapping.from_toml(file) if file else None for file in (mapping, item_mapping)]
        source = events(sources, tables[0], items, tables[1])
    elif mapping or items or item_mapping or len(sources) != 1:
        raise ConfigurationError(f"--kind {kind} takes one source, and no mapping or table of items")
    elif kind == "movielens":
        from pushgen.recommend.sources.movielens import movielens

        source = movielens(sources[0])
    elif kind == "recbole":
        from pushgen.recommend.sources.recbole import recbole

        source = recbole(sources[0])
    else:
        from pushgen.recommend.sources.sequences import sequences

        source = sequences(sources[0])
    log = import_interactions(source, out, ImportConfig(read=read, licence=licence))
    for note in log.manifest["notes"]:
        say(note)
    for reason, count in log.manifest["dropped"].items():
        say(f"{count} rows dropped: {reason}")
    if json:
        print_json({"rows_in": log.manifest["rows_in"], "dropped": log.manifest["dropped"], **log.statistics})
    else:
        say((out / "statistics.md").read_text(encoding="utf-8"))
    say(f"The log is {out}. Train on it: pushgen recommend train {out} --out MODEL")
