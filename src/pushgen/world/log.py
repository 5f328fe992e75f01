"""The past of the world: which tests ran, which pushes they showed, and what was counted."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.records import Push
from pushgen.world.clicks import ClickModel
from pushgen.world.config import WorldConfig
from pushgen.world.language import STYLES, Language
from pushgen.world.reader import Reading
from pushgen.world.stories import START, Story
from pushgen.world.writers import FASHION, draw_styles, slip, write_new

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_HOURS = tuple(range(7, 24))
_CLICKBAIT = np.array([0.5 if style in ("suspense", "controversy", "urgency", "offer") else 0.0 for style in STYLES])


@dataclass(frozen=True, slots=True)
class WorldLog:
    """A send log and its A/B tests, as tables of `pushgen.tables`."""

    contents: pl.DataFrame
    pushes: pl.DataFrame
    exposures: pl.DataFrame
    """Counts per push; `experiment_id` is null for sends outside any test."""
    experiments: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Sent:
    """A past push before anything is counted."""

    push: Push
    style: str
    experiment_id: str | None
    started_at: datetime


def write_past(config: WorldConfig, seed: int, stories: list[Story], language: Language) -> list[Sent]:
    """The pushes of all past tests, then those sent alone, in the order of the contents."""
    rng = random.Random(f"{seed}/past")
    desks = [[FASHION[style] * rng.uniform(0.4, 1.6) for style in STYLES] for _ in language.topics]
    arms = range(2, 2 + len(config.arm_shares))
    taken: dict[str, set[str]] = {}
    sent: list[Sent] = []

    def add(story: Story, style: str, experiment_id: str | None, started_at: datetime) -> None:
        used = taken.setdefault(story.content.content_id, set())
        text = write_new(story, style, used, language, rng)
        if text is None:
            return
        used.add(text.lower())
        if rng.random() < config.error_share:
            text = slip(text, story, language, rng)
        push = Push(push_id=f"p{len(sent):06d}", content_id=story.content.content_id, body=text, language="en")
        sent.append(Sent(push, style, experiment_id, started_at))

    for index in range(config.experiments):
        story = stories[index % len(stories)]
        moment = _moment(index / config.experiments, config.days, rng)
        count = rng.choices(arms, config.arm_shares)[0]
        for style in draw_styles(desks[story.topic], count, rng):
            add(story, style, f"e{index:05d}", moment)
    for _ in range(config.solo_sends):
        story = rng.choice(stories)
        add(story, rng.choices(STYLES, desks[story.topic])[0], None, _moment(rng.random(), config.days, rng))
    return sent


def _moment(position: float, days: int, rng: random.Random) -> datetime:
    day = min(int(position * days), days - 1)
    return START + timedelta(days=day, hours=rng.choice(_HOURS), minutes=rng.randrange(60))


def moments(model: ClickModel, sent: list[Sent]) -> Floats:
    """Log-odds of hour and fatigue by push and segment, shape (pushes, segments); equal for all arms of a test."""
    days = np.array([(item.started_at - START).days for item in sent])
    rounds = {(day, item.experiment_id or item.push.push_id) for day, item in zip(days.tolist(), sent, strict=True)}
    load = np.bincount([day for day, _ in rounds], minlength=model.config.days).astype(float)
    tired = -model.config.fatigue * np.log(load[days] / load[load > 0].mean())
    hours = np.array([item.started_at.hour for item in sent])
    return model.hours[:, hours].T + tired[:, None]


def traffic(config: WorldConfig, seed: int, sent: list[Sent]) -> Ints:
    """Impressions of each push: traffic differs widely from test to test and is split evenly at random within."""
    rng = np.random.default_rng([seed, 2])
    impressions = np.zeros(len(sent), dtype=np.int64)
    groups: dict[str, list[int]] = {}
    for index, item in enumerate(sent):
        groups.setdefault(item.experiment_id or item.push.push_id, []).append(index)
    for members in groups.values():
        mean = float(np.exp(rng.normal(config.log_impressions_mean, config.log_impressions_sd)))
        if rng.random() < config.small_test_share:
            mean *= config.small_test_traffic
        total = int(max(mean * len(members), 20.0 * len(members)))
        impressions[members] = rng.multinomial(total, [1.0 / len(members)] * len(members))
    return impressions


def outcomes(
    model: ClickModel, stories: list[Story], readings: list[Reading], ctr: Floats, impressions: Ints,
    wrong: Floats, rng: np.random.Generator,
) -> dict[str, Ints]:  # fmt: skip
    """Counts of clicks, short views, long views (exclusive parts of the clicks) and dislikes.

    `wrong` is the number of unsupported claims of each text.
    """
    quality = np.array([story.quality for story in stories])
    bait = np.array([reading.styles @ _CLICKBAIT for reading in readings])
    effects = model.config.text_effects
    clicks = rng.binomial(impressions, ctr)
    short = _sigmoid(-1.1 - 0.5 * quality + effects * (1.2 * bait + 0.5 * wrong))
    long = (1.0 - short) * _sigmoid(1.1 + 0.5 * quality)
    short_views = rng.binomial(clicks, short)
    long_views = rng.binomial(clicks - short_views, long / (1.0 - short))
    dislikes = rng.binomial(impressions, _sigmoid(-6.6 - 0.3 * quality + effects * (1.0 * bait + 0.8 * wrong)))
    return {"clicks": clicks, "short_views": short_views, "long_views": long_views, "dislikes": dislikes}


def _sigmoid(values: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-values))
