"""The whole curation on small logs, in memory and on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pushgen.curation import (
    PRESETS,
    Confidence,
    CurationConfig,
    HardFilter,
    LiftFilter,
    LogTables,
    SoftFilter,
    curate,
    read_funnel,
    write_corpus,
)
from pushgen.errors import ConfigurationError, InputError
from pushgen.protocols import Floats, StyleLabel
from pushgen.tables import CORPUS, read_table

MakeLog = Callable[..., LogTables]
OPEN = HardFilter(pv_above=None, ctr_above=None, svr_below=None, lvtr_above=None, htr_below=None)
PLAIN = CurationConfig(hard=OPEN, soft=SoftFilter(by="none"))


class LengthLabeller:
    """Short or long, with a record of what it was asked."""

    name = "length"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def label(self, texts: Sequence[str]) -> list[StyleLabel]:
        self.asked += texts
        return [StyleLabel("short" if len(text) < 12 else "long", 1.0) for text in texts]


class FirstLetterEncoder:
    """Texts with the same first letter have the same direction."""

    name = "first-letter"
    dimension = 26

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        rows[np.arange(len(texts)), [ord(text[0]) - ord("a") for text in texts]] = 1.0
        return rows


def push(name: str, body: str, content: str = "c", **more: Any) -> dict[str, Any]:
    return {"push_id": name, "content_id": content, "body": body} | more


def shown(name: str, impressions: int | None, clicks: int | None, **more: Any) -> dict[str, Any]:
    return {"push_id": name, "impressions": impressions, "clicks": clicks} | more


def test_a_corpus_row_by_hand(make_log: MakeLog) -> None:
    log = make_log(
        [push("p", "now open", title="Market", style="plain")],
        [shown("p", 3_000, 60), shown("p", 2_000, 40, experiment_id="x")],
        [{"content_id": "c", "caption": "A market opened.", "language": "en"}],
    )
    corpus = curate(log, PLAIN).corpus
    assert corpus.schema == CORPUS.schema
    assert corpus.drop("weight").to_dicts() == [
        {
            "push_id": "p",
            "content_id": "c",
            "text": "Market: now open",
            "caption": "A market opened.",
            "style": "plain",
            "language": "en",
            "impressions": 5_000,
            "clicks": 100,
        }
    ]
    assert corpus["weight"][0] == pytest.approx(0.575, abs=5e-4)


def test_every_row_that_goes_has_a_reason(make_log: MakeLog) -> None:
    log = make_log(
        [
            push("a", "one"),
            push("a", "one"),
            push("b", "one"),
            push("d", "  "),
            push("e", "never shown"),
            push("f", "only in a broken test"),
            push("g", "in both"),
        ],
        [
            shown("a", 1_000, 10),
            shown("a", 1_000, 10),
            shown("b", 500, 5),
            shown("d", 10, 1),
            shown("f", 900, 9, experiment_id="bad"),
            shown("g", 900, 90, experiment_id="bad"),
            shown("g", 100, 1, experiment_id="good"),
        ],
        experiments=[
            {"experiment_id": "bad", "content_id": "c", "excluded": "window"},
            {"experiment_id": "good", "content_id": "c"},
        ],
    )
    result = curate(log, PLAIN)
    assert result.funnel.dropped == {
        "repeated push id": 1,
        "empty text": 1,
        "excluded experiment": 1,
        "no exposure": 1,
        "same text of the same content": 1,
    }
    assert result.funnel.excluded == {"window": 1}
    assert result.corpus.select("push_id", "impressions", "clicks").rows() == [("a", 1_500, 15), ("g", 100, 1)]


def test_counts_that_some_exposures_lack_are_not_diluted(make_log: MakeLog) -> None:
    log = make_log([push("p", "text")], [shown("p", 1_000, 20, dislikes=8), shown("p", 9_000, 100)])
    config = CurationConfig(hard=HardFilter(svr_below=None, lvtr_above=None), soft=SoftFilter(by="none"))
    assert curate(log, config).corpus.height == 1
    strict = CurationConfig(
        hard=HardFilter(svr_below=None, lvtr_above=None, htr_below=0.008), soft=SoftFilter(by="none")
    )
    assert curate(log, strict).funnel.dropped == {"htr": 1}


def test_lift_keeps_good_copy_of_dull_content(make_log: MakeLog) -> None:
    """Every arm of the famous content has a higher CTR than every arm of the dull one."""
    rng = np.random.default_rng(0)
    pushes: list[dict[str, Any]] = []
    exposures: list[dict[str, Any]] = []
    for content, rate in (("famous", 0.08), ("dull", 0.01)):
        for test in range(40):
            for arm, lift in enumerate((0.7, 1.3)):
                name = f"{content}-{test}-{arm}"
                pushes.append(push(name, f"copy {name}", f"{content}{test}"))
                clicks = int(rng.binomial(20_000, rate * lift))
                exposures.append(shown(name, 20_000, clicks, experiment_id=f"{content}{test}"))
    pushes.append(push("alone", "no rival", "solo"))
    exposures.append(shown("alone", 20_000, 4_000, experiment_id="solo"))
    log = make_log(pushes, exposures)
    config = CurationConfig(hard=OPEN, soft=SoftFilter(by="none"), lift=LiftFilter(enabled=True))
    result = curate(log, config)
    assert sorted(result.corpus["push_id"]) == sorted(p["push_id"] for p in pushes if p["push_id"].endswith("-1"))
    assert result.funnel.dropped == {"no comparison": 1, "lift": 80}
    # The unbiased variance of 0.7 and 1.3 is 0.18.
    assert any("0.42" in note for note in result.funnel.notes)


def test_arms_with_other_pictures_are_no_comparison(make_log: MakeLog) -> None:
    pushes = [push("a", "one", media="x"), push("b", "two", media="y"), push("d", "three", media="y")]
    exposures = [shown(name, 10_000, clicks, experiment_id="e") for name, clicks in (("a", 900), ("b", 100), ("d", 50))]
    config = CurationConfig(hard=OPEN, soft=SoftFilter(by="none"), lift=LiftFilter(enabled=True))
    result = curate(make_log(pushes, exposures), config)
    assert result.corpus["push_id"].to_list() == ["b"]
    assert result.funnel.dropped == {"no comparison": 1, "lift": 1}


def many(letters: str, each: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Pushes whose CTR depends on the first letter far more than on the copy."""
    pushes = [push(f"{c}{i:03d}", f"{c} text {i}", f"{c}{i}") for c in letters for i in range(each)]
    exposures = [shown(f"{c}{i:03d}", 10_000, (ord(c) - 96) * 1_000 + i) for c in letters for i in range(each)]
    return pushes, exposures


