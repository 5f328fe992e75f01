"""Raw text to clean text: HTML, entities, broken encodings, control characters, white space.

Text is cleaned once, when a log or a table of contents is read; every later stage trusts it.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

_SOUND = "!-%'-;=-~一-鿿ぁ-んァ-ン가-힣‘’“”–—…！-～、。「」『』"
_SMALL = "àáâäåæçèéêëìíîïñòóôöøùúûüß"
_ALONE = "ÉÖÜ€£"
PLAIN = f"^[{_SOUND}{_SMALL}{_ALONE}]+(?: [{_SOUND}{_SMALL}{_ALONE}]+)*$"
BESIDE = f"[{_SMALL}][^ -~{_SMALL}]|[^ -~{_SMALL}][{_SMALL}]|[{_ALONE}][^ -~]|[^ -~][{_ALONE}]"
"""A text needs nothing where it matches `PLAIN` and holds no `BESIDE`: no markup, no entity, single spaces inside, and
no trace of a broken encoding. UTF-8 read as another code page always leaves two characters beyond ASCII side by side,
the first of them one that is not in `PLAIN` or only without such a neighbour. Two small letters with accents are no
such pair: the repair takes them for a word (Núñez, créée)."""

UNBROKEN = f"[\x00-\x7f\u00a0\u200b{_SOUND}{_SMALL}{_ALONE}]*"
"""Texts that may hold markup and odd spaces; without a `BESIDE` they need no repair either, for the same reason."""

_PLAIN, _BESIDE, _UNBROKEN = re.compile(PLAIN), re.compile(BESIDE), re.compile(UNBROKEN)
TAG = re.compile(r"<[a-zA-Z/!?]")
BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|"
    r"option|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)\b[^>]*>",
    re.IGNORECASE,
)
UNSEEN = ("script", "style", "noscript", "template", "iframe", "object", "svg", "head", "title")
_HIDES = re.compile(f"<(?:{'|'.join(UNSEEN)})", re.IGNORECASE)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\u206a-\u206f\ufeff\ufff9-\ufffc\ufffe\uffff]"
)
_ROUNDS = 4
"""Entities and markup are often escaped twice by feeds; each round undoes one layer."""


def clean_text(text: str) -> str:
    """The text as a reader sees it: one line, single spaces, no markup, repaired encoding. May be empty."""
    for _ in range(_ROUNDS):
        if _PLAIN.fullmatch(text) and not _BESIDE.search(text):
            return text
        before = text
        if not _is_whole(text):
            text = _repair(text)
        if "<" in text and TAG.search(text):
            text = _strip_markup(text)
        elif "&" in text:
            text = html.unescape(text)
        text = " ".join(_INVISIBLE.sub("", text).split())
        if text == before:
            break
    return text


def clean_column(column: pl.Series) -> pl.Series:
    """A column of texts with every distinct text cleaned once; nulls stay null, the order and the name stay."""
    distinct = column.unique().drop_nulls()
    odd = distinct.filter(~distinct.str.contains(PLAIN) | distinct.str.contains(BESIDE))
    if odd.is_empty():
        return column
    cleaned = pl.Series([clean_text(text) for text in odd.to_list()], dtype=pl.String)
    changed = odd != cleaned
    if not changed.any():
        return column
    return column.replace(odd.filter(changed), cleaned.filter(changed))


def _strip_markup(text: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    # Block elements part words, inline ones (`w<b>or</b>d`) do not.
    tree = LexborHTMLParser(BLOCK.sub(lambda tag: f" {tag.group()} ", text))
    if _HIDES.search(text):
        tree.strip_tags(list(UNSEEN))
    return tree.body.text(deep=True, separator="") if tree.body else ""


def _is_whole(text: str) -> bool:
    """Whether the text needs no repair of its encoding. False says nothing."""
    return text.isascii() or (bool(_UNBROKEN.fullmatch(text)) and not _BESIDE.search(text))


def _repair(text: str) -> str:
    is_bad, fix_text, fix_latin_ligatures, settings = _repairer()
    if is_bad(text):
        return _reread(text) or fix_text(text, settings)
    # What the full repair does besides for a text that is not broken, at a tenth of its cost.
    text = fix_latin_ligatures(text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _reread(text: str) -> str | None:
    """UTF-8 that was read as Windows-1252 from end to end, read again; None for any other damage.

    That is by far the most frequent one, and this is what the full repair makes of it, at a tenth of the cost.
    """
    try:
        fixed = text.encode("sloppy-windows-1252").decode()
    except UnicodeError:
        return None
    # The full repair also takes out control characters.
    return fixed if fixed.isprintable() and _is_whole(fixed) else None


@cache
def _repairer() -> (
    "tuple[Callable[[str], bool], Callable[[str, TextFixerConfig], str], Callable[[str], str], TextFixerConfig]"
):
    from ftfy import TextFixerConfig, fix_text
    from ftfy.badness import is_bad
    from ftfy.fixes import fix_latin_ligatures

    # Curly quotes and full-width characters are the writer's choice, not damage.
    settings = TextFixerConfig(unescape_html=False, uncurl_quotes=False, fix_character_width=False, explain=False)
    return is_bad, fix_text, fix_latin_ligatures, settings
