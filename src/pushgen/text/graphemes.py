"""Lengths as people and as channels count them: graphemes on the screen, bytes on the wire."""

import regex

from pushgen.text.segment import nearest_clause_end

_GRAPHEME = regex.compile(r"\X")


def grapheme_count(text: str) -> int:
    """Number of user-perceived characters (extended grapheme clusters, Unicode annex 29)."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    return sum(1 for _ in _GRAPHEME.finditer(text))


def byte_length(text: str) -> int:
    """Bytes in UTF-8; a lone surrogate counts three."""
    return len(text.encode("utf-8", "surrogatepass"))


def grapheme_position(text: str, count: int) -> int:
    """Position in code points right after the first `count` graphemes; the text's end where it has fewer."""
    if count <= 0:
        return 0
    for index, match in enumerate(_GRAPHEME.finditer(text), 1):
        if index == count:
            return match.end()
    return len(text)


def cut(text: str, limit: int, *, ellipsis: str = "", at_clause: bool = False) -> str:
    """The text, or its longest start that has at most `limit` graphemes together with the ellipsis.

    The cut never splits a grapheme. It falls between words where that keeps at least half of the text that fits,
    and at the end of a clause where `at_clause` asks for it and there is one.
    """
    if grapheme_count(text) <= limit:
        return text
    room = limit - grapheme_count(ellipsis)
    if room <= 0:
        return text[: grapheme_position(text, limit)]
    end = grapheme_position(text, room)
    if at_clause and (clause_end := nearest_clause_end(text, end)):
        return text[:clause_end] + ellipsis
    if text[end : end + 1].strip() and (space := max(text.rfind(" ", 0, end), text.rfind("\n", 0, end))) * 2 > end:
        end = space
    return text[:end].rstrip() + ellipsis


def cut_bytes(text: str, limit: int) -> str:
    """The longest start of the text that has at most `limit` bytes in UTF-8 and ends between graphemes."""
    if byte_length(text) <= limit:
        return text
    used = end = 0
    for match in _GRAPHEME.finditer(text):
        used += byte_length(match.group())
        if used > limit:
            break
        end = match.end()
    return text[:end]
