"""The linear reward model: a ridge regression on what can be seen of a text, for any language.

The utility of a text is linear in its features (`reward.features`), u = x beta, and the expected log-CTR ratio of two
texts is the difference of their utilities. With y_i = log((c_i + 1/2) / n_i) of arm i of group g,

    y_i = alpha_g + x_i beta + e_i,    Var e_i = s2 / 2 + 1 / (c_i + 1/2)

where s2 is the variance of the true log-CTR ratio of two arms and alpha_g the level of the content, which is no
business of the text. Weighted centring inside each group takes alpha_g out exactly (Frisch, Waugh and Lovell), and what
remains is a ridge regression with the weights 1 / Var e_i (Hoerl and Kennard, 1970). Its strength is chosen on
validation experiments, which also give the residual scale (`statistics.calibration.fit_residual`).

Shapes: N texts, F features, A arms, P pairs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.protocols import Comparison, Floats
from pushgen.reward.arms import Arms
from pushgen.reward.features import Features
from pushgen.reward.origin import Origin
from pushgen.reward.probability import captions_of, comparison, win_matrix
from pushgen.reward.words import READ
from pushgen.statistics.calibration import Residual

Array = NDArray[np.float64]

PENALTIES = (10.0, 30.0, 100.0, 300.0, 1000.0)
"""Strengths of the ridge penalty that validation chooses from."""


class LinearReward:
    """A trained linear model, a `protocols.UtilityModel`."""

    kind = "linear"

    def __init__(
        self, features: Features, beta_F: Array, residual: Residual, origin: Origin, *, name: str = "linear"
    ) -> None:
        self.features, self.beta_F = features, beta_F
        self.residual, self.origin, self.name = residual, origin, name

    def raw(self, texts: Sequence[str], captions: Sequence[str | None]) -> Array:
        """Log-CTR of each text up to a constant of its content, before the residual's slope; shape (N,)."""
        if not texts:
            return np.zeros(0)
        distinct = list(dict.fromkeys(zip(texts, captions, strict=True)))
        rows = self.features.matrix([text for text, _ in distinct], [caption for _, caption in distinct])
        found = dict(zip(distinct, np.asarray(rows @ self.beta_F).tolist(), strict=True))
        return np.array([found[key] for key in zip(texts, captions, strict=True)])

    def utilities(self, lists: Sequence[Sequence[str]], captions: Sequence[str | None]) -> list[Floats]:
        """Expected log-CTR of each text up to a constant of its list, shape (K,) per list; K may be 0."""
        rows = [(text, caption) for texts, caption in zip(lists, captions, strict=True) for text in texts]
        raw = self.raw([text for text, _ in rows], [caption for _, caption in rows])
        ends = np.cumsum([len(texts) for texts in lists])[:-1]
        return np.split((self.residual.slope * raw).astype(np.float32), ends) if lists else []

    def win_matrix(self, utilities: Floats) -> Floats:
        """Probability p[i, j] that text i of a list beats text j, shape (K, K), 0.5 where utilities are equal."""
        return win_matrix(utilities, self.residual.scale)

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        """Mean log-CTR ratio and win probability of each pair; texts with equal features get exactly 0 and 0.5."""
        given = captions_of(texts_a, texts_b, captions)
        raw = self.raw(texts_a, given) - self.raw(texts_b, given)
        return comparison(raw, self.residual)

    def count_truncated(self, texts: Sequence[str]) -> int:
        """How many of the texts are longer than what is read and are judged without their end."""
        return sum(len(text) > READ for text in texts)

    @property
    def shape(self) -> str:
        """What the model is, in a line."""
        counts = ", ".join(f"{count} {name}" for name, count in self.features.columns.items() if count)
        return f"ridge regression on features of the text and the caption ({counts})"

    @property
    def reads(self) -> str:
        """How much of a text is read, in words."""
        return f"{READ} characters"


def ridge(rows_AF: Any, arms: Arms, s2: float, penalty: float) -> Array:
    """Coefficients beta, shape (F,), by LSQR (Paige and Saunders, 1982)."""
    from scipy.sparse.linalg import lsqr  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    weight = arms.weight / (s2 / 2.0 + 1.0 / (arms.clicks + 0.5))
    design, target = _centred(rows_AF, arms.log_rate, arms.group, weight)
    solved: Any = lsqr(design, target, damp=penalty**0.5, iter_lim=300, atol=1e-6, btol=1e-6)
    return np.asarray(solved[0], np.float64)


def _centred(rows_AF: Any, y_A: Array, group_A: NDArray[np.int64], weight_A: Array) -> tuple[Any, Array]:
    """Rows and target less the weighted mean of their group, times the root of the weight."""
    import scipy.sparse as sparse  # pyright: ignore[reportMissingTypeStubs]

    total = np.bincount(group_A, weights=weight_A)
    mean = sparse.csr_matrix((weight_A / total[group_A], (group_A, np.arange(len(y_A)))))
    spread = sparse.csr_matrix((np.ones(len(y_A)), (np.arange(len(y_A)), group_A)))
    root = np.sqrt(weight_A)
    design = sparse.diags(root) @ (rows_AF - spread @ (mean @ rows_AF))
    return design.tocsr(), root * (y_A - np.asarray(mean @ y_A)[group_A])
