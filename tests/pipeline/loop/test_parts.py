"""Traffic, feedback, the daily check and the verdict of the loop on data whose answer is known."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.bandits.learn import Learnt
from pushgen.pipeline.loop.config import LoopConfig, MonitorConfig, TrafficConfig
from pushgen.pipeline.loop.control import shuffled
from pushgen.pipeline.loop.figures import figures
from pushgen.pipeline.loop.learning import judge, prior_from_rounds
from pushgen.pipeline.loop.monitor import Check, alarms_in_a_row, check
from pushgen.pipeline.loop.traffic import send_round
from pushgen.records import Candidate
from pushgen.reward.settings import RewardConfig
from pushgen.world import World, WorldConfig

LEARNT = Learnt(strength=20.0, slope=1.0, level_alpha=2.0, level_beta=150.0)


def share(slope: float, *, contents: int = 300, seed: int = 0, shown: int = 200) -> pl.DataFrame:
    """A random share in which so much of the predicted lift comes true."""
    rng = np.random.default_rng(seed)
    content = np.repeat(np.arange(contents), 4)
    utility = rng.normal(0, 0.2, len(content))
    rate = 0.012 * np.exp(rng.normal(0, 0.6, contents)[content] + slope * utility + rng.normal(0, 0.2, len(content)))
    return pl.DataFrame(
        {
            "content_id": [f"n{i:05d}" for i in content],
            "candidate_id": [f"c{i}" for i in range(len(content))],
            "caption": ["x"] * len(content),
            "text": [f"text {i}" for i in range(len(content))],
            "impressions": np.full(len(content), shown),
            "clicks": rng.binomial(shown, np.minimum(rate, 0.5)),
            "utility": utility,
        }
    )


def checks(slopes: Sequence[float]) -> list[Check]:
    """The daily checks of rounds with these truths."""
    found: list[Check] = []
    for number, slope in enumerate(slopes):
        found.append(check(share(slope, seed=number), found, MonitorConfig(), seed=number))
    return found


def test_the_alarm_fires_when_predictions_stop_coming_true_and_not_before() -> None:
    found = checks([1.0, 0.9, 1.0, 0.0, 0.0, 1.0])
    assert [one.alarm for one in found] == [False, False, False, True, True, False]
    assert found[3].words.startswith("ALARM:")
    assert alarms_in_a_row(found[:5]) == 2
    assert alarms_in_a_row(found) == 0
    assert found[0].slope == pytest.approx(1.0, abs=3 * found[0].error)
    assert found[0].accuracy > 0.5


def test_quiet_rounds_raise_no_alarm() -> None:
    for seed in range(0, 60, 6):
        found: list[Check] = []
        for number in range(6):
            found.append(check(share(1.0, seed=1000 + seed + number, contents=150), found, MonitorConfig()))
        assert not any(one.alarm for one in found)


def test_predictions_the_wrong_way_round_raise_the_alarm_at_once() -> None:
    assert checks([-1.0])[0].alarm


def test_without_clicks_nothing_is_told_and_no_alarm_rings() -> None:
    silent = share(1.0, contents=20).with_columns(clicks=pl.lit(0, pl.Int64))
    found = check(silent, checks([1.0]), MonitorConfig())
    assert not found.alarm
    assert "too few clicks" in found.words
    unseen = silent.with_columns(impressions=pl.lit(0, pl.Int64))
    assert "too few clicks" in check(unseen, [], MonitorConfig()).words


@given(seed=st.integers(0, 200))
@settings(max_examples=25, deadline=None)
def test_poison_moves_counts_within_a_content_and_loses_none(seed: int) -> None:
    clean = share(1.0, contents=12, seed=seed)
    wrong = shuffled(clean, [seed, 1])
    assert wrong.drop("impressions", "clicks").equals(clean.drop("impressions", "clicks"))
    for name in ("impressions", "clicks"):
        assert wrong[name].dtype == pl.Int64
        before, after = (
            frame.group_by("content_id", maintain_order=True).agg(pl.col(name).sort()) for frame in (clean, wrong)
        )
        assert before.equals(after)


def test_what_a_prediction_is_worth_is_learnt_from_what_came_true() -> None:
    right, useless = (prior_from_rounds([share(slope, seed=3, contents=200, shown=2000)]) for slope in (1.0, 0.0))
    assert right.slope == pytest.approx(1.0, abs=0.2)
    assert right.strength == pytest.approx(1 / 0.2**2, rel=0.4)
    assert useless.slope < 0.2


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(WorldConfig(contents=60, experiments=60, solo_sends=100), seed=51)


def candidates(world: World, counts: Sequence[int]) -> dict[str, list[Candidate]]:
    made: dict[str, list[Candidate]] = {}
    for content, count in zip(world.new_contents(len(counts)), counts, strict=True):
        words = (content.caption or "").split()
        made[content.content_id] = [
            Candidate(
                candidate_id=f"{content.content_id}-{number}",
                content_id=content.content_id,
                body=" ".join(words[number : number + 6]),
                style="plain",
                generator="test",
                seed=0,
                prompt_hash="x",
            )
            for number in range(count)
        ]
    return made


def test_contents_with_fewer_candidates_than_arms_are_sent_all_the_same(world: World) -> None:
    made = candidates(world, [1, 2, 5])
    utilities = {name: np.arange(len(texts), dtype=np.float64) / 10 for name, texts in made.items()}
    config = TrafficConfig(impressions=1000, control_share=0.2, control_arms=3, shortlist=4, batches=5)
    tested = send_round(world, made, utilities, LEARNT, config, [1])
    for table, size in ((tested.control, 200), (tested.sent, 800)):
        totals = table.group_by("content_id").agg(pl.col("impressions").sum())
        assert totals["impressions"].to_list() == [size] * 3
        assert (table["clicks"] <= table["impressions"]).all()
    best = tested.sent.filter(pl.col("content_id") == "n00002")["candidate_id"].to_list()
    assert best == ["n00002-4", "n00002-3", "n00002-2", "n00002-1"]
    again = send_round(world, made, utilities, LEARNT, config, [1])
    assert again.control.equals(tested.control)
    assert again.sent.equals(tested.sent)
    found = figures(world, made, utilities, tested)
    assert found.best >= found.all >= 0
    assert found.clicks + found.regret == pytest.approx(found.best * 3000)


def test_every_candidate_has_the_same_chance_in_the_random_share(world: World) -> None:
    made = candidates(world, [6])
    config = TrafficConfig(impressions=300, control_share=0.5, control_arms=2, batches=5)
    utilities = {"n00000": np.arange(6.0)}
    seen = [
        name
        for seed in range(150)
        for name in send_round(world, made, utilities, LEARNT, config, [seed]).control["candidate_id"]
    ]
    counts = np.array([seen.count(f"n00000-{number}") for number in range(6)])
    # 50 expected of each; five standard deviations.
    assert np.abs(counts - 50).max() < 5 * (50 * (1 - 1 / 3)) ** 0.5


def test_a_content_without_candidates_is_refused(world: World) -> None:
    with pytest.raises(InputError, match="none for 'n00001'"):
        send_round(world, {"n00001": []}, {"n00001": np.zeros(0)}, LEARNT, TrafficConfig(), [1])


def test_without_held_out_clicks_the_incumbent_stays() -> None:
    silent = share(1.0, contents=30).with_columns(clicks=pl.lit(0, pl.Int64))
    for shares in ([], [silent]):
        verdict = judge(Path("unread"), Path("unread"), shares)
        assert not verdict.adopted
        assert "no held-out clicks" in verdict.words


@pytest.mark.parametrize(
    "change",
    [
        {"control_share": 0.0},
        {"control_arms": 1},
        {"shortlist": 0},
        {"batches": 0},
        {"impressions": 10},
        {"delay": 20},
    ],
)
def test_traffic_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        dataclasses.replace(TrafficConfig(), **change)  # type: ignore[arg-type]


def test_a_loop_of_networks_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="linear"):
        LoopConfig(reward=RewardConfig(kind="pair"))
