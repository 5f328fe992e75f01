from hypothesis import given
from hypothesis import strategies as st

from pushgen.text.graphemes import byte_length, cut, cut_bytes, grapheme_count, grapheme_position

FAMILY = "👨‍👩‍👧"


def test_count_sees_what_people_see() -> None:
    assert grapheme_count("e\u0301" + FAMILY + "🇩🇪") == 3
    assert grapheme_count("a\r\nb") == 3


def test_bytes() -> None:
    assert byte_length("é中😀\ud800") == 2 + 3 + 4 + 3


def test_cut_falls_between_words_and_never_inside_a_grapheme() -> None:
    assert cut("Hello big wide world", 18, ellipsis="…") == "Hello big wide…"
    assert cut(FAMILY * 3, 2) == FAMILY * 2
    assert cut("short", 10, ellipsis="…") == "short"
    assert cut("abcdef", 2, ellipsis="...") == "ab"


def test_cut_at_a_clause() -> None:
    assert (
        cut("As the river rises, a baker saves the whole town.", 40, ellipsis="…", at_clause=True)
        == "As the river rises…"
    )


def test_cut_bytes_keeps_graphemes_whole() -> None:
    assert cut_bytes("中文" + FAMILY, 10) == "中文"


@given(st.text(max_size=120), st.integers(0, 40))
def test_cuts_fit(text: str, limit: int) -> None:
    assert grapheme_count(cut(text, limit, ellipsis="…")) <= max(limit, 0)
    assert byte_length(cut_bytes(text, limit)) <= limit
    assert text.startswith(cut_bytes(text, limit))
    assert 0 <= grapheme_position(text, limit) <= len(text)
