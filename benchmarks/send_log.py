"""Makes a synthetic send log of any length over 200,000 distinct texts, the same for the same seed.

A row is one arm of an experiment in one hour: experiment, content, text, image, impressions, clicks, short_views,
long_views, dislikes, time. Every arm has a row in every hour, so that 50 hours make 10 million rows. Of the texts
one in four carries markup, entities, broken encodings or stray white space; one in fifty is an arm's text again with
such damage, to be merged after cleaning. One row in 2,000 is impossible (clicks above impressions, negative counts, no
text). One experiment in fifty did not get equal traffic.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from pushgen.progress import track

TEXTS = 200_000
ARMS = 5
"""Arms per experiment; each experiment has a content of its own."""
_OPENINGS = ("Why", "How", "Watch", "Nobody knew that", "Ten reasons", "At last:", "Today", "Look how", "The truth:")
_ACTORS = ("a baker", "the mayor", "two nurses", "Café Lumière", "a 9-year-old", "Señor Núñez", "the team", "my aunt")
_ACTS = ("opened a library", "won the derby", "fixed the bridge", "left the show", "sang in the rain", "saved a dog")
_PLACES = ("in Lyon", "by the sea", "on Monday", "after 40 years", "at dawn", "for €5", "in 上海", "– and cried")
_CHINESE = ("今天", "为什么", "终于", "大家", "看看", "城市", "音乐", "故事", "老师", "朋友", "改变", "下雨")


def make(folder: Path, hours: int, kind: Literal["csv", "parquet"], *, seed: int = 0) -> Path:
    """Writes `sends-HOURSh.csv` or `.parquet` into the folder, unless it is there; 200,000 rows per hour."""
    path = folder / f"sends-{hours}h.{kind}"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    frames = track(_hours(hours, seed), f"Writing {path.name}", hours)
    if kind == "csv":
        with draft.open("wb") as stream:
            for index, frame in enumerate(frames):
                frame.write_csv(stream, include_header=index == 0)
    else:
        import pyarrow.parquet as pq

        writer: Any = None
        for frame in frames:
            table = frame.with_columns(pl.col("time").str.to_datetime()).to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pq.ParquetWriter(draft, table.schema)
            writer.write_table(table)
        writer.close()
    draft.replace(path)
    return path


def _hours(hours: int, seed: int) -> Iterator[pl.DataFrame]:
    rng = np.random.default_rng(seed)
    experiment = np.repeat(np.arange(TEXTS // ARMS), ARMS)
    arms = pl.DataFrame(
        {
            "experiment": [f"e{i:06d}" for i in experiment],
            "content": [f"c{i:06d}" for i in experiment],
            "text": _texts(rng),
            "image": [f"i{i % 9973:04d}" for i in experiment],
        }
    )
    traffic = rng.lognormal(4.5, 0.5, TEXTS // ARMS)[experiment]
    unequal = (experiment % 50 == 7) & (np.arange(TEXTS) % ARMS == 0)
    traffic = traffic * np.where(unequal, 1.6, 1.0)
    ctr = np.clip(rng.lognormal(-4.2, 0.6, TEXTS // ARMS)[experiment] * rng.lognormal(0, 0.25, TEXTS), 0, 0.5)
    short, long = rng.beta(6, 14, TEXTS), rng.beta(12, 9, TEXTS)
    dislike = rng.beta(1, 220, TEXTS)
    for hour in range(hours):
        order = rng.permutation(TEXTS)
        impressions = rng.poisson(traffic[order])
        clicks = rng.binomial(impressions, ctr[order])
        shorts = rng.binomial(clicks, short[order])
        longs = rng.binomial(clicks - shorts, np.minimum(1, long[order] / (1 - short[order])))
        dislikes = rng.binomial(impressions, dislike[order])
        odd = rng.random(TEXTS)
        clicks = np.where(odd < 0.0002, impressions + 5, clicks)
        impressions = np.where((odd >= 0.0002) & (odd < 0.0004), -1, impressions)
        frame = arms[order].with_columns(
            text=pl.when(pl.Series((odd >= 0.0004) & (odd < 0.0005))).then(None).otherwise("text"),
            impressions=impressions,
            clicks=clicks,
            short_views=shorts,
            long_views=longs,
            dislikes=dislikes,
            time=pl.lit(f"2026-03-{1 + hour // 24:02d}T{hour % 24:02d}:00:00"),
        )
        yield frame


def _texts(rng: np.random.Generator) -> list[str]:
    """Distinct raw texts, the arms of an experiment beside each other."""
    texts: list[str] = []
    clean = ""
    for index in range(TEXTS):
        if index % ARMS and index % 50 == 3:
            damage = _DAMAGES[index // 50 % len(_DAMAGES)]
            texts.append(damage(clean))
            continue
        if index % 10 == 9:
            clean = "，".join("".join(rng.choice(_CHINESE, 4)) for _ in range(3)) + f"{index}"
        else:
            words = [rng.choice(part) for part in (_OPENINGS, _ACTORS, _ACTS, _PLACES)]
            clean = f"{' '.join(words)} (no. {index})"
        texts.append(_DAMAGES[index // 4 % len(_DAMAGES)](clean) if index % 4 == 0 else clean)
    return texts


def _mojibake(text: str) -> str:
    """UTF-8 bytes read as Windows-1252, where that is possible."""
    try:
        return ("It’s here: " + text).encode().decode("cp1252")
    except UnicodeDecodeError:
        return "Itâ€™s here: " + text


_DAMAGES = (
    lambda text: f"<p>{text}</p>",
    lambda text: f"  {text.replace(' ', '  ', 2)}\t",
    lambda text: f"{text} &amp; more&hellip;",
    _mojibake,
    lambda text: f"<b>{text}</b> &quot;now&quot;",
    lambda text: f"{text}\u200b\u00a0",
)
