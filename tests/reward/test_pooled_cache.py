"""A model that remembers the texts it has read says the same, and reads each once."""

import numpy as np
import pytest

from pushgen.reward.backbone import open_backbone
from pushgen.reward.origin import Origin
from pushgen.reward.pooled_cache import PooledCache
from pushgen.reward.settings import BackboneConfig, Kind, UtilityConfig
from pushgen.reward.utility import UtilityReward, build_utility
from pushgen.statistics.calibration import Residual

TEXTS = ["a ferry leaves", "a baker finds an oven", "seven questions", "what the baker found"]


def reward(kind: Kind) -> UtilityReward:
    backbone, tokenizer, _ = open_backbone(BackboneConfig(name="own", width=32, layers=2), TEXTS, seed=0)
    network = build_utility(backbone, UtilityConfig(), kind)
    network.head.linear.weight.data.normal_()  # type: ignore[union-attr]
    return UtilityReward(kind, network.eval(), tokenizer, UtilityConfig(), Residual(), Origin(backbone="own"))


@pytest.mark.parametrize("kind", ["score", "list"])
def test_the_same_utilities_and_each_text_read_once(kind: Kind) -> None:
    model = reward(kind)
    lists, captions = [TEXTS[:3], TEXTS[1:], [], [TEXTS[0]]], [None] * 4
    plain = model.utilities(lists, captions)
    model.cache = PooledCache()
    for _ in range(3):
        for one, other in zip(model.utilities(lists, captions), plain, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
    assert (model.cache.misses, len(model.cache)) == (4, 4)


def test_what_was_used_longest_ago_is_forgotten() -> None:
    model = reward("score")
    model.cache = PooledCache(limit=2)
    plain = [float(model.utilities([[text]], [None])[0][0]) for text in TEXTS]
    assert len(model.cache) == 2
    assert model.cache.misses == 4
    # All four at once are more than the cache keeps, and right all the same.
    (found,) = model.utilities([TEXTS], [None])
    np.testing.assert_allclose(found, plain, atol=1e-5)
    assert (len(model.cache), model.cache.misses) == (2, 6)
