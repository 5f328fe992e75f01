"""`pushgen db load`: put tables into the database."""

from pathlib import Path
from typing import Literal

from pushgen.cli.db_upgrade import DATABASE, Database

Noun = Literal["contents", "pushes", "campaigns", "recipients", "devices", "preferences"]


def load_table(
    noun: Noun, file: Path, *, database: Database = DATABASE, rejects: Path | None = None, json: bool = False
) -> None:
    """Put the rows of a file into the database; rows with a key that is there are overwritten, pushes never.

    Columns: contents and pushes as everywhere; campaigns campaign_id, topic, priority (low, normal, high),
    stale_after_seconds; recipients user_id, zone, and every other column as a slot; devices device_id, user_id,
    channel, address, seen_at, p256dh, auth; preferences user_id, topic, wanted.

    Parameters
    ----------
    noun
        What the rows are.
    file
        CSV, JSONL or Parquet.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    rejects
        Where to write unusable rows; beside FILE where not given, only if there are any.
    json
        Print the counts as JSON on standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.cli.rows import read_records
    from pushgen.progress import say
    from pushgen.store import open_store
    from pushgen.tables import REJECTS, write_table

    records, rejected = read_records(noun, file)
    store = open_store(database)
    with store.begin() as tx:
        if noun == "pushes":
            tx.pushes.add(records)
        else:
            getattr(tx, noun).put(records)
    store.close()
    say(f"{len(records):,} {noun} from {file}.")
    if rejected.height:
        place = rejects or file.with_name(f"{file.name}.rejects.parquet")
        write_table(rejected, place, REJECTS)
        say(f"{rejected.height:,} rows cannot be used; they are set apart in {place}")
    if json:
        print_json({"loaded": len(records), "rejected": rejected.height})
