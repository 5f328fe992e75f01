"""What the ratings of an audit page say of the captions."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pushgen.captions.audit import COMPLETENESS, FACTUALITY
from pushgen.errors import InputError
from pushgen.statistics.proportions import wilson

SCALES = {"factuality": FACTUALITY, "completeness": COMPLETENESS}
_BEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of the rated captions with its interval (Wilson, 95%)."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSummary:
    """One scale. Where several people rated a caption, the lowest rating counts."""

    best: Share
    """Captions with the best level: nothing false; nothing missing."""
    levels: Mapping[int, int]
    """Captions by level."""
    agreement: Share | None
    """Captions that two or more people rated alike, of those they rated; null where no caption has two ratings."""
    kappa: float | None
    """Linearly weighted kappa of the first two raters (Cohen, 1968); null without two or where it is not defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSummary:
    """What an audit found."""

    audit: str
    rated: int
    """Captions with a rating on every scale."""
    sampled: int
    of: int
    """Captions that the sample was drawn from."""
    raters: Sequence[str]
    scales: Mapping[str, ScaleSummary]
    true_by_origin: Mapping[str, Share]
    """Captions without anything false, by origin of one of their sentences."""
    notes: Sequence[tuple[str, str]]
    """Content id and note."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The ratings of one person."""

    file: Path
    audit: str
    of: int
    rater: str
    ratings: Sequence[Mapping[str, Any]]


def summarize(paths: Sequence[Path]) -> AuditSummary:
    """The summary of the files that a page saved, one per person.

    Raises `InputError` for a file that a page did not save, and for files of different pages.
    """
    sheets = [_read(path) for path in paths]
    first = sheets[0]
    for sheet in sheets:
        if sheet.audit != first.audit:
            raise InputError(
                file=str(sheet.file),
                field="audit",
                expected=f"ratings of the page {first.audit!r}, as in {str(first.file)!r}",
                found=repr(sheet.audit),
                remedy="Summarise the ratings of each page apart.",
            )
    by_scale = {scale: _by_content(sheets, scale) for scale in SCALES}
    whole = [key for key in by_scale["factuality"] if all(key in found for found in by_scale.values())]
    origins = {str(rating["content_id"]): rating.get("origins", []) for rating in first.ratings}
    true = {key: min(by_scale["factuality"][key].values()) == _BEST for key in whole}
    return AuditSummary(
        audit=first.audit,
        rated=len(whole),
        sampled=len(first.ratings),
        of=first.of,
        raters=[sheet.rater or "unnamed" for sheet in sheets],
        scales={scale: _scale(scale, {key: found[key] for key in whole}) for scale, found in by_scale.items()},
        true_by_origin={
            origin: _share([true[key] for key in whole if origin in origins[key]])
            for origin in sorted({origin for key in whole for origin in origins[key]})
        },
        notes=[
            (str(rating["content_id"]), str(rating["note"]))
            for sheet in sheets
            for rating in sheet.ratings
            if str(rating.get("note") or "").strip()
        ],
    )


def _by_content(sheets: Sequence[_Sheet], scale: str) -> dict[str, dict[int, int]]:
    """Ratings by content id and number of the sheet."""
    found: dict[str, dict[int, int]] = {}
    for number, sheet in enumerate(sheets):
        for rating in sheet.ratings:
            if rating.get(scale) is not None:
                found.setdefault(str(rating["content_id"]), {})[number] = int(rating[scale])
    return found


def _scale(scale: str, found: Mapping[str, Mapping[int, int]]) -> ScaleSummary:
    lowest = [min(ratings.values()) for ratings in found.values()]
    counts = Counter(lowest)
    shared = [list(ratings.values()) for ratings in found.values() if len(ratings) > 1]
    pairs = [(ratings[0], ratings[1]) for ratings in found.values() if 0 in ratings and 1 in ratings]
    return ScaleSummary(
        best=_share([level == _BEST for level in lowest]),
        levels={level: counts[level] for level, _ in SCALES[scale]},
        agreement=_share([len(set(ratings)) == 1 for ratings in shared]) if shared else None,
        kappa=weighted_kappa(pairs, levels=len(SCALES[scale])),
    )


def weighted_kappa(pairs: Sequence[tuple[int, int]], levels: int) -> float | None:
    """Agreement of two raters beyond chance, a disagreement counting by its distance (Cohen, 1968).

    `pairs` are levels from 0 to `levels` - 1. None without pairs, or where both always give one same level.
    """
    if not pairs:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(abs(a - b) for a, b in pairs) / len(pairs)
    expected = sum(
        abs(a - b) * first[a] * second[b] for a in range(levels) for b in range(levels)
    ) / len(pairs) ** 2  # fmt: skip
    return 1.0 - observed / expected if expected else None


def _share(hits: Sequence[bool]) -> Share:
    count = sum(hits)
    low, high = wilson(count, len(hits))
    return Share(count=count, of=len(hits), low=float(low), high=float(high))


def _read(path: Path) -> _Sheet:
    def wrong(expected: str, found: object, field: str | None = None, row: int | None = None) -> InputError:
        remedy = "Give the files that the page of `pushgen caption audit` saved, unchanged."
        return InputError(file=str(path), field=field, row=row, expected=expected, found=str(found), remedy=remedy)

    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise wrong("ratings as JSON", error) from error
    values = cast(dict[str, Any], value) if isinstance(value, dict) else {}
    rows: Any = values.get("ratings")
    if not isinstance(values.get("audit"), str) or not isinstance(values.get("of"), int) or not isinstance(rows, list):
        raise wrong("an object with `audit`, `of` and `ratings`", f"{sorted(values)}")
    ratings: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    for number, row in enumerate(cast(list[Any], rows), 1):
        rating = cast(dict[str, Any], row) if isinstance(row, dict) else {}
        if not isinstance(rating.get("content_id"), str):
            raise wrong("a rating with a `content_id`", f"{row!s:.80}", row=number)
        if rating["content_id"] in seen:
            raise wrong("one rating per content", repr(rating["content_id"]), "content_id", number)
        seen.add(rating["content_id"])
        for scale, levels in SCALES.items():
            allowed = (None, *(level for level, _ in levels))
            level = rating.get(scale)
            if isinstance(level, bool) or level not in allowed:
                raise wrong("0, 1, 2 or null", repr(level), scale, number)
        ratings.append(rating)
    return _Sheet(path, values["audit"], values["of"], str(values.get("rater") or ""), ratings)
