import json
from pathlib import Path

import polars as pl
import pytest

from pushgen.errors import ConfigurationError, InputError
from pushgen.intake import ColumnMapping
from pushgen.recommend.data.interactions import Interactions
from pushgen.recommend.sources import events, import_interactions, movielens, recbole, sequences
from pushgen.recommend.sources.importing import ImportConfig
from pushgen.recommend.sources.source import Source


def read(source: Source, out: Path, config: ImportConfig | None = None) -> Interactions:
    return import_interactions(source, out, config)


def rows(log: Interactions) -> list[tuple[str, str]]:
    return list(zip(log.frame["user_id"], log.frame["item_id"], strict=True))


class TestSequences:
    def test_order_items_and_attributes(self, tmp_path: Path) -> None:
        (tmp_path / "sequences.txt").write_text("7 3 1 3\n\n2  1\t2 \n")
        lines = [{"item_id": 1, "title": "Soap", "attribute_ids": [4, 5]}, {"item_id": 9, "title": "Comb"}]
        (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, lines)))
        log = read(sequences(tmp_path), tmp_path / "log")
        assert rows(log) == [("2", "1"), ("2", "2"), ("7", "3"), ("7", "1"), ("7", "3")]
        assert log.frame["time"].null_count() == 5
        assert log.items["item_id"].to_list() == ["1", "2", "3", "9"]
        assert log.items["title"].to_list() == ["Soap", None, None, "Comb"]
        assert log.items["attributes"][0].to_list() == ["4", "5"]

    def test_a_line_without_items_is_rejected_and_counted(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("1 5\n2\n3 6 7\n")
        log = read(sequences(tmp_path / "a.txt"), tmp_path / "log")
        assert log.manifest["dropped"] == {"a user without items": 1}
        assert log.rejects.select("file", "row", "value").row(0) == ("a.txt", 2, "2")
        assert log.manifest["rows_in"] == log.manifest["rows_out"] + 1 == 4

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"sequences\.txt"):
            sequences(tmp_path)


class TestRecbole:
    def test_interactions_and_items(self, tmp_path: Path) -> None:
        (tmp_path / "x.inter").write_text(
            "item_id:token\tuser_id:token\trating:float\ttimestamp:float\n5\tann\t4\t20\n6\tann\t2.5\t10\n7\tbob\tmany\t1\n"
        )
        (tmp_path / "x.item").write_text(
            'item_id:token\tmovie_title:token_seq\tyear:token\tclass:token_seq\n5\tThe "Old" Sea\t1999\tDrama War\n'
        )
        log = read(recbole(tmp_path), tmp_path / "log")
        assert rows(log) == [("ann", "6"), ("ann", "5")]
        assert log.frame["value"].to_list() == [2.5, 4.0]
        assert log.frame["time"].dt.epoch("s").to_list() == [10, 20]
        assert log.manifest["dropped"] == {"not a finite number": 1}
        first = log.items.row(0, named=True)
        assert (first["title"], first["attributes"]) == ('The "Old" Sea', ["year=1999", "class=Drama", "class=War"])

    def test_a_header_without_items_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.inter").write_text("user_id:token\titem_id_list:token_seq\n1\t2 3\n")
        with pytest.raises(InputError, match="field 'item_id'"):
            recbole(tmp_path)


class TestMovielens:
    def test_the_old_form(self, tmp_path: Path) -> None:
        (tmp_path / "ratings.dat").write_text("1::10::5::300\n1::11::3::200\n2::10::1::100\n2::12::9\n")
        (tmp_path / "movies.dat").write_bytes("10::Léon (1994)::Action|Drama\n".encode("latin-1"))
        log = read(movielens(tmp_path), tmp_path / "log")
        assert rows(log) == [("1", "11"), ("1", "10"), ("2", "10")]
        assert log.manifest["dropped"] == {"too few fields": 1}
        assert log.items.row(0, named=True)["title"] == "Léon (1994)"
        assert log.items["attributes"][0].to_list() == ["genre=Action", "genre=Drama"]
        assert "GroupLens" in log.licence

    def test_the_new_form(self, tmp_path: Path) -> None:
        (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4.5,300\n")
        (tmp_path / "movies.csv").write_text('movieId,title,genres\n10,"Sea, The",Drama\n')
        log = read(movielens(tmp_path), tmp_path / "log")
        assert log.frame["value"].to_list() == [4.5]
        assert log.items["title"].to_list() == ["Sea, The"]

    def test_positions_alone(self, tmp_path: Path) -> None:
        frame = pl.DataFrame({"user_id": [1, 1, 1], "movie_id": [7, 8, 9], "position": [1, None, 0]})
        frame.write_parquet(tmp_path / "interactions.parquet")
        log = read(movielens(tmp_path), tmp_path / "log")
        assert rows(log) == [("1", "9"), ("1", "7")]
        assert log.manifest["dropped"] == {"no place in the order (rated below 3)": 1}
        assert "no times" in log.manifest["notes"][0]

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"ratings\.dat"):
            movielens(tmp_path)


