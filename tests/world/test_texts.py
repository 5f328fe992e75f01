"""Captions, pushes and how they are read."""

import dataclasses
import re

import pytest

from pushgen.world import World, WorldConfig
from pushgen.world.language import STYLES, language, with_articles
from pushgen.world.reader import Reader

SMALL = WorldConfig(contents=200, experiments=250, solo_sends=0, days=60, error_share=0.0)


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(SMALL, seed=8)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("Why did nobody tell the baker?", "question"),
        ("You won't believe the hidden twist... wait for it", "suspense"),
        ("Goosebumps and tears: a song that melts the heart", "emotion"),
        ("How to sharpen a knife: simple steps, easy tips", "practical"),
        ("Haha, the silliest joke, LOL", "humour"),
        ("Breaking: the bridge is open right now, hurry", "urgency"),
        ("42 goals, 7 games", "numbers"),
        ("Trending: thousands of fans can't stop sharing it", "social_proof"),
        ("According to experts, the study proves it", "authority"),
        ("Free gift: claim the bonus", "offer"),
        ("Hot take: critics are furious about the scandal", "controversy"),
        ("Welcome back, we picked for you what you'll love", "personal"),
        ("The bridge of the town", "plain"),
    ],
)
def test_the_reader_finds_the_style(text: str, style: str) -> None:
    shares = Reader(language()).read(text).styles
    assert STYLES[int(shares.argmax())] == style
    assert shares.sum() == pytest.approx(1.0)


def test_captions_have_two_to_four_sentences_and_differ(world: World) -> None:
    captions = [content.caption or "" for content in world.contents]
    assert len(set(captions)) == len(captions)
    for caption in captions:
        assert 2 <= len(re.findall(r"[.?!]\"?(?= |$)", caption)) <= 5, caption
        assert "{" not in caption
        assert "[" not in caption


def test_past_pushes_claim_only_what_the_caption_says(world: World) -> None:
    pushes = world.history().pushes
    assert sum(world.truth.unsupported(pushes["content_id"].to_list(), pushes["body"].to_list())) == 0


def test_slips_are_made_at_the_stated_share() -> None:
    careless = World.build(dataclasses.replace(SMALL, error_share=0.5), seed=8)
    pushes = careless.history().pushes
    wrong = careless.truth.unsupported(pushes["content_id"].to_list(), pushes["body"].to_list())
    assert 0.25 < sum(count > 0 for count in wrong) / len(wrong) < 0.55


def test_every_style_is_written_and_read_back_mostly(world: World) -> None:
    log = world.history()
    planned = [world.truth.planned_styles[push_id] for push_id in log.pushes["push_id"]]
    read = world.truth.styles(log.pushes["body"].to_list())
    assert set(planned) == set(STYLES)
    assert sum(a == b for a, b in zip(planned, read, strict=True)) / len(read) > 0.75


def test_articles() -> None:
    text = with_articles("a egg, a 8-layer cake, a 11-year-old, a one, a 80 km run, a 18th, a 110 m wall. A old man")
    assert text == "an egg, an 8-layer cake, an 11-year-old, a one, an 80 km run, an 18th, a 110 m wall. An old man"
