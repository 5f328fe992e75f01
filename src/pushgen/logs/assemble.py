"""From arms as published to the four tables of a log: texts cleaned, arms of the same text and picture merged."""

import hashlib
from dataclasses import dataclass, field

import polars as pl

from pushgen.logs.gather import FIRST, ROWS
from pushgen.logs.sample_ratio import sample_ratios
from pushgen.logs.wide import COUNTS
from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, PUSHES
from pushgen.text.clean import clean_column

TEXT = ("title", "body")
IDENTITY = ("content_id", "media", "title", "body")
"""What makes two pushes the same: one content, one picture, one text after cleaning."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """The tables of a log before exclusions, and what was met on the way."""

    contents: pl.DataFrame
    pushes: pl.DataFrame
    exposures: pl.DataFrame
    experiments: pl.DataFrame
    ratios: pl.DataFrame
    empty: pl.DataFrame
    """Arms whose text is empty after cleaning: `body` as found, `rows`, `first`."""
    counts: dict[str, int] = field(default_factory=dict[str, int])


def assemble(published: pl.DataFrame) -> Assembled:
    """Splits the arms of `Gatherer.arms` into tables. Rows of each table stand in order of first appearance."""
    arms = _one_content_each(published)
    spaced = [_squeezed(arms[name]).alias(f"spaced_{name}") for name in TEXT]
    raw = [arms[name].alias(f"raw_{name}") for name in TEXT]
    cleaned = [_blank_to_null(clean_column(arms[name])) for name in (*TEXT, "caption", "content_title")]
    arms = arms.with_columns(*raw, *spaced).with_columns(cleaned)
    empty = arms.filter(pl.col("body").is_null()).select(pl.col("raw_body").alias("body"), ROWS, FIRST)
    arms = arms.filter(pl.col("body").is_not_null())
    arms, clashes = _with_push_ids(arms)
    as_published = _as_published(arms)
    counts = {
        "arms published": as_published.height,
        "push ids with several texts": clashes,
        **_merged(as_published),
        "contents with several captions": _several(arms, "content_id", "caption"),
        "experiments split by content": int(published["experiment_id"].n_unique() < arms["experiment_id"].n_unique()),
    }
    return Assembled(
        contents=_contents(arms),
        pushes=_pushes(arms),
        exposures=_exposures(arms),
        experiments=_experiments(arms),
        ratios=sample_ratios(as_published),
        empty=empty,
        counts=counts,
    )


def _squeezed(texts: pl.Series) -> pl.Series:
    # A pattern that leaves out single spaces has next to nothing to replace.
    return texts.str.strip_chars().str.replace_all(r"\s{2,}|[^\S ]", " ")


def _blank_to_null(texts: pl.Series) -> pl.Series:
    return texts.set((texts == "").fill_null(False), None)


def _one_content_each(arms: pl.DataFrame) -> pl.DataFrame:
    """Pushes are compared within a content, so an experiment over several contents is one experiment per content."""
    several = pl.col("content_id").n_unique().over("experiment_id") > 1
    split = pl.concat_str("experiment_id", pl.lit("/"), "content_id")
    return arms.with_columns(
        pl.when(pl.col("experiment_id").is_not_null() & several)
        .then(split)
        .otherwise("experiment_id")
        .alias("experiment_id")
    )


def _with_push_ids(arms: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Final push ids: the source's first one for a text, or a hash of what makes the push."""
    pushes = arms.group_by(IDENTITY, maintain_order=True).agg(pl.col("push_id").drop_nulls().first())
    keys = pushes.select(pl.concat_str(pl.col(IDENTITY).fill_null("\x1e"), separator="\x1f")).to_series()
    digests = pl.Series("digest", [hashlib.sha256(key.encode()).hexdigest()[:20] for key in keys.to_list()], pl.String)
    pushes = pushes.with_columns(digests)
    clash = pl.col("push_id").is_not_null() & ~pl.col("push_id").is_first_distinct()
    clashes = int(pushes.select(clash.sum()).item())
    pushes = pushes.with_columns(
        pl.when(clash)
        .then(pl.concat_str("push_id", pl.lit("-"), pl.col("digest").str.slice(0, 8)))
        .otherwise(pl.coalesce("push_id", "digest"))
        .alias("push_id")
    ).drop("digest")
    arms = arms.rename({"push_id": "given_push_id"})
    return arms.join(pushes, on=IDENTITY, how="left", nulls_equal=True, maintain_order="left"), clashes


