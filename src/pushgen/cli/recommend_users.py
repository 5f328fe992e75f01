"""`pushgen recommend recommend`: the items for every user of a log."""

from pathlib import Path

from pushgen.progress import say


def recommend(
    model: Path, log: Path, *, out: Path, k: int = 10, users: Path | None = None, seen: bool = False, json: bool = False
) -> None:
    """Write the best items of each user.

    Args:
        model: Folder of a trained model.
        log: Folder of an interaction log, which may be newer than the model and hold other users.
        out: File that ends in .csv, .jsonl or .parquet, or a folder for Parquet parts, which takes any number of users.
        k: Items per user.
        users: Table with a column user_id: these alone.
        seen: Also recommend what a user had before.
        json: Write the number of rows to standard output.
    """
    import polars as pl

    from pushgen.cli.output import print_json
    from pushgen.errors import ConfigurationError
    from pushgen.intake import load
    from pushgen.recommend.batch import recommend_users, write_recommendations
    from pushgen.recommend.data.interactions import Interactions
    from pushgen.recommend.storage import load_retriever
    from pushgen.tables import Column, Table, check_ending, write_foreign

    trained, opened = load_retriever(model), Interactions.open(log)
    if out.suffix:
        check_ending(out)
        named = Table("users", (Column("user_id", pl.String, required=True),), ("user_id",))
        chosen = load(users, named).frame["user_id"].to_list() if users else None
        frame = pl.concat(recommend_users(trained, opened, k, users=chosen, exclude_seen=not seen))
        write_foreign(frame, out)
        rows = frame.height
    elif users:
        raise ConfigurationError("--users goes with a file as --out, not with a folder")
    else:
        rows = write_recommendations(trained, model, opened, out, k, exclude_seen=not seen)
    say(f"{rows} recommendations in {out}")
    if json:
        print_json({"rows": rows})
