"""From what a language model answers to the text of a push."""

import json
import re
from typing import Any, cast

from pushgen.text.clean import clean_text
from pushgen.text.graphemes import grapheme_count

KEY = "push"
"""The key of the text where an answer is a JSON object."""
HALF = "half-written answer"

_LABEL = re.compile(r"^(?:push(?: notification)?|notification|text|answer|推送|通知|文案)\s*[:：]\s*", re.IGNORECASE)
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_QUOTES = {'"': '"', "“": "”", "「": "」", "'": "'", "‘": "’"}
_OBJECT = re.compile(r'\{\s*(?:["}]|\Z)')
_VALUE = re.compile(r'"push"\s*:\s*"((?:[^"\\]|\\.)*)(")?', re.DOTALL | re.IGNORECASE)


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


def read_json_reply(answer: str, limit: int) -> tuple[str | None, str]:
    """The push in an answer that should be the object `{"push": "..."}`; otherwise as `read_reply`.

    Words and fences around the object do no harm, nor does an object that is broken after its text. A text that is
    broken off inside its quotation marks is no text. An answer without an object is read as plain text.
    """
    body = _THINKING.sub("", answer)
    opening = _OBJECT.search(body)
    if opening is None:
        return read_reply(body, limit)
    start = opening.start()
    try:
        found: Any = json.JSONDecoder(strict=False).raw_decode(body, start)[0]
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        value = cast(dict[str, Any], found).get(KEY)
        return read_reply(value, limit) if isinstance(value, str) else (None, "answer without a push")
    match = _VALUE.search(body, start)
    if match is None or match.group(2) is None:
        return None, HALF
    try:
        return read_reply(json.loads(f'"{match.group(1)}"', strict=False), limit)
    except ValueError:
        return None, HALF
