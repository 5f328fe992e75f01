"""Small logs for the tests of the curation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from pushgen.curation import LogTables
from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, PUSHES, Table

Rows = Sequence[Mapping[str, Any]]
MakeLog = Callable[..., LogTables]


def frame(rows: Rows, schema: Table) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema.names} for row in rows], schema=schema.schema)


@pytest.fixture
def make_log() -> MakeLog:
    """Builds a log from rows as mappings; absent columns are null."""

    def make(pushes: Rows, exposures: Rows, contents: Rows = (), experiments: Rows = ()) -> LogTables:
        return LogTables.of(
            frame(contents, CONTENTS),
            frame(pushes, PUSHES),
            frame(exposures, EXPOSURES),
            frame(experiments, EXPERIMENTS),
        )

    return make
