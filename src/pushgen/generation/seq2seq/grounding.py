"""Which words a text may hold: those of its source, and the common words of the training pushes.

A name or number that the source does not have is in neither, so it cannot be written; one that the source has is copied
whole, spelled as the source spells it. Nor can pieces of words be put together to a word that no one has used.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

Word = tuple[int, ...]


class WordTree:
    """Words as token sequences, and how each beginning of a word goes on."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.whole: set[Word] = set()
        self.following: dict[Word, set[int]] = {}
        for word in words:
            self.whole.add(word)
            for place, token in enumerate(word):
                self.following.setdefault(word[:place], set()).add(token)


def words_of(tokens: Sequence[int], opens: Sequence[bool]) -> list[Word]:
    """The words of a token sequence. `opens[token]` tells whether a token begins a word."""
    found: list[Word] = []
    start = 0
    for place in range(1, len(tokens) + 1):
        if place == len(tokens) or opens[tokens[place]]:
            found.append(tuple(tokens[start:place]))
            start = place
    return found


class Grounding:
    """The tokens that each row of a batch may write next."""

    def __init__(self, sources: Sequence[Sequence[int]], common: WordTree, opens: Sequence[bool], end: int) -> None:
        """`common` holds the words that need no source, `end` is the end token."""
        known: dict[Word, WordTree] = {}
        for source in sources:
            key = tuple(source)
            if key not in known:
                known[key] = WordTree(words_of(source, opens))
        self._trees = [known[tuple(source)] for source in sources]
        self._common, self._opens = common, opens
        self._current: list[Word] = [()] * len(sources)
        self._first_BV = torch.zeros((len(sources), len(opens)), dtype=torch.bool)
        self._first_BV[:, [end, *common.following.get((), ())]] = True
        for row, tree in enumerate(self._trees):
            self._first_BV[row, list(tree.following.get((), ()))] = True

    def allowed(self) -> Tensor:
        """Shape (B, V)."""
        allowed = self._first_BV.clone()
        for row, word in enumerate(self._current):
            if not word:
                continue
            tree = self._trees[row]
            if word not in tree.whole and word not in self._common.whole:
                allowed[row] = False
            following = tree.following.get(word, set()) | self._common.following.get(word, set())
            allowed[row, list(following)] = True
        return allowed

    def write(self, tokens: Sequence[int]) -> None:
        """Takes the next token of each row."""
        for row, token in enumerate(tokens):
            self._current[row] = (token,) if self._opens[token] else (*self._current[row], token)
