"""Texts to words, for every script."""

from typing import Any

import regex

READ = 2000
"""Characters of a text or caption that are read."""
_TOKEN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]"
)


def tokens(text: str) -> list[str]:
    """Lower-case words and marks; in scripts without spaces each character is a word.

    Lone surrogates, which no UTF-8 text has, become question marks.
    """
    clean = text[:READ].encode("utf-8", "replace").decode("utf-8")
    return [match[0].lower() for match in _TOKEN.finditer(clean)]


WORDS: dict[str, Any] = {"tokenizer": tokens, "token_pattern": None, "lowercase": False}
"""Options that make a vectoriser of scikit-learn read words as `tokens` does."""
