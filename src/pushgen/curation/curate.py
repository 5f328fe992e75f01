"""The curation as a whole: counts, hard filter, lift, clusters and styles, soft filter, confidence."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pushgen.curation.clusters import cluster
from pushgen.curation.confidence import confidence
from pushgen.curation.counts import LogTables, text_of
from pushgen.curation.funnel import Funnel
from pushgen.curation.gather import gather
from pushgen.curation.hard import judge
from pushgen.curation.lift import judge_lift
from pushgen.curation.settings import CurationConfig
from pushgen.curation.soft import crop, raw_ctr, shrunk_ctr
from pushgen.errors import ConfigurationError
from pushgen.progress import bar
from pushgen.protocols import Encoder, StyleLabeller
from pushgen.statistics.shrinkage import fit_beta
from pushgen.tables import CORPUS

BATCH = 1024
"""Texts that are labelled at once."""


@dataclass(frozen=True, slots=True)
class Curated:
    """The result of a curation in memory."""

    corpus: pl.DataFrame
    """A table `pushgen.tables.CORPUS`, sorted by push id."""
    funnel: Funnel


def curate(
    log: LogTables,
    config: CurationConfig | None = None,
    *,
    labeller: StyleLabeller | None = None,
    encoder: Encoder | None = None,
) -> Curated:
    """The corpus of a log, held in memory. `pushgen.curation.corpus.write_corpus` writes it in parts instead.

    Without a labeller the styles that the log states are kept. Raises `ConfigurationError` where the soft filter
    needs an encoder that is not given.
    """
    config = config or CurationConfig()
    rows, funnel = choose(log, config, labeller=labeller, encoder=encoder)
    parts = [CORPUS.frame(()), *corpus_parts(log, rows, config.part_rows)]
    return Curated(pl.concat(parts), funnel)


def choose(
    log: LogTables,
    config: CurationConfig,
    *,
    labeller: StyleLabeller | None = None,
    encoder: Encoder | None = None,
) -> tuple[pl.DataFrame, Funnel]:
    """The rows of the corpus without their texts, and the funnel.

    The rows have push_id (they are sorted by it), content_id, text_hash, style, weight, impressions, clicks.
    """
    if config.soft.by == "cluster" and encoder is None:
        raise ConfigurationError("the soft filter by clusters needs an encoder; give one, or group by style or none")
    funnel = Funnel()
    rows, spread = gather(log, config, funnel)
    prior = fit_beta(rows["clicks"].fill_null(0).to_numpy(), rows["clicks_of"].fill_null(0).to_numpy())
    ruling = judge(rows, config.hard)
    funnel.skipped.update(ruling.skipped)
    rows = funnel.apply(rows, ruling.broken)
    if config.lift.enabled:
        rows = funnel.apply(rows, judge_lift(rows, spread, config.lift))
    if config.soft.by == "style":
        rows = _with_styles(log, rows, labeller, relabel=config.relabel)
    if config.soft.by != "none":
        rate = raw_ctr(rows) if config.soft.rate == "raw" else shrunk_ctr(rows, prior)
        cropped = crop(rate, _groups(log, rows, config, encoder), config.soft)
        rows = funnel.take(rows, ~cropped, f"soft, by {config.soft.by}")
    if config.soft.by != "style":
        rows = _with_styles(log, rows, labeller, relabel=config.relabel)
    weight = confidence(raw_ctr(rows), rows["impressions"], config.confidence)
    if config.confidence.exposure == "literal" and rows.height:
        largest = weight.to_numpy().max()
        weight = weight / largest
        funnel.notes.append(f"weights of the literal reading were divided by their largest, {largest:.4g}")
    funnel.close(rows.height)
    return rows.select("push_id", "content_id", "text_hash", "style", weight, "impressions", "clicks"), funnel


def corpus_parts(log: LogTables, rows: pl.DataFrame, part_rows: int) -> Iterator[pl.DataFrame]:
    """The corpus in parts of so many rows, each fetched from the log when its turn comes."""
    for at in range(0, rows.height, part_rows):
        part = rows.slice(at, part_rows)
        texts = (
            log.pushes.filter(pl.col("push_id").is_between(pl.lit(part["push_id"][0]), pl.lit(part["push_id"][-1])))
            .select("push_id", "language", text_of().alias("text"), text_hash=text_of().hash(seed=0))
            .join(part.lazy().select("push_id", "text_hash"), on=["push_id", "text_hash"], how="semi")
            .group_by("push_id")
            .agg(pl.col("text").min(), pl.col("language").min())
            .collect(engine="streaming")
        )
        facts = (
            log.contents.join(part.lazy().select("content_id").unique(), on="content_id", how="semi")
            .group_by("content_id")
            .agg(pl.col("caption").min(), pl.col("language").min().alias("content_language"))
            .collect(engine="streaming")
        )
        yield CORPUS.conform(
            part.join(texts, on="push_id", how="left", maintain_order="left")
            .join(facts, on="content_id", how="left", maintain_order="left")
            .with_columns(language=pl.coalesce("language", "content_language"))
        )


def _groups(log: LogTables, rows: pl.DataFrame, config: CurationConfig, encoder: Encoder | None) -> pl.Series:
    """The group of each row for the soft filter."""
    if config.soft.by in ("style", "category"):
        return rows[config.soft.by]
    if config.soft.by != "cluster" or encoder is None:
        return pl.repeat(0, rows.height, eager=True)
    texts = _distinct_texts(log, rows)
    found = cluster(
        texts["text"].to_list(),
        encoder,
        clusters=config.soft.clusters,
        sample=config.soft.sample,
        seed=config.soft.seed,
    )
    groups = texts.select("text_hash", group=pl.Series(found))
    return rows.join(groups, on="text_hash", how="left", maintain_order="left")["group"]


def _with_styles(log: LogTables, rows: pl.DataFrame, labeller: StyleLabeller | None, *, relabel: bool) -> pl.DataFrame:
    """The rows with the labeller's style, or with the log's own where it states one and `relabel` is off."""
    if labeller is None:
        return rows
    todo = rows if relabel else rows.filter(pl.col("style").is_null())
    texts = _distinct_texts(log, todo)
    styles: list[str] = []
    with bar("Labelling styles", texts.height) as shown:
        for batch in texts.iter_slices(BATCH):
            styles += [label.style for label in labeller.label(batch["text"].to_list())]
            shown.advance(batch.height)
    found = texts.select("text_hash", found=pl.Series(styles, dtype=pl.String))
    rows = rows.join(found, on="text_hash", how="left", maintain_order="left")
    own = pl.lit(None, pl.String) if relabel else pl.col("style")
    return rows.with_columns(style=pl.coalesce(own, "found")).drop("found")


def _distinct_texts(log: LogTables, rows: pl.DataFrame) -> pl.DataFrame:
    """The distinct texts of the rows with their hashes, sorted by text: each is embedded or labelled once."""
    return (
        log.pushes.select("push_id", text_of().alias("text"), text_hash=text_of().hash(seed=0))
        .join(rows.lazy().select("push_id", "text_hash"), on=["push_id", "text_hash"], how="semi")
        .group_by("text_hash")
        .agg(pl.col("text").min())
        .collect(engine="streaming")
        .sort("text")
    )
