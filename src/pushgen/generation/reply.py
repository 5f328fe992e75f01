"""From what a language model answers to the text of a push."""

import re

from pushgen.text.clean import clean_text
from pushgen.text.graphemes import grapheme_count

_LABEL = re.compile(r"^(?:push(?: notification)?|notification|text|answer|推送|通知|文案)\s*[:：]\s*", re.IGNORECASE)
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_QUOTES = {'"': '"', "“": "”", "「": "」", "'": "'", "‘": "’"}


def read_reply(answer: str, limit: int) -> tuple[str | None, str]:
    """The push in an answer and an empty reason, or None and the reason why there is none.

    The first line with words counts; a label and quotation marks around it go. A text of more than twice `limit`
    graphemes is not cut, because what a model adds to a push is rarely at its end alone.
    """
    for line in _THINKING.sub("", answer).splitlines():
        text = _LABEL.sub("", clean_text(line).strip("*#> \t")).strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[-1] not in text[1:-1]:
            text = text[1:-1].strip()
        if any(sign.isalnum() for sign in text):
            return (text, "") if grapheme_count(text) <= 2 * limit else (None, "answer too long")
    return None, "empty answer"
