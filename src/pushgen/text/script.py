"""The language of a text as far as its script tells."""

import re

_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE = 2000


def likely_language(text: str) -> str:
    """`zh` where a fifth of the letters are Han, else `en`."""
    sample = text[:_SAMPLE]
    letters = len(_LETTER.findall(sample))
    return "zh" if letters and len(_HAN.findall(sample)) * 5 >= letters else "en"
