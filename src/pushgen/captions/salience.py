"""The sentences of a text that say most of it.

Each sentence is scored by its likeness to the others (degree centrality; Erkan & Radev, 2004, LexRank) and to the
title, by its place and by its facts; the best are taken one by one, each worth less the more it repeats of those taken
before (Carbonell & Goldstein, 1998, The use of MMR). The weights were chosen with a look at the dev part of SciTLDR;
`benchmarks/caption_salience.py` tells what they are worth.
"""

import numpy as np
import regex
from numpy.typing import NDArray

from pushgen.text.facts import facts
from pushgen.text.graphemes import grapheme_count
from pushgen.text.segment import Span, sentences, words

MOST_SENTENCES = 300
"""Sentences of a text that are looked at; what matters stands at the beginning."""
_TITLE, _PLACE, _FACT = 0.5, 0.4, 0.1
_DANGLING_COST = _SHORT_COST = 0.3
_HAN = regex.compile(r"\p{Han}")
_DANGLING = frozenset("it he she they this that these those his her their its such 他 她 它 这 那".split())  # noqa: SIM905
"""Words that point at something said before."""

Vectors = NDArray[np.float64]


def salient(text: str, limit: int, *, title: str = "", language: str | None = None) -> list[Span]:
    """The most telling sentences, in order of the text, of together at most `limit` graphemes; whole sentences only.

    All of them where they fit. None where the text has no sentence of at most `limit` graphemes.
    """
    found = sentences(text)
    lengths = [grapheme_count(one.text) for one in found]
    if sum(lengths) + len(found) <= limit:
        return list(found)
    found, lengths = found[:MOST_SENTENCES], lengths[:MOST_SENTENCES]
    vectors = _vectors([*(one.text for one in found), title])
    rows, wanted = vectors[:-1], vectors[-1]
    alike = rows @ rows.T
    central = alike.sum(1) - alike.diagonal()
    own = central / max(float(central.max()), 1e-12) + _TITLE * (rows @ wanted)
    scores = own + np.array([_merit(one.text, place, language) for place, one in enumerate(found)])
    taken: list[int] = []
    repeats, left = np.zeros(len(found)), limit
    while True:
        free = [n for n in range(len(found)) if n not in taken and lengths[n] < left]
        if not free:
            return [found[n] for n in sorted(taken)]
        best = max(free, key=lambda n: scores[n] * (1 - repeats[n]) - _dangles(found, n, taken))
        taken.append(best)
        left -= lengths[best] + 1
        repeats = np.maximum(repeats, alike[best])


def _merit(text: str, place: int, language: str | None) -> float:
    """What a sentence has by itself."""
    number = sum(1 for fact in facts(text, language) if fact.certain)
    return _PLACE / (1 + 0.5 * place) + _FACT * min(number, 3) - _SHORT_COST * (len(words(text)) < 4)


def _dangles(found: tuple[Span, ...], place: int, taken: list[int]) -> float:
    """The cost of a sentence that points at one that is left out."""
    first = next(iter(words(found[place].text[:40])), None)
    points_back = first is not None and first.text.lower() in _DANGLING
    return _DANGLING_COST * (points_back and place - 1 not in taken)


def _vectors(texts: list[str]) -> Vectors:
    """Unit vectors of terms weighted by how few of the texts have them, shape (len(texts), terms); 0 without terms."""
    terms = [_terms(text) for text in texts]
    index = {term: column for column, term in enumerate(dict.fromkeys(term for row in terms for term in row))}
    counts = np.zeros((len(texts), len(index)))
    for row, found in enumerate(terms):
        for term in found:
            counts[row, index[term]] += 1
    weighted = counts * np.log(1 + len(texts) / np.maximum((counts > 0).sum(0), 1))
    return weighted / np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-12)


def _terms(text: str) -> list[str]:
    """Lower-case words of four letters or more, numbers, and pairs of Han characters."""
    found: list[str] = []
    last: Span | None = None
    for word in words(text):
        if not _HAN.match(word.text):
            if len(word.text) > 3 or word.text[0].isdigit():
                found.append(word.text.lower())
            last = None
            continue
        if last is not None and last.end == word.start:
            found.append(last.text + word.text)
        last = word
    return found
