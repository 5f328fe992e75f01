"""A tiny reward model and contents, shared by the end-to-end tests."""

from pathlib import Path

import polars as pl
import pytest

PLACES = ("Hart Valley", "Old Mill", "Rose Bay", "North Pier", "Green Hill", "Long Lake", "Silver Fork", "West Gate")
MAKERS = ("Ana Voss", "Tom Adler", "Mia Brandt", "Leo Falk", "Ida Kern", "Max Thiel")
THINGS = ("wooden boat", "bread oven", "radio tower", "school garden", "stone bridge", "night market", "paper kite")


def caption(index: int) -> str:
    maker, place = MAKERS[index % len(MAKERS)], PLACES[index % len(PLACES)]
    thing = THINGS[index % len(THINGS)]
    return (
        f"{maker} spent {index + 3} weeks on a {thing} in {place}. "
        f"The {thing} was finished on a cold morning, and {index % 9 + 2} neighbours came to see it. "
        f"The film shows every step of the work."
    )


@pytest.fixture(scope="session")
def contents_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("contents") / "contents.csv"
    rows = [{"content_id": f"v{index:03d}", "caption": caption(index), "language": "en"} for index in range(40)]
    pl.DataFrame(rows).write_csv(path)
    return path


@pytest.fixture(scope="session")
def tiny_reward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reward model of a few seconds, trained on pairs in which the longer text wins."""
    from pushgen.reward.settings import BackboneConfig, PairConfig, RewardConfig
    from pushgen.reward.storage import save_reward
    from pushgen.reward.train_pair import train_pair
    from pushgen.tables import PAIRS

    rows = [
        {
            "experiment_id": f"e{index}",
            "content_id": f"c{index}",
            "push_a": f"a{index}",
            "push_b": f"b{index}",
            "text_a": caption(index).split(".")[0],
            "text_b": " ".join(caption(index).split()[:4]),
            "caption": None,
            "impressions_a": 4000,
            "clicks_a": 120,
            "impressions_b": 4000,
            "clicks_b": 60,
        }
        for index in range(300)
    ]
    config = RewardConfig(
        kind="pair",
        backbone=BackboneConfig(name="own", width=32, layers=1, vocabulary=400),
        pair=PairConfig(joint_layers=1, max_tokens=48),
        epochs=1,
    )
    folder = tmp_path_factory.mktemp("reward") / "model"
    save_reward(train_pair(pl.DataFrame(rows, schema=PAIRS.schema), config).model, folder)
    return folder
