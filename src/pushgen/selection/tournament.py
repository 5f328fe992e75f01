"""Every candidate of a content against every other, for many contents in few large calls of the reward model.

A model of utilities reads the K candidates of a content once each; any other compares their K (K - 1) / 2 pairs.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from pushgen.progress import bar
from pushgen.protocols import Floats, RewardModel, Selector, UtilityModel
from pushgen.records import Candidate, Content, Selection
from pushgen.selection.terms import INCUMBENT, Terms

Field: TypeAlias = tuple[Content, Sequence[Candidate]]
"""The candidates of one content."""
PAIRS_PER_CALL = 65_536
"""Pairs held as text at a time: bounds the memory of a field of hundreds of candidates."""
ENTRIES_PER_BATCH = 1 << 19
"""Matrix entries held at a time (2 MiB in float32, and some thousand contents of a dozen candidates)."""


@dataclass(frozen=True, slots=True)
class _Match:
    """One pair to be compared: distinct texts `a` < `b` of one field, by their places."""

    field: int
    a: int
    b: int


@dataclass(slots=True)
class _Distinct:
    """The distinct texts of one field in sorted order, and the place of each candidate's text among them."""

    texts: list[str]
    place: list[int]
    p_win: Floats


def win_matrices(
    fields: Sequence[Field],
    reward: RewardModel,
    *,
    pairs_per_call: int = PAIRS_PER_CALL,
) -> list[Floats]:
    """For each field the probabilities p[i, j] that candidate i beats candidate j, shape (K, K), float32.

    A model of utilities judges the distinct texts of a field as one list. Otherwise each unordered pair of them is
    compared once, always in the same order of the two; p[j, i] is 1 - p[i, j]. The diagonal and pairs of equal texts
    are 0.5.
    """
    distinct = [_distinct([candidate.text for candidate in candidates]) for _, candidates in fields]
    if isinstance(reward, UtilityModel):
        found = reward.utilities([field.texts for field in distinct], [content.caption for content, _ in fields])
        matrices = [reward.win_matrix(utilities) for utilities in found]
        return [p_win[np.ix_(field.place, field.place)] for field, p_win in zip(distinct, matrices, strict=True)]
    for chunk in _chunks(_matches(distinct), pairs_per_call):
        compared = reward.compare(
            [distinct[match.field].texts[match.a] for match in chunk],
            [distinct[match.field].texts[match.b] for match in chunk],
            [fields[match.field][0].caption for match in chunk],
        )
        for match, p_a in zip(chunk, compared.p_a, strict=True):
            matrix = distinct[match.field].p_win
            matrix[match.a, match.b] = p_a
            matrix[match.b, match.a] = np.float32(1.0) - p_a
    return [field.p_win[np.ix_(field.place, field.place)] for field in distinct]


def choose(
    fields: Sequence[Field],
    reward: RewardModel,
    selector: Selector,
    *,
    terms: Terms | None = None,
    fallbacks: Collection[str] = (),
    pairs_per_call: int = PAIRS_PER_CALL,
) -> list[Selection]:
    """One selection for each field with candidates or an incumbent, in order.

    Args:
        fields: Contents and their candidates; a content without candidates and incumbent gets no selection.
        reward: Compares the texts.
        selector: Makes the choice from the probabilities.
        terms: What the choice is held to besides; nothing where not given.
        fallbacks: Content ids whose candidates the template wrote because none survived; marked in the selection.
        pairs_per_call: Pairs per call of the reward model.
    """
    terms = terms or Terms()
    served = [(content, within) for content, given in fields if (within := terms.rivals(content, given))]
    chosen: list[Selection] = []
    with bar("contents compared", len(served)) as shown:
        for batch in _batches(served):
            matrices = win_matrices(batch, reward, pairs_per_call=pairs_per_call)
            for (content, candidates), p_win in zip(batch, matrices, strict=True):
                selection = terms.select(selector, content, candidates, p_win)
                rescued = content.content_id in fallbacks and selection.generator != INCUMBENT
                chosen.append(replace(selection, fallback=True) if rescued else selection)
            shown.advance(len(batch))
    return chosen


def _batches(fields: Sequence[Field]) -> Iterator[list[Field]]:
    """Runs of fields whose matrices fit into memory together."""
    batch: list[Field] = []
    entries = 0
    for field in fields:
        size = len(field[1]) ** 2
        if batch and entries + size > ENTRIES_PER_BATCH:
            yield batch
            batch, entries = [], 0
        batch.append(field)
        entries += size
    if batch:
        yield batch


def _distinct(texts: Sequence[str]) -> _Distinct:
    ordered = sorted(set(texts))
    place = {text: index for index, text in enumerate(ordered)}
    p_win = np.full((len(ordered), len(ordered)), 0.5, dtype=np.float32)
    return _Distinct(ordered, [place[text] for text in texts], p_win)


def _matches(distinct: Sequence[_Distinct]) -> Iterator[_Match]:
    for index, field in enumerate(distinct):
        for a in range(len(field.texts)):
            for b in range(a + 1, len(field.texts)):
                yield _Match(index, a, b)


def _chunks(matches: Iterator[_Match], size: int) -> Iterator[list[_Match]]:
    chunk: list[_Match] = []
    for match in matches:
        chunk.append(match)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
