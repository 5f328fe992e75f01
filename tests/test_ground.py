"""The shared ground: tables, manifests, settings, splits."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from pushgen import splits
from pushgen.errors import ConfigurationError, InputError
from pushgen.manifest import Manifest, hash_path, is_finished, read_manifest, write_manifest
from pushgen.records import Content, Push
from pushgen.settings import as_dict, from_toml, override
from pushgen.tables import CONTENTS, PUSHES, read_table, write_table


def test_records_become_tables_and_come_back(tmp_path: Path) -> None:
    contents = [Content(content_id="a", caption="A caption."), Content(content_id="b", title="文章")]
    write_table(CONTENTS.frame(contents), tmp_path / "contents" / "part-0.parquet", CONTENTS)
    rows = read_table(tmp_path / "contents", CONTENTS).iter_rows(named=True)
    assert [Content(**row) for row in rows] == contents


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    frame = PUSHES.frame([Push(push_id=str(i), content_id="c", body=f"text {i}") for i in range(1000)])
    write_table(frame, tmp_path / "one.parquet")
    write_table(frame, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one.parquet", "two.parquet"}


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    pl.DataFrame({"content_id": ["a"]}).write_parquet(tmp_path / "pushes.parquet")
    with pytest.raises(InputError, match="push_id"):
        read_table(tmp_path / "pushes.parquet", PUSHES)


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    write_table(CONTENTS.frame([Content(content_id="a")]), tmp_path / "contents.parquet")
    whole = (tmp_path / "contents.parquet").read_bytes()
    (tmp_path / "contents.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"contents\.parquet"):
        read_table(tmp_path / "contents.parquet", CONTENTS)


def test_a_manifest_marks_exactly_its_work_as_finished(tmp_path: Path) -> None:
    manifest = Manifest(
        stage="s", configuration={"x": 1}, inputs={"log": "abc"}, rows_in=3, rows_out=2, dropped={"r": 1}
    )
    assert not is_finished(tmp_path, manifest.key)
    write_manifest(tmp_path, manifest, seconds=1.0)
    first = (tmp_path / "manifest.json").read_bytes()
    write_manifest(tmp_path, manifest, seconds=2.0)
    assert (tmp_path / "manifest.json").read_bytes() == first
    assert is_finished(tmp_path, manifest.key)
    other = Manifest(stage="s", configuration={"x": 2}, inputs={"log": "abc"}, rows_in=3, rows_out=2)
    assert not is_finished(tmp_path, other.key)


def test_half_a_manifest_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"stage": "s", ')
    with pytest.raises(InputError, match="Delete the folder"):
        read_manifest(tmp_path)


def test_the_hash_of_a_folder_ignores_timings_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    before = hash_path(tmp_path)
    (tmp_path / "timings.json").write_text("{}")
    assert hash_path(tmp_path) == before
    (tmp_path / "a").write_text("y")
    assert hash_path(tmp_path) != before


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    rate: float = 0.5
    mode: Literal["raw", "bound"] = "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    count: int = 3
    names: tuple[str, ...] = ()
    limit: float | None = None
    inner: Inner = field(default_factory=Inner)


def test_settings_come_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('count = 5\nnames = ["a"]\nlimit = 1\n[inner]\nrate = 1\nmode = "bound"\n')
    config = from_toml(Outer(), path)
    assert config == Outer(count=5, names=("a",), limit=1.0, inner=Inner(rate=1.0, mode="bound"))
    assert as_dict(config)["inner"] == {"rate": 1.0, "mode": "bound"}


@pytest.mark.parametrize(
    "values", [{"cuont": 1}, {"count": "3"}, {"inner": {"mode": "other"}}, {"inner": {"rate": "high"}}, {"count": True}]
)
def test_wrong_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        override(Outer(), values)


def test_splits_are_stable_and_disjoint() -> None:
    frame = pl.DataFrame({"content_id": [f"c{i}" for i in range(5000)]})
    held, trained = splits.keep(frame, "holdout"), splits.keep(frame, "train")
    assert held.height + trained.height == frame.height
    assert not set(held["content_id"]) & set(trained["content_id"])
    assert abs(held.height / frame.height - splits.HOLDOUT) < 0.02
    # The value itself is part of the contract: another version or machine must hold out the same contents.
    assert [round(splits.position(f"c{i}"), 6) for i in range(3)] == [0.163467, 0.012035, 0.230835]
    assert splits.keep(frame, "all").height == frame.height
