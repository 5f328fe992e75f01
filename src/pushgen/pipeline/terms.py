"""The terms of a choice, opened from the files that a person names."""

from pathlib import Path

import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.intake import load
from pushgen.progress import say
from pushgen.records import push_text
from pushgen.selection import SelectionConfig, Terms, incumbent_of
from pushgen.tables import INCUMBENTS, PUSHES
from pushgen.text.bounds import read_bounds
from pushgen.text.near_copies import NearCopyMemory


def open_terms(
    config: SelectionConfig,
    *,
    bounds: Path | None = None,
    incumbents: Path | None = None,
    past: Path | None = None,
) -> tuple[Terms, pl.DataFrame]:
    """The terms, and the rows of the incumbents that cannot be used.

    Args:
        config: Holds margin and diversity.
        bounds: Bounds as `pushgen evaluate probes --out` writes them.
        incumbents: Table with `content_id`, `body` and optionally `title`, `style`, `language`: what is sent now.
        past: Pushes that were sent before, with a `body`, or a log folder; read where diversity is asked for.

    Raises `ConfigurationError` for a margin without incumbents.
    """
    if incumbents is None and config.margin != SelectionConfig().margin:
        raise ConfigurationError("a margin is held against incumbents; name them with --incumbent FILE")
    taken = None
    if config.diversity is not None:
        taken = NearCopyMemory(config.diversity)
        if past is not None:
            for title, body in load(past, PUSHES).frame.select("title", "body").iter_rows():
                taken.add(push_text(title, body))
    loaded = load(incumbents, INCUMBENTS) if incumbents else None
    rows = loaded.frame.iter_rows(named=True) if loaded else ()
    terms = Terms(
        bounds=read_bounds(bounds) if bounds else None,
        taken=taken,
        incumbents={row["content_id"]: incumbent_of(**row) for row in rows},
        margin=config.margin,
    )
    rejects = loaded.rejects if loaded else pl.DataFrame()
    if rejects.height:
        say(f"{rejects.height} rows of {incumbents} cannot be used as incumbents")
    return terms, rejects
