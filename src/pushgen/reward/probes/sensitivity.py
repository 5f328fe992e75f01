"""How a model's answer moves when a real text is edited a little: the edited text against the text as it was."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.progress import bar
from pushgen.protocols import RewardModel
from pushgen.reward.probes.edits import EDITS, Edit
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval

READ = 4000
"""A text of more characters is not edited: no model reads that far."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one edit does to one model. Intervals are 95%, over contents."""

    measure: str
    edit: str
    texts: int
    """Texts to which the edit applies."""
    mean: Interval
    """Expected log(CTR of the edited text / CTR of the text as it was); above 0 the model likes the edit."""
    size: Interval
    """Mean of its absolute value: what the edit moves, up or down."""
    p: Interval
    """Mean probability that the edited text has the higher CTR."""
    example: tuple[str, str]
    """A text before and after; empty where the edit applies to none."""


def sensitivities(
    judge: RewardModel,
    texts: Sequence[str],
    captions: Sequence[str | None],
    contents: Sequence[str],
    *,
    most: int = 1000,
    draws: int = 2000,
    seed: int = 0,
    edits: Sequence[Edit] = EDITS,
) -> list[Sensitivity]:
    """Each edit on at most `most` of the texts that it applies to, drawn at random.

    `texts`, `captions` and `contents` belong together; a content's texts are resampled together.
    """
    order: list[int] = np.random.default_rng(seed).permutation(len(texts)).tolist()
    found: list[Sensitivity] = []
    with bar("edits", len(edits)) as shown:
        for edit in edits:
            pairs: list[tuple[int, str]] = []
            for row in order:
                if len(pairs) == most:
                    break
                if len(texts[row]) <= READ and (new := edit.change(texts[row])) is not None:
                    pairs.append((row, new))
            found.append(_measured(judge, edit, pairs, texts, captions, contents, draws, seed))
            shown.advance()
    return found


def _measured(
    judge: RewardModel,
    edit: Edit,
    pairs: Sequence[tuple[int, str]],
    texts: Sequence[str],
    captions: Sequence[str | None],
    contents: Sequence[str],
    draws: int,
    seed: int,
) -> Sensitivity:
    rows = [row for row, _ in pairs]
    said = judge.compare([new for _, new in pairs], [texts[row] for row in rows], [captions[row] for row in rows])
    over = ClusterBootstrap([contents[row] for row in rows], draws=draws, seed=seed)
    mean = said.mean.astype(np.float64)
    return Sensitivity(
        measure=edit.measure,
        edit=edit.name,
        texts=len(rows),
        mean=over.mean(mean),
        size=over.mean(np.abs(mean)),
        p=over.mean(said.p_a),
        example=(texts[rows[0]], pairs[0][1]) if rows else ("", ""),
    )
