"""`pushgen db upgrade`: create the tables of the database, or bring them up to date."""

from typing import Annotated

from cyclopts import Parameter

DATABASE = "sqlite:///pushgen.db"
"""Where nothing else is said: a file in the current folder. `pushgen.store.DEFAULT_URL` cannot be had lightly."""
Database = Annotated[str, Parameter(env_var="PUSHGEN_DATABASE")]


def upgrade(*, database: Database = DATABASE, json: bool = False) -> None:
    """Create the tables of the database, or bring them up to date; nothing in them is lost.

    Parameters
    ----------
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    json
        Print the revisions before and after as JSON on standard output.
    """
    from pushgen.progress import say
    from pushgen.store.migrate import upgrade as upgrade_tables

    before, after = upgrade_tables(database)
    say(f"The database is at revision {after}" + (", as before." if before == after else f"; it was at {before}."))
    if json:
        from pushgen.cli.output import print_json

        print_json({"before": before, "after": after})