def _as_published(arms: pl.DataFrame) -> pl.DataFrame:
    """One row per arm as the source published it."""
    by = ["experiment_id", "arm_id", "push_id", "given_push_id", "raw_title", "raw_body", "spaced_title", "spaced_body"]
    unknown = pl.col("impressions").has_nulls()
    return arms.group_by(by, maintain_order=True).agg(
        pl.when(unknown).then(None).otherwise(pl.col("impressions").sum()).alias("impressions")
    )


def _merged(published: pl.DataFrame) -> dict[str, int]:
    found = (
        published.group_by("experiment_id", "push_id")
        .agg(
            pl.len().alias("arms"),
            pl.struct("raw_title", "raw_body").n_unique().alias("raw"),
            pl.struct("spaced_title", "spaced_body").n_unique().alias("spaced"),
        )
        .select(
            (pl.col("arms") - 1).sum().alias("arms merged"),
            (pl.col("arms") - pl.col("raw")).sum().alias("arms with exactly the same text"),
            (pl.col("raw") - pl.col("spaced")).sum().alias("arms differing only in white space"),
            (pl.col("spaced") - 1).sum().alias("arms differing only in markup or encoding"),
        )
    )
    return {name: int(value or 0) for name, value in found.row(0, named=True).items()}


def _several(arms: pl.DataFrame, key: str, value: str) -> int:
    counts = arms.drop_nulls(value).group_by(key).agg(pl.col(value).n_unique().alias("values"))
    return counts.filter(pl.col("values") > 1).height


def _contents(arms: pl.DataFrame) -> pl.DataFrame:
    """The caption that was shown most speaks for a content; other facts are the first that the source gives."""
    captions = (
        arms.drop_nulls("caption")
        .group_by("content_id", "caption", maintain_order=True)
        .agg(pl.col("impressions").sum(), pl.col(FIRST).min())
        .sort("content_id", "impressions", FIRST, descending=[False, True, False])
        .group_by("content_id", maintain_order=True)
        .agg(pl.col("caption").first())
    )
    facts = arms.group_by("content_id", maintain_order=True).agg(
        pl.col("content_title").drop_nulls().first().alias("title"),
        pl.col("content_media").drop_nulls().first().alias("media"),
        pl.col("language").drop_nulls().first(),
        pl.col("category").drop_nulls().first(),
        pl.coalesce(pl.col("created_at").min(), pl.col("started_at").min()).alias("created_at"),
    )
    return CONTENTS.conform(facts.join(captions, on="content_id", how="left", maintain_order="left"))


def _pushes(arms: pl.DataFrame) -> pl.DataFrame:
    facts = ("content_id", "title", "body", "media")
    optional = ("style", "language", "link", "expires_at")
    return PUSHES.conform(
        arms.group_by("push_id", maintain_order=True).agg(
            *(pl.col(name).first() for name in facts), *(pl.col(name).drop_nulls().first() for name in optional)
        )
    )


def _exposures(arms: pl.DataFrame) -> pl.DataFrame:
    """Counts of merged arms are summed; stated rates, whose counts nobody knows, are averaged."""
    return EXPOSURES.conform(
        arms.group_by("push_id", "experiment_id", maintain_order=True).agg(
            *(pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in COUNTS),
            pl.col("rate").mean(),
        )
    )


def _experiments(arms: pl.DataFrame) -> pl.DataFrame:
    return EXPERIMENTS.conform(
        arms.drop_nulls("experiment_id")
        .group_by("experiment_id", maintain_order=True)
        .agg(
            pl.col("content_id").first(),
            pl.col("started_at").min(),
            pl.col("push_id").n_unique().cast(pl.Int64).alias("arms"),
            pl.col("push_id").filter(pl.col("stated_winner") == 1).first().alias("stated_winner"),
            pl.col("stated_confidence").max(),
        )
    )
