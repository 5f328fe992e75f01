"""Many rows at once, the same call on both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]
COPY_FROM = 2_000
"""From this many rows on, PostgreSQL's COPY into a temporary table is faster than single inserts."""


def insert_new(connection: Connection, table: Table, rows: Rows) -> int:
    """Inserts the rows whose key is not there yet and leaves the others as they are; how many were inserted."""
    if not rows:
        return 0
    if connection.dialect.name == "postgresql":
        if len(rows) >= COPY_FROM:
            return _copy_new(connection, table, rows)
        statement: Any = postgresql.insert(table).on_conflict_do_nothing()
    else:
        statement = sqlite.insert(table).on_conflict_do_nothing()
    return connection.execute(statement, list(rows), execution_options={"preserve_rowcount": True}).rowcount


def upsert(connection: Connection, table: Table, rows: Rows) -> None:
    """Inserts the rows, or overwrites those whose key is there. All rows have the same columns."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    # In the order of the keys, so that two writers never wait for each other in a circle.
    ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in keys))
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), ordered)


def _copy_new(connection: Connection, table: Table, rows: Rows) -> int:
    names = list(rows[0])
    draft = f"draft_{table.name}"
    columns = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        text(f'CREATE TEMPORARY TABLE IF NOT EXISTS "{draft}" (LIKE "{table.name}") ON COMMIT DELETE ROWS')
    )
    dialect = connection.dialect
    bind = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f'COPY "{draft}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            values = [row[name] for name in names]
            copy.write_row([value if make is None else make(value) for make, value in zip(bind, values, strict=True)])
    statement = f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM "{draft}" ON CONFLICT DO NOTHING'
    inserted = connection.execute(text(statement)).rowcount
    connection.execute(text(f'TRUNCATE "{draft}"'))
    return inserted
