import html
import re

import polars as pl
import pytest
from ftfy import TextFixerConfig, fix_text
from hypothesis import given
from hypothesis import strategies as st

from pushgen.text.clean import BESIDE, PLAIN, clean_column, clean_text

CASES = [
    ("plain words stay", "plain words stay"),
    ("  two\t spaces\n", "two spaces"),
    ("a\u00a0hard space", "a hard space"),
    ("<p>One.</p><p>Two.</p>", "One. Two."),
    ("w<b>or</b>d", "word"),
    ("line<br>break", "line break"),
    ("<script>alert(1)</script>Hi", "Hi"),
    ("Fish &amp; chips &#8211; &quot;now&quot;", 'Fish & chips – "now"'),
    ("Fish &amp;amp; chips", "Fish & chips"),
    ("&lt;p&gt;escaped&lt;/p&gt;", "escaped"),
    ("I <3 you & 2 < 3", "I <3 you & 2 < 3"),
    ("caf\u00c3\u00a9", "café"),
    ("it\u00e2\u20ac\u2122s", "it’s"),
    ("a\x00b\x07c", "abc"),
    ("zero\u200bwidth\ufeff", "zerowidth"),
    ("“quotes” — kept…", "“quotes” — kept…"),
    ("你好，世界！　再见", "你好，世界！ 再见"),
    ("ＡＢＣ", "ＡＢＣ"),
    ("👩\u200d👩\u200d👧 family", "👩\u200d👩\u200d👧 family"),
    ("<p> </p>", ""),
    ("", ""),
]


@pytest.mark.parametrize(("raw", "clean"), CASES)
def test_known_texts(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_column_keeps_name_order_and_nulls() -> None:
    column = pl.Series("body", ["a  b", None, "<i>c</i>", "a  b", "d"])
    cleaned = clean_column(column)
    assert cleaned.name == "body"
    assert cleaned.to_list() == ["a b", None, "c", "a b", "d"]


PIECES = st.sampled_from(
    ["<p>", "</b>", "&amp;", "&lt;", "\u00a0", "Ã©", "â€™", "\n", "  ", "\x01", "中", "。", "a", "B", " "]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=12).map("".join)


@given(TEXTS)
def test_result_is_one_clean_line(text: str) -> None:
    clean = clean_text(text)
    assert clean == " ".join(clean.split())
    assert not any(ord(letter) < 32 or ord(letter) == 127 for letter in clean)


@given(st.lists(TEXTS, max_size=8))
def test_column_equals_text_by_text(texts: list[str]) -> None:
    assert clean_column(pl.Series(texts, dtype=pl.String)).to_list() == [clean_text(text) for text in texts]


LETTERS = st.one_of(
    st.sampled_from("àáâäåæçèéêëìíîïñòóôöøùúûüÉÖÜß€£"),
    st.sampled_from(" abzAZ09.,!?'()-’“”–中。"),
    st.characters(min_codepoint=32, max_codepoint=126),
)


@given(st.text(LETTERS, max_size=20).filter(lambda text: re.fullmatch(PLAIN, text) and not re.search(BESIDE, text)))
def test_fast_path_leaves_out_only_texts_that_need_nothing(text: str) -> None:
    settings = TextFixerConfig(unescape_html=False, uncurl_quotes=False, fix_character_width=False)
    assert fix_text(text, settings) == text
    assert html.unescape(text) == text == " ".join(text.split())


@given(
    st.text(
        st.one_of(LETTERS, st.sampled_from("ÂÃ\u0301ﬁ™œšžĞ"), st.characters(exclude_categories=["Cs", "Cc"])),
        max_size=12,
    )
)
def test_repair_is_that_of_the_library(text: str) -> None:
    settings = TextFixerConfig(unescape_html=False, uncurl_quotes=False, fix_character_width=False)
    assert clean_text(text.replace("&", "").replace("<", "")) == clean_text(
        fix_text(text.replace("&", "").replace("<", ""), settings)
    )