class TestEvents:
    MAPPING = ColumnMapping(
        columns={"user_id": "visitor", "item_id": "item", "milliseconds": "at", "behaviour": "event"}
    )

    def table(self, path: Path, lines: list[str]) -> Path:
        file = path / "events.csv"
        file.write_text("\n".join(["at,visitor,event,item", *lines]) + "\n")
        return file

    def test_times_order_and_ties_keep_the_file_s_order(self, tmp_path: Path) -> None:
        file = self.table(tmp_path, ["2000,v,view,b", "1000,v,view,a", "2000,v,cart,a", "2000,v,view,b", "x,v,view,a"])
        log = read(events([file], self.MAPPING), tmp_path / "log")
        assert rows(log) == [("v", "a"), ("v", "b"), ("v", "a")]
        assert log.frame["behaviour"].to_list() == ["view", "view", "cart"]
        assert log.manifest["dropped"] == {"not a finite number": 1, "the same row again": 1}

    def test_many_parts_hold_whole_users_and_the_same_rows(self, tmp_path: Path) -> None:
        lines = [f"{1000 * (997 * place % 1009)},u{place % 37},view,i{place % 11}" for place in range(1000)]
        file = self.table(tmp_path, lines)
        whole = read(events([file], self.MAPPING), tmp_path / "one")
        parted = read(events([file], self.MAPPING), tmp_path / "many", ImportConfig(part_bytes=4000))
        parts = list(parted.parts())
        assert len(parts) > 3
        owners = [set(part["user_id"]) for part in parts]
        assert sum(map(len, owners)) == len(set.union(*owners)) == 37
        assert parted.frame.sort("user_id", "position").equals(whole.frame)
        assert parted.statistics == whole.statistics

    def test_without_a_time_equal_rows_are_two_events(self, tmp_path: Path) -> None:
        (tmp_path / "plain.csv").write_text("user_id,item_id\nann,tea\nann,tea\n")
        assert rows(read(events([tmp_path / "plain.csv"]), tmp_path / "log")) == [("ann", "tea")] * 2

    def test_no_good_row_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no good row among 1: 1 not a finite number"):
            read(events([self.table(tmp_path, ["soon,v,view,a"])], self.MAPPING), tmp_path / "log")
        assert not (tmp_path / "log" / ".spill").exists()

    def test_a_mapping_that_does_not_fit_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="'clicks'"):
            events([self.table(tmp_path, ["1,v,view,a"])], ColumnMapping(columns={"clicks": "at"}))


def test_finished_work_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("1 5 6\n")
    first = read(sequences(tmp_path / "a.txt"), tmp_path / "log")
    digest = first.hash
    monkeypatch.setattr("pushgen.recommend.sources.importing._Gathered", None)
    assert read(sequences(tmp_path / "a.txt"), tmp_path / "log").hash == digest


@pytest.mark.data
@pytest.mark.parametrize(
    ("folder", "reader", "sizes"),
    [
        ("amazon_beauty", sequences, (198_502, 22_363, 12_101)),
        ("movielens_100k", movielens, (100_000, 943, 1_682)),
        ("movielens_1m", movielens, (835_789, 6_038, 3_307)),
    ],
)
def test_published_sizes(
    pushgen_data: Path, tmp_path: Path, folder: str, reader: object, sizes: tuple[int, int, int]
) -> None:
    log = read(reader(pushgen_data / folder), tmp_path)  # type: ignore[operator]
    found = log.statistics
    assert (found["interactions"], found["users"], found["items_touched"]) == sizes
