"""The annotated sample: seeded, of different texts, mostly what readers see, and never the writer's plan itself."""

import pytest

from pushgen.errors import ConfigurationError
from pushgen.world import World, WorldConfig

SMALL = WorldConfig(contents=150, experiments=200, solo_sends=60, days=60)


def test_annotators_mostly_say_what_readers_find_and_slip_at_times() -> None:
    world = World.build(SMALL, seed=3)
    known = world.annotated(400)
    assert known.height == known["text"].n_unique() == 400
    agreed = [a == b for a, b in zip(known["style"], world.truth.styles(known["text"].to_list()), strict=True)]
    assert 0.88 < sum(agreed) / len(agreed) < 0.98
    assert world.annotated(400).equals(World.build(SMALL, seed=3).annotated(400))
    assert set(known["push_id"]) <= set(world.history().pushes["push_id"])


def test_more_than_there_are_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="different texts"):
        World.build(SMALL, seed=3).annotated(10_000)
