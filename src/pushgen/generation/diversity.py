"""How much the texts of one content differ: distinct-n and self-BLEU over words, every Han character one word."""

import math
from collections import Counter
from collections.abc import Sequence

from pushgen.text.segment import words

Tokens = Sequence[str]
ORDER = 4
"""Longest n-gram of self-BLEU."""


def tokens(text: str) -> list[str]:
    """Lower-case words and numbers."""
    return [word.text.lower() for word in words(text)]


def distinct(texts: Sequence[Tokens], n: int) -> float:
    """Distinct n-grams over all n-grams of the texts, in (0, 1]; NaN where there are none.

    Li et al., A diversity-promoting objective function for neural conversation models, NAACL 2016.
    """
    found = [gram for text in texts for gram in _grams(text, n)]
    return len(set(found)) / len(found) if found else math.nan


def self_bleu(texts: Sequence[Tokens]) -> float:
    """Mean BLEU of each text against the others, in [0, 1]; 1 where all are the same, NaN for fewer than two texts.

    Zhu et al., Texygen, SIGIR 2018.
    """
    full = [text for text in texts if text]
    if len(full) < 2:
        return math.nan
    return sum(bleu(text, [*full[:place], *full[place + 1 :]]) for place, text in enumerate(full)) / len(full)


def bleu(text: Tokens, others: Sequence[Tokens]) -> float:
    """BLEU of a text that has words (Papineni et al., 2002) up to 4-grams, or up to its length.

    Counts of orders above 1 are smoothed by one, as no short text would have any otherwise (Lin & Och, 2004).
    """
    logs = 0.0
    orders = range(1, min(ORDER, len(text)) + 1)
    for n in orders:
        own = Counter(_grams(text, n))
        most: Counter[Tokens] = Counter()
        for other in others:
            most |= Counter(_grams(other, n))
        hits, total, extra = (own & most).total(), own.total(), int(n > 1)
        if hits + extra == 0:
            return 0.0
        logs += math.log((hits + extra) / (total + extra))
    nearest = min((abs(len(other) - len(text)), len(other)) for other in others)[1]
    return math.exp(logs / len(orders) + min(0.0, 1.0 - nearest / len(text)))


def _grams(text: Tokens, n: int) -> list[Tokens]:
    return [tuple(text[start : start + n]) for start in range(len(text) - n + 1)]
