"""Names and numbers are copied whole: which tokens may follow, given the words of the source.

Tokens that mostly stand in names and numbers (`copy_only`) are written only where they continue a word of the source,
and a word that holds one ends only where a word of the source ends. A name is then spelled as the source spells it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


class SourceWords:
    """The words of one source as token sequences."""

    def __init__(self, source: Sequence[int], opens: Sequence[bool]) -> None:
        """`opens[token]` tells whether a token begins a word or stands between words."""
        self.following: dict[tuple[int, ...], set[int]] = {}
        """Tokens that continue the beginning of a word."""
        self.whole: set[tuple[int, ...]] = set()
        word: tuple[int, ...] = ()
        for token in source:
            if opens[token]:
                if word:
                    self.whole.add(word)
                word = ()
            self.following.setdefault(word, set()).add(token)
            word = (*word, token)
        # The last word may be cut off where the model's reading ends; it is taken as it is.
        self.whole.add(word)


class Grounding:
    """The tokens that each row of a batch may write next."""

    def __init__(
        self, sources: Sequence[Sequence[int]], opens: Sequence[bool], barred_V: Tensor, never_V: Tensor
    ) -> None:
        """`barred_V` marks the copy-only tokens, `never_V` tokens that are never written."""
        known: dict[tuple[int, ...], SourceWords] = {}
        for source in sources:
            key = tuple(source)
            if key not in known:
                known[key] = SourceWords(source, opens)
        self._words = [known[tuple(source)] for source in sources]
        self._opens, self._barred = opens, barred_V.tolist()
        self._opens_V = torch.tensor(list(opens), dtype=torch.bool)
        self._current: list[tuple[int, ...]] = [()] * len(sources)
        self._never_V = never_V
        self._free_V = ~barred_V & ~never_V
        first = torch.zeros((len(sources), len(barred_V)), dtype=torch.bool)
        for row, words in enumerate(self._words):
            first[row, list(words.following.get((), ()))] = True
        self._first_BV = self._free_V | (first & self._opens_V & ~never_V)

    def allowed(self) -> Tensor:
        """Shape (B, V)."""
        allowed = self._first_BV.clone()
        for row, word in enumerate(self._current):
            if not word:
                continue
            words = self._words[row]
            following = list(words.following.get(word, ()))
            if any(self._barred[token] for token in word):
                if word not in words.whole:
                    allowed[row] = False
                else:
                    allowed[row] &= self._opens_V
            allowed[row, following] = ~self._never_V[following]
        return allowed

    def write(self, tokens: Sequence[int]) -> None:
        """Takes the next token of each row."""
        for row, token in enumerate(tokens):
            self._current[row] = (token,) if self._opens[token] else (*self._current[row], token)
