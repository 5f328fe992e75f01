"""Long foreign text, an HTML page among it, as clean paragraphs."""

import re

from pushgen.text.clean import BLOCK, TAG, UNSEEN, clean_text

_ASIDE = ("nav", "footer", "aside", "form", "button", "select", "menu", "dialog")
"""What stands around an article on a page."""
_MAIN_SHARE = 0.5
"""An `article` or `main` element with at least this share of the page's words is the article."""
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def paragraphs(text: str) -> list[str]:
    """Paragraphs in order, each cleaned (`text.clean`) and not empty.

    In HTML a block element ends a paragraph and what stands around an article (navigation, forms) goes. In plain text a
    blank line does, or every line break where there is no blank line.
    """
    if "<" in text and TAG.search(text):
        pieces = _page(text).split("\n")
    else:
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        pieces = _BLANK_LINE.split(plain) if _BLANK_LINE.search(plain.strip()) else plain.split("\n")
    return [cleaned for piece in pieces if (cleaned := clean_text(piece))]


def _page(html: str) -> str:
    """The text of a page, with a line break only where a block element begins or ends."""
    from selectolax.lexbor import LexborHTMLParser

    flat = " ".join(html.split())
    tree = LexborHTMLParser(BLOCK.sub(lambda tag: f"\n{tag.group()}\n", flat))
    tree.strip_tags([*UNSEEN, *_ASIDE])
    if tree.body is None:
        return ""
    whole = tree.body.text(deep=True, separator="")
    for node in tree.css("article, main"):
        inner = node.text(deep=True, separator="")
        if len(inner.split()) >= _MAIN_SHARE * len(whole.split()):
            return inner
    return whole
