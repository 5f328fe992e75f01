"""What every repository can do: records in, records out, pages in the order of the key."""

import dataclasses
import typing
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import Connection, RowMapping, Table, func, select, tuple_

from pushgen.store.bulk import insert_new, upsert

R = TypeVar("R")


class Repository(Generic[R]):
    """One table as records of one type. Queries live in repositories and nowhere else; none of them commits."""

    table: ClassVar[Table]
    record: ClassVar[type[Any]]

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, records: Iterable[R]) -> int:
        """Inserts records whose key is new; those that are there stay as they are. How many were new."""
        return insert_new(self._connection, self.table, [self._row(record) for record in records])

    def put(self, records: Iterable[R]) -> None:
        """Inserts records, or overwrites those with the same key. The last of several with one key stays."""
        rows = {tuple(row[name] for name in self._keys): row for row in map(self._row, records)}
        upsert(self._connection, self.table, list(rows.values()))

    def get(self, *key: Any, lock: bool = False) -> R | None:
        """The record with this key; with `lock` nobody else changes it before the commit."""
        where = [self.table.c[name] == value for name, value in zip(self._keys, key, strict=True)]
        query = select(self.table).where(*where)
        row = self._connection.execute(query.with_for_update() if lock else query).mappings().first()
        return None if row is None else self._record(row)

    def page(self, *, after: Sequence[Any] | None = None, limit: int = 100, **equal: Any) -> list[R]:
        """The next records in the order of the key; `after` is the key of the last one of the page before.

        `equal` leaves only records with these values, by the name of the column.
        """
        keys = [self.table.c[name] for name in self._keys]
        where = [self.table.c[name] == value for name, value in equal.items()]
        query = select(self.table).where(*where).order_by(*keys).limit(limit)
        if after is not None:
            query = query.where(tuple_(*keys) > tuple_(*after))
        return self._all(query)

    def key_of(self, record: R) -> list[Any]:
        """The values of the key of a record, for `page`."""
        return [getattr(record, name) for name in self._keys]

    def count(self) -> int:
        return self._connection.execute(select(func.count()).select_from(self.table)).scalar_one()

    @property
    def _keys(self) -> list[str]:
        return [column.name for column in self.table.primary_key]

    def _all(self, query: Any) -> list[R]:
        return [self._record(row) for row in self._connection.execute(query).mappings()]

    def _row(self, record: R) -> dict[str, Any]:
        return {name: _plain(getattr(record, name)) for name in _fields(self.record)}

    def _record(self, row: RowMapping) -> R:
        kinds = _fields(self.record)
        return self.record(**{name: _rich(row[name], kind) for name, kind in kinds.items()})


_KNOWN: dict[type[Any], dict[str, type[Any] | None]] = {}


def _fields(record: type[Any]) -> dict[str, type[Any] | None]:
    """Fields of a record, each with the enumeration or the record that its values are made into."""
    if record not in _KNOWN:
        hints = typing.get_type_hints(record)
        _KNOWN[record] = {field.name: _special(hints[field.name]) for field in dataclasses.fields(record)}
    return _KNOWN[record]


def _special(hint: Any) -> type[Any] | None:
    inner = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else hint
    if not isinstance(inner, type):
        return None
    kind = typing.cast(type[Any], inner)
    return kind if issubclass(kind, Enum) or dataclasses.is_dataclass(kind) else None


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [dataclasses.asdict(part) for part in typing.cast(tuple[Any, ...], value)]
    return dict(typing.cast(Mapping[str, Any], value)) if isinstance(value, Mapping) else value


def _rich(value: Any, kind: type[Any] | None) -> Any:
    if kind is None or value is None:
        return value
    if isinstance(value, list):
        return tuple(kind(**part) for part in typing.cast(list[dict[str, Any]], value))
    return kind(value)
