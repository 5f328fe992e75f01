"""What holds for the curation of any log."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.curation import Curated, CurationConfig, HardFilter, LiftFilter, LogTables, SoftFilter, curate
from pushgen.curation.confidence import confidence
from pushgen.curation.soft import crop
from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, PUSHES, Table

Row = dict[str, Any]
Rows = list[Row]


def frame(rows: Sequence[Mapping[str, Any]], schema: Table) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema.names} for row in rows], schema=schema.schema)


@st.composite
def logs(draw: st.DrawFn) -> tuple[Rows, Rows, Rows]:
    """Pushes, exposures, experiments, with nulls, thin counts, repeated texts and excluded experiments."""
    number = draw(st.integers(0, 12))
    bodies = st.sampled_from(["open now", "see what happened", "", "  ", "ten ways", "why?", "last day"])
    pushes: Rows = [
        {
            "push_id": f"p{i:02d}",
            "content_id": draw(st.sampled_from(["c1", "c2"])),
            "title": draw(st.sampled_from([None, "", "News"])),
            "body": draw(bodies),
            "style": draw(st.sampled_from([None, "plain", "question"])),
            "media": draw(st.sampled_from([None, "x"])),
        }
        for i in range(number)
    ]
    exposures: Rows = []
    for row in pushes:
        for experiment in draw(st.sets(st.sampled_from([None, "e1", "e2", "bad"]))):
            shown = draw(st.none() | st.integers(0, 20_000))
            clicks = None if shown is None else draw(st.none() | st.integers(0, shown))
            views = None if clicks is None else draw(st.none() | st.integers(0, clicks))
            exposures.append(
                {
                    "push_id": row["push_id"],
                    "experiment_id": experiment,
                    "impressions": shown,
                    "clicks": clicks,
                    "short_views": views,
                    "long_views": None if clicks is None or views is None else clicks - views,
                    "dislikes": None if shown is None else draw(st.none() | st.integers(0, shown)),
                    "rate": draw(st.none() | st.floats(0, 1)),
                }
            )
    experiments: Rows = [
        {"experiment_id": "e1", "content_id": "c1"},
        {"experiment_id": "e2", "content_id": "c2"},
        {"experiment_id": "bad", "content_id": "c1", "excluded": "window"},
    ]
    return pushes, exposures, experiments


thresholds = st.none() | st.floats(0, 0.5)
configs = st.builds(
    CurationConfig,
    hard=st.builds(
        HardFilter,
        pv_above=st.none() | st.integers(0, 2_000),
        ctr_above=thresholds,
        svr_below=thresholds,
        lvtr_above=thresholds,
        htr_below=thresholds,
        bounds=st.sampled_from(["raw", "wilson", "jeffreys"]),
        unknown=st.sampled_from(["keep", "drop"]),
    ),
    lift=st.builds(
        LiftFilter,
        enabled=st.booleans(),
        log_lift_above=st.floats(-0.5, 0.5),
        probability=st.none() | st.floats(0.1, 0.9),
        quantile=st.none() | st.floats(0, 0.9),
    ),
    soft=st.builds(
        SoftFilter,
        by=st.sampled_from(["none", "all", "style", "category"]),
        below=st.floats(0, 0.5),
        above=st.floats(0, 0.4),
        rate=st.sampled_from(["raw", "shrunk"]),
    ),
)


def run(log: tuple[Rows, Rows, Rows], config: CurationConfig) -> Curated:
    pushes, exposures, experiments = log
    tables = LogTables.of(
        frame([{"content_id": "c1", "category": "news", "caption": "told"}], CONTENTS),
        frame(pushes, PUSHES),
        frame(exposures, EXPOSURES),
        frame(experiments, EXPERIMENTS),
    )
    return curate(tables, config)


@settings(max_examples=120, deadline=None)
@given(logs(), configs)
def test_no_row_is_lost_and_weights_stay_in_range(log: tuple[Rows, Rows, Rows], config: CurationConfig) -> None:
    result = run(log, config)
    assert len(log[0]) == result.corpus.height + sum(result.funnel.dropped.values())
    assert result.corpus.height == result.funnel.rows_out
    assert result.corpus["weight"].is_between(0.3, 1.0).all()
    assert result.corpus["push_id"].is_sorted()
    assert (result.corpus["text"].str.strip_chars() != "").all()


@settings(max_examples=100, deadline=None)
@given(logs(), configs, st.randoms(use_true_random=False), st.data())
def test_order_and_copies_of_rows_change_nothing(
    log: tuple[Rows, Rows, Rows], config: CurationConfig, random: Any, data: st.DataObject
) -> None:
    shuffled: list[Rows] = []
    for rows in log:
        copies = data.draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else []
        more = [*rows, *copies]
        random.shuffle(more)
        shuffled.append(more)
    once, again = run(log, config), run((shuffled[0], shuffled[1], shuffled[2]), config)
    assert again.corpus.equals(once.corpus)
    repeated = again.funnel.dropped.pop("repeated push id", 0)
    assert repeated == len(shuffled[0]) - len(log[0])


@settings(max_examples=120, deadline=None)
@given(logs(), configs)
def test_raw_thresholds_are_honoured(log: tuple[Rows, Rows, Rows], config: CurationConfig) -> None:
    hard = config.hard
    result = run(log, CurationConfig(hard=hard, soft=config.soft))
    corpus = result.corpus.filter(pl.col("impressions") > 0)
    if hard.pv_above is not None and "pv" not in result.funnel.skipped:
        assert (corpus["impressions"] > hard.pv_above).all()
    # Where some exposures of a push lack clicks the corpus shows the sums only, so rates are read off the others.
    whole = corpus.filter(pl.col("push_id").is_in(_complete(log)))
    if hard.ctr_above is not None:
        assert (whole["clicks"] / whole["impressions"] > hard.ctr_above).all()


def _complete(log: tuple[Rows, Rows, Rows]) -> list[str]:
    """Pushes whose text is unique and whose exposures all have clicks."""
    texts = [(row["content_id"], row["title"] or None, row["body"]) for row in log[0]]
    torn = {row["push_id"] for row in log[1] if row["clicks"] is None or row["impressions"] is None}
    return [
        row["push_id"]
        for row, text in zip(log[0], texts, strict=True)
        if texts.count(text) == 1 and row["push_id"] not in torn
    ]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abc")), max_size=60),
    st.floats(0, 0.95),
    st.randoms(use_true_random=False),
)
def test_soft_crop_keeps_the_top_of_each_group(rows: list[tuple[float, str]], below: float, random: Any) -> None:
    random.shuffle(rows)
    data = pl.DataFrame(rows, schema={"rate": pl.Float64, "group": pl.String}, orient="row")
    dropped = crop(data["rate"], data["group"], SoftFilter(below=below))
    for name in data["group"].unique():
        inside = data["group"] == name
        gone, kept = data.filter(inside & dropped)["rate"], data.filter(inside & ~dropped)["rate"]
        assert kept.len() >= 1
        assert gone.len() == math.floor(below * int(inside.sum()) + 1e-9)
        if gone.len():
            assert float(gone.to_numpy().max()) <= float(kept.to_numpy().min())


@given(
    st.lists(
        st.tuples(st.none() | st.floats(0, 1), st.none() | st.integers(0, 10**9)),
        max_size=20,
    )
)
def test_weights_lie_in_range_and_grow_with_both_terms(rows: list[tuple[float | None, int | None]]) -> None:
    data = pl.DataFrame(rows, schema={"ctr": pl.Float64, "pv": pl.Int64}, orient="row")
    weight = confidence(data["ctr"], data["pv"])
    assert weight.is_between(0.3, 1.0).all()
    assert (confidence(data["ctr"], data["pv"] * 2) >= weight).all()
    assert (confidence((data["ctr"] * 2).clip(0, 1), data["pv"]) >= weight - 1e-12).all()


def test_empty_and_one_row() -> None:
    config = CurationConfig(soft=SoftFilter(by="all"))
    empty = run(([], [], []), config)
    assert empty.corpus.height == 0
    assert empty.funnel.rows_in == 0
    push: Row = {"push_id": "p", "content_id": "c1", "body": "open now"}
    good: Row = {"push_id": "p", "impressions": 5_000, "clicks": 100}
    assert run(([push], [good], []), config).corpus["caption"].to_list() == ["told"]
    assert run(([push], [good | {"clicks": 1}], []), config).funnel.dropped == {"ctr": 1}
