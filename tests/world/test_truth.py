"""The click model: text effects can be switched off, planted ones show, wrong claims cost, any text is scored."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError
from pushgen.records import Content, Push
from pushgen.world import World, WorldConfig

SMALL = WorldConfig(contents=120, experiments=150, solo_sends=20, days=40)


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(SMALL, seed=5)


def push(content: Content, text: str) -> Push:
    return Push(push_id=f"{content.content_id}-{text[:20]}", content_id=content.content_id, body=text)


def facts(world: World, content: Content) -> tuple[str, str]:
    """Full name of the person and the whole number of the first fact, as the caption states them."""
    story = world.truth.story(content.content_id)
    return story.slots["who"][0], next(fact.text for fact in story.facts if fact.kind == "number")


def with_number(world: World, n: int) -> list[Content]:
    stories = [(content, world.truth.story(content.content_id)) for content in world.new_contents(4 * n)]
    return [c for c, story in stories if "who" in story.slots and any(f.kind == "number" for f in story.facts)][:n]


def test_without_text_effects_all_texts_of_a_content_are_exactly_equal() -> None:
    flat = World.build(dataclasses.replace(SMALL, text_effects=0.0), seed=5)
    for content in flat.new_contents(20):
        texts = ["What is this?", content.caption or "", "99999 Zorblax lies", "", "Free! " * 40]
        assert len(set(flat.truth.ctrs([content.content_id] * len(texts), texts).tolist())) == 1
    log = flat.history()
    ids, texts = log.pushes["content_id"].to_list(), log.pushes["body"].to_list()
    by_content = log.pushes.with_columns(ctr=pl.Series(flat.truth.ctrs(ids, texts))).group_by("content_id")
    assert by_content.agg(pl.col("ctr").n_unique())["ctr"].max() == 1


def test_texts_are_the_same_with_and_without_text_effects() -> None:
    flat = World.build(dataclasses.replace(SMALL, text_effects=0.0), seed=5).history()
    assert flat.pushes.equals(World.build(SMALL, seed=5).history().pushes, null_equal=True)


def test_arms_of_a_test_differ_where_the_text_matters(world: World) -> None:
    log = world.history()
    ids, texts = log.pushes["content_id"].to_list(), log.pushes["body"].to_list()
    ctr = world.truth.ctrs(ids, texts)
    arms = log.exposures.with_columns(ctr=pl.Series(ctr)).drop_nulls("experiment_id")
    spread = arms.group_by("experiment_id").agg(pl.col("ctr").log().var())["ctr"].mean()
    assert isinstance(spread, float)
    assert 0.05 < spread < 0.15


def test_naming_facts_pays_and_wrong_claims_cost(world: World) -> None:
    contents = with_number(world, 60)
    ids = [content.content_id for content in contents]
    named, wrong_number, wrong_name, vague, person = [], [], [], [], []
    for content in contents:
        who, number = facts(world, content)
        named.append(f"It shows {who} and the number {number} in one video")
        wrong_number.append(f"It shows {who} and the number {int(number) + 40013} in one video")
        wrong_name.append(f"It shows Zelmira Quortz and the number {number} in one video")
        vague.append("It shows somebody in one video")
        person.append(f"It shows {who} in one video")
    truth = world.truth
    texts = {"named": named, "number": wrong_number, "name": wrong_name, "vague": vague, "person": person}
    level = {key: np.log(truth.ctrs(ids, own)).mean() for key, own in texts.items()}
    assert set(truth.unsupported(ids, named)) == {0}
    assert set(truth.unsupported(ids, wrong_number)) == {1}
    assert set(truth.unsupported(ids, wrong_name)) == {2}
    assert level["person"] - level["vague"] > 0.05
    assert level["named"] - level["number"] > 0.6 * SMALL.unsupported
    assert level["named"] - level["name"] > 1.2 * SMALL.unsupported


def test_wrong_claims_are_disliked_in_counts(world: World) -> None:
    contents = with_number(world, 40)
    good: list[Push] = []
    bad: list[Push] = []
    for content in contents:
        who, number = facts(world, content)
        good.append(push(content, f"{who} and the number {number}"))
        bad.append(push(content, f"{who} and the number {int(number) + 40013}"))
    counts = (
        world.ab_test({"good": good, "bad": bad}, 20_000, seed=1)
        .group_by("arm")
        .agg(pl.col("dislikes", "clicks").sum())
    )
    by_arm = {row["arm"]: row for row in counts.iter_rows(named=True)}
    assert by_arm["bad"]["dislikes"] > 1.5 * by_arm["good"]["dislikes"]
    assert by_arm["bad"]["clicks"] < by_arm["good"]["clicks"]


def test_large_tests_show_the_true_rates(world: World) -> None:
    contents = world.new_contents(50)
    arms = {
        "question": [push(content, f"Would you believe it? {content.title}") for content in contents],
        "title": [push(content, content.title or "") for content in contents],
    }
    counts = world.ab_test(arms, 200_000, seed=2)
    true = pl.Series(world.truth.ctrs(counts["content_id"].to_list(), counts["text"].to_list()))
    shown = counts["impressions"]
    z = ((counts["clicks"] - shown * true) / (shown * true * (1 - true)).sqrt()).to_numpy()
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
    assert 0.75 < z.std() < 1.25
    split = counts.group_by("arm").agg(pl.col("impressions").sum())["impressions"]
    assert split.sum() == 2 * 50 * 200_000
    assert abs(int(split[0]) - int(split[1])) < 6 * (2 * 50 * 200_000) ** 0.5


def test_a_planted_style_effect_is_visible_in_counts(world: World) -> None:
    contents = world.new_contents(60)
    ids = [content.content_id for content in contents]
    frames = {"free": "Get it for free: {}", "tears": "Tears and goosebumps: {}", "how": "Learn step by step: {}"}
    arms = {name: [push(c, frame.format(c.title)) for c in contents] for name, frame in frames.items()}
    counts = world.ab_test(arms, 100_000, seed=3)
    seen = counts.group_by("arm").agg((pl.col("clicks").sum() / pl.col("impressions").sum()).alias("ctr"))
    true = {name: world.truth.ctrs(ids, [p.text for p in pushes]).mean() for name, pushes in arms.items()}
    order = sorted(true, key=lambda name: true[name])
    assert seen.sort("ctr")["arm"].to_list() == order
    assert true[order[-1]] / true[order[0]] > 1.1


def test_ab_test_is_seeded_and_refuses_nonsense(world: World) -> None:
    content = world.new_contents(1)[0]
    arms = {"a": [push(content, "One")], "b": [push(content, "Two")]}
    assert world.ab_test(arms, 500, seed=1).equals(world.ab_test(arms, 500, seed=1))
    assert not world.ab_test(arms, 500, seed=1).equals(world.ab_test(arms, 500, seed=2))
    with pytest.raises(ConfigurationError, match="two pushes for one content"):
        world.ab_test({"a": [push(content, "One"), push(content, "Two")]}, 500, seed=1)
    with pytest.raises(ConfigurationError, match="at least 1 impression"):
        world.ab_test(arms, 0, seed=1)
    with pytest.raises(ConfigurationError, match="no content 'x1'"):
        world.truth.ctr("x1", "text")


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(codec=None), max_size=200))
def test_any_text_has_a_rate_between_zero_and_one(world: World, text: str) -> None:
    rate = world.truth.ctr("n00003", text)
    assert 0.0 < rate < 1.0
    assert rate == world.truth.ctr("n00003", text)


@pytest.mark.parametrize(
    "text", ["", " ", "a" * 1_000_000, "word " * 200_000, "7" * 5000, "\ud800", "\x00", "٣ ² 推送", "?!…"]
)
def test_hard_texts_have_a_rate(world: World, text: str) -> None:
    assert 0.0 < world.truth.ctr("n00001", text) < 1.0


def test_worn_phrases_cost(world: World) -> None:
    bodies = world.history().pushes["body"].to_list()
    parts = world.truth.parts(["n00002"] * len(bodies), bodies)
    assert parts["overuse"].min() < -0.05
    fresh = world.truth.parts(["n00002"], ["Purple umbrellas rarely negotiate with sleepy lanterns"])
    assert fresh["overuse"][0] == 0.0


def test_texts_that_repeat_themselves_lose(world: World) -> None:
    once, often = world.truth.ctrs(["n00004"] * 2, ["the cake the cake", "the cake " * 12])
    assert often < once
