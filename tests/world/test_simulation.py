"""The world: seeded, sane counts, tables as declared."""

import polars as pl
import pytest

from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, PUSHES
from pushgen.world import World, WorldConfig, WorldLog

SMALL = WorldConfig(contents=150, experiments=200, solo_sends=60, days=60)


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(SMALL, seed=3)


@pytest.fixture(scope="module")
def log(world: World) -> WorldLog:
    return world.history()


def test_same_seed_same_log_and_another_seed_another(log: WorldLog) -> None:
    again = World.build(SMALL, seed=3).history()
    other = World.build(SMALL, seed=4).history()
    for name in ("contents", "pushes", "exposures", "experiments"):
        assert getattr(again, name).equals(getattr(log, name), null_equal=True)
        assert not getattr(other, name).equals(getattr(log, name), null_equal=True)


def test_frames_have_the_declared_schemas_and_keys(log: WorldLog) -> None:
    for table, frame in (
        (CONTENTS, log.contents), (PUSHES, log.pushes), (EXPOSURES, log.exposures), (EXPERIMENTS, log.experiments),
    ):  # fmt: skip
        assert frame.schema == table.schema
        assert frame.select(table.key).is_unique().all()
        assert frame.select(table.required).null_count().sum_horizontal().item() == 0
    assert set(log.pushes["content_id"]) <= set(log.contents["content_id"])
    assert set(log.exposures["push_id"]) == set(log.pushes["push_id"])


def test_counts_are_possible(log: WorldLog) -> None:
    counts = log.exposures
    assert counts.select((pl.col("clicks") <= pl.col("impressions")).all()).item()
    assert counts.select((pl.col("short_views") + pl.col("long_views") <= pl.col("clicks")).all()).item()
    assert counts.select((pl.col("dislikes") <= pl.col("impressions")).all()).item()
    assert counts.select(pl.min_horizontal("clicks", "short_views", "long_views", "dislikes").min()).item() >= 0


def test_tests_have_two_to_six_different_texts_of_one_content_and_several_styles(world: World, log: WorldLog) -> None:
    arms = log.exposures.drop_nulls("experiment_id").join(log.pushes, on="push_id")
    planned = world.truth.planned_styles
    arms = arms.with_columns(planned=pl.Series([planned[push_id] for push_id in arms["push_id"]]))
    per_test = arms.group_by("experiment_id").agg(
        pl.len().alias("arms"),
        pl.col("body").str.to_lowercase().n_unique().alias("texts"),
        pl.col("content_id").n_unique().alias("contents"),
        pl.col("planned").n_unique().alias("styles"),
    )
    assert per_test["arms"].is_between(2, 6).all()
    assert (per_test["texts"] == per_test["arms"]).all()
    assert (per_test["contents"] == 1).all()
    assert per_test.select((pl.col("styles") / pl.col("arms")).mean()).item() > 0.8


def test_many_arms_are_thin_and_some_are_not(log: WorldLog) -> None:
    tests = log.exposures.drop_nulls("experiment_id")
    assert tests.select((pl.col("impressions") < 800).mean()).item() > 0.1
    assert tests.select((pl.col("impressions") > 3000).mean()).item() > 0.3


def test_new_contents_are_new_and_asking_for_more_begins_with_the_same(world: World) -> None:
    few, more = world.new_contents(5), world.new_contents(9)
    assert more[:5] == few
    assert not {content.content_id for content in more} & {content.content_id for content in world.contents}
    assert len({content.caption for content in more}) == 9


def test_experiments_alone_when_no_solo_sends_are_asked_for() -> None:
    log = World.build(WorldConfig(contents=20, experiments=30, solo_sends=0, days=10), seed=1).history()
    assert log.exposures["experiment_id"].null_count() == 0
    assert log.experiments["arms"].sum() == log.exposures.height
