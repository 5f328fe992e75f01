"""A page on which a person rates captions before anything is trained on them.

One self-contained HTML file: what is known of each content, its caption with the facts marked by source, two scales.
Ratings stay in the browser and are saved to a file of JSON, which `ratings` reads.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pushgen.captions.assemble import SENTENCE
from pushgen.captions.media import MediaError, frames_of
from pushgen.captions.openai import data_url
from pushgen.captions.pieces import SourceRow, properties_of, texts_of
from pushgen.captions.settings import CaptionConfig, Columns, FrameConfig
from pushgen.manifest import fingerprint
from pushgen.records import Content, Origin, Provenance

FACTUALITY = (
    (2, "everything is true"),
    (1, "a slip that changes little"),
    (0, "says something false, or that nobody can know from the source"),
)
COMPLETENESS = (
    (2, "what matters is there"),
    (1, "something is missing"),
    (0, "the main matter is missing"),
)
SHOWN = 20_000
"""Code points of a source that the page shows."""
_THUMBNAIL = 320


@dataclass(frozen=True, slots=True)
class AuditItem:
    """A caption to rate."""

    content: Content
    """With the caption."""
    provenance: Sequence[Provenance]
    source: SourceRow
    """What it was made from."""


def columns_of(provenance: Sequence[Provenance]) -> Columns:
    """The columns that captions were made from."""
    used: dict[Origin, list[str]] = {origin: [] for origin in Origin}
    for row in provenance:
        if row.field and row.field not in used[row.origin]:
            used[row.origin].append(row.field)
    usual = Columns()
    return Columns(
        article=next(iter(used[Origin.ARTICLE]), usual.article),
        speech=next(iter(used[Origin.SPEECH]), usual.speech),
        screen=next(iter(used[Origin.SCREEN]), usual.screen),
        fields=tuple(used[Origin.PRODUCT]),
    )


def sample(items: Sequence[AuditItem], count: int, seed: int) -> list[AuditItem]:
    """A simple random sample of items with a caption, so that shares of it estimate shares of all."""
    captioned = [item for item in items if item.content.caption]
    order = np.random.default_rng(seed).permutation(len(captioned))[:count]
    return [captioned[place] for place in sorted(order.tolist())]


def audit_id(items: Sequence[AuditItem]) -> str:
    """Identity of a page: ratings of another page, or of other captions, have another one."""
    return fingerprint([[item.content.content_id, caption_hash(item.content.caption or "")] for item in items])[:16]


def caption_hash(caption: str) -> str:
    """First 12 hexadecimal digits of the SHA-256 of a caption."""
    return hashlib.sha256(caption.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def write_audit(items: Sequence[AuditItem], path: Path, config: CaptionConfig, *, of: int, root: Path) -> Path:
    """Writes the page.

    Args:
        items: What is to be rated.
        path: The HTML file.
        config: How the captions were made.
        of: Captions that the items were drawn from.
        root: Folder that relative paths of media start from.
    """
    from jinja2 import Environment

    source = files("pushgen.captions").joinpath("audit.html.jinja").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    page = template.render(
        audit=audit_id(items),
        of=of,
        items=[_shown(item, config, root) for item in items],
        scales=(("factuality", FACTUALITY), ("completeness", COMPLETENESS)),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


def _shown(item: AuditItem, config: CaptionConfig, root: Path) -> Mapping[str, Any]:
    """What the page tells of an item."""
    caption = item.content.caption or ""
    sources = [(text.field, text.text[:SHOWN]) for text in texts_of(item.source, config.columns, config.limits)]
    sources += [("product", piece.text) for piece in properties_of(item.source, config.columns, config.limits)]
    pictures, trouble = _pictures(item.source.content.media, config.frames, root, config.max_media_bytes)
    return {
        "content_id": item.content.content_id,
        "title": item.content.title or "",
        "language": item.content.language or "",
        "hash": caption_hash(caption),
        "origins": sorted({row.origin.value for row in item.provenance if row.kind == SENTENCE}),
        "caption": marked(caption, item.provenance),
        "sources": sources,
        "media": item.source.content.media or "",
        "pictures": pictures,
        "trouble": trouble,
    }


def _pictures(
    media: str | None, config: FrameConfig, root: Path, max_bytes: int
) -> tuple[list[tuple[str, float | None]], str]:
    """The frames that a captioner would see, small, as addresses with their second, and what hinders."""
    if media is None:
        return [], ""
    try:
        frames = frames_of(media, root, config, max_bytes)
    except MediaError as error:
        return [], error.reason
    stride = max(1, max(frames[0].pixels.shape) // _THUMBNAIL)
    return [(data_url(np.ascontiguousarray(f.pixels[::stride, ::stride])), f.seconds) for f in frames], ""


def marked(caption: str, provenance: Sequence[Provenance]) -> list[tuple[str, str, str]]:
    """The caption in stretches: text, kind of the fact or empty, and the sources of fact or sentence in words."""
    facts: dict[tuple[int, int], list[Provenance]] = {}
    for row in provenance:
        if row.kind != SENTENCE:
            facts.setdefault((row.start, row.end), []).append(row)
    cuts = {0, len(caption)}
    cuts.update(place for row in provenance for place in (row.start, row.end))
    edges = sorted(place for place in cuts if place <= len(caption))
    found: list[tuple[str, str, str]] = []
    for start, end in pairwise(edges):
        over = [rows for (a, b), rows in facts.items() if a <= start and end <= b]
        rows = over[0] if over else [r for r in provenance if r.kind == SENTENCE and r.start <= start and end <= r.end]
        told = ", ".join(dict.fromkeys(f"{row.origin} ({row.field})" for row in rows))
        found.append((caption[start:end], over[0][0].kind if over else "", told))
    return found
