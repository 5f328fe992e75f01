"""`pushgen export pushes`: planned pushes as a file for another sender."""

from pathlib import Path
from typing import Literal

from pushgen.cli.db_upgrade import DATABASE, Database


def pushes(
    *,
    out: Path,
    sender: Literal["plain", "braze", "onesignal", "novu"] = "plain",
    channel: str = "export",
    config: Path | None = None,
    database: Database = DATABASE,
    json: bool = False,
) -> None:
    """Write what is due on a channel to a file for a sender that you have; it counts as sent from then on.

    Caps, quiet hours, preferences and slots are seen to as in `pushgen deliver`. Report what became of the pushes
    with `pushgen import outcomes`.

    Parameters
    ----------
    out
        Output file, .csv or .jsonl; lines are added to one that is there.
    sender
        Whose field names to use.
    channel
        The channel that the pushes were planned for.
    config
        TOML file with the settings of delivery.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    json
        Print the count as JSON on standard output.
    """
    import csv
    import json as json_lines

    from pushgen.cli.output import print_json
    from pushgen.delivery.clock import SystemClock
    from pushgen.delivery.exporting import hand_over
    from pushgen.delivery.open import read_setup
    from pushgen.delivery.senders import rows_for
    from pushgen.errors import ConfigurationError
    from pushgen.progress import say
    from pushgen.store import open_store

    if out.suffix not in (".csv", ".jsonl"):
        raise ConfigurationError(f"--out must end in .csv or .jsonl; found {out.name!r}")
    store, count = open_store(database), 0
    out.parent.mkdir(parents=True, exist_ok=True)
    messages = hand_over(store, read_setup(config).config, SystemClock(), channel)
    with out.open("a", encoding="utf-8", newline="") as stream:
        is_new = stream.tell() == 0
        for row in rows_for(sender, messages):
            if out.suffix == ".jsonl":
                stream.write(json_lines.dumps(row.nested, ensure_ascii=False) + "\n")
            else:
                table = csv.DictWriter(stream, list(row.flat))
                if is_new and not count:
                    table.writeheader()
                table.writerow(row.flat)
            # Each line is on disk before its group is settled.
            stream.flush()
            count += 1
    store.close()
    say(f"{count:,} pushes for {sender}: {out}")
    if json:
        print_json({"pushes": count, "sender": sender})