def test_no_cluster_fills_the_corpus(make_log: MakeLog) -> None:
    encoder = FirstLetterEncoder()
    config = CurationConfig(hard=OPEN, soft=SoftFilter(by="cluster", below=0.5, clusters=3, sample=75))
    result = curate(make_log(*many("abc", 50)), config, encoder=encoder)
    kept = result.corpus["push_id"].to_list()
    assert kept == [f"{c}{i:03d}" for c in "abc" for i in range(25, 50)]
    assert sorted(encoder.asked) == sorted(set(encoder.asked))
    assert len(encoder.asked) == 150


def test_styles_group_and_label_each_text_once(make_log: MakeLog) -> None:
    labeller = LengthLabeller()
    pushes = [push("a", "short", "c1"), push("b", "short", "c2"), push("d", "a rather long text", style="given")]
    log = make_log(pushes, [shown(p["push_id"], 1_000, 10) for p in pushes])
    config = CurationConfig(hard=OPEN, soft=SoftFilter(by="style", below=0.5))
    result = curate(log, config, labeller=labeller)
    assert labeller.asked == ["short"]
    assert result.corpus.select("push_id", "style").rows() == [("b", "short"), ("d", "given")]
    again = curate(log, CurationConfig(hard=OPEN, soft=SoftFilter(by="none"), relabel=True), labeller=labeller)
    assert again.corpus["style"].to_list() == ["short", "short", "long"]


