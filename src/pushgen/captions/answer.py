"""From what a model answers to a description."""

import re

from pushgen.text.clean import clean_text
from pushgen.text.graphemes import cut, grapheme_count
from pushgen.text.segment import sentences

EMPTY = "empty answer"
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_MARKUP = re.compile(r"^\s*(?:[-*•#>]+|\d{1,2}[.)])\s+|\*\*|__|`", re.MULTILINE)
_LABEL = re.compile(r"^(?:description|caption|answer|描述|说明)\s*[:：]\s*", re.IGNORECASE)


def read_description(answer: str, limit: int) -> str:
    """The description in an answer, in one line of at most `limit` graphemes; empty where there is none.

    Sentences that were said already, as models in a loop say them, count once; what is beyond the limit goes by whole
    sentences.
    """
    text = clean_text(_MARKUP.sub("", _THINKING.sub("", answer)).replace("\n", " "))
    text = _LABEL.sub("", text)
    kept: dict[str, None] = {}
    left = limit + 1
    for sentence in sentences(text):
        if sentence.text in kept:
            continue
        left -= grapheme_count(sentence.text) + 1
        if left < 0:
            break
        kept[sentence.text] = None
    found = " ".join(kept) if kept else cut(text, limit - 1, at_clause=True) + "…" if text else ""
    return found if any(sign.isalnum() for sign in found) else ""