def test_category_part_and_caption(make_log: MakeLog) -> None:
    pushes, exposures = many("ab", 40)
    contents = [
        {"content_id": p["content_id"], "category": p["body"][0], "caption": "told" if i % 2 else None}
        for i, p in enumerate(pushes)
    ]
    log = make_log(pushes, exposures, contents)
    config = CurationConfig(hard=OPEN, soft=SoftFilter(by="category", below=0.5), require_caption=True)
    corpus = curate(log, config).corpus
    assert corpus["caption"].unique().to_list() == ["told"]
    assert corpus["push_id"].str.head(1).value_counts()["count"].to_list() == [10, 10]
    sides = [
        curate(log, CurationConfig(hard=OPEN, soft=SoftFilter(by="none"), part=part)) for part in ("train", "holdout")
    ]
    names = [set(side.corpus["push_id"]) for side in sides]
    assert names[0] | names[1] == {p["push_id"] for p in pushes}
    assert not names[0] & names[1]


def test_clusters_need_an_encoder(make_log: MakeLog) -> None:
    with pytest.raises(ConfigurationError, match="encoder"):
        curate(make_log([], []), PRESETS["paper"])


def test_literal_weights_fit_a_corpus(make_log: MakeLog) -> None:
    config = CurationConfig(hard=OPEN, soft=SoftFilter(by="none"), confidence=Confidence(exposure="literal"))
    result = curate(make_log(*many("a", 5)), config)
    assert result.corpus["weight"].max() == 1.0
    assert any("literal" in note for note in result.funnel.notes)


def write_log(log: LogTables, folder: Path) -> Path:
    for name in log.names():
        (folder / name).mkdir(parents=True)
        frame: pl.DataFrame = getattr(log, name).collect()
        for part in range(2):
            frame.gather_every(2, part).write_parquet(folder / name / f"part-{part}.parquet")
    return folder


def test_parts_on_disk_equal_the_result_in_memory_and_are_not_made_twice(make_log: MakeLog, tmp_path: Path) -> None:
    in_memory = make_log(*many("ab", 30), contents=[{"content_id": "a3", "caption": "told", "language": "en"}])
    on_disk = LogTables.open(write_log(in_memory, tmp_path / "log"))
    config = CurationConfig(hard=OPEN, soft=SoftFilter(by="none"), part_rows=25)
    funnel = write_corpus(on_disk, tmp_path / "out", config, inputs={"log": "1"})
    parts = sorted((tmp_path / "out" / "corpus").iterdir())
    assert [pl.read_parquet(part).height for part in parts] == [25, 25, 10]
    assert read_table(tmp_path / "out" / "corpus", CORPUS).equals(curate(in_memory, config).corpus)
    assert read_funnel(tmp_path / "out").as_dict() == funnel.as_dict()
    before = {part: part.stat().st_mtime_ns for part in parts}
    write_corpus(on_disk, tmp_path / "out", config, inputs={"log": "1"})
    assert {part: part.stat().st_mtime_ns for part in parts} == before
    labeller = LengthLabeller()
    write_corpus(on_disk, tmp_path / "out", config, inputs={"log": "1"}, labeller=labeller)
    assert read_table(tmp_path / "out" / "corpus", CORPUS)["style"].null_count() == 0


def test_same_input_same_bytes(make_log: MakeLog, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_corpus(make_log(*many("ab", 30)), tmp_path / name, PLAIN, inputs={"log": "1"})
    files = [sorted(p for p in (tmp_path / name).rglob("*.*") if p.name != "timings.json") for name in ("one", "two")]
    assert [p.read_bytes() for p in files[0]] == [p.read_bytes() for p in files[1]]


def test_a_log_without_a_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contents"):
        LogTables.open(tmp_path)


def test_a_push_id_with_two_texts_gives_the_same_corpus_in_any_order(make_log: MakeLog) -> None:
    rows = [push(f"p{i}", f"{word} {i}", style=style) for i in range(20) for word, style in (("b", None), ("a", "x"))]
    exposures = [shown(f"p{i}", 1_000, 10) for i in range(20)]
    one, two = curate(make_log(rows, exposures), PLAIN), curate(make_log(rows[::-1], exposures), PLAIN)
    assert one.funnel.dropped == {"repeated push id": 20}
    assert one.corpus.equals(two.corpus)
