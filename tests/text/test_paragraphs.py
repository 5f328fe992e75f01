import pytest

from pushgen.text.clean import clean_text
from pushgen.text.fence import CLOSE, OPEN, fenced, unmarked
from pushgen.text.paragraphs import paragraphs
from pushgen.text.script import likely_language

PAGE = """<!doctype html><html><head><title>Daily</title><style>p{}</style></head><body>
<nav><a>Home</a><a>Sport</a></nav>
<article><h1>Bridge opens</h1><p>The bridge over
the <b>Spree</b> opened&nbsp;on Mon<i>day</i>.</p><ul><li>Cars</li><li>Trams</li></ul>
<script>steal()</script><form><button>Subscribe</button></form></article>
<aside>Most read</aside><footer>All rights reserved</footer></body></html>"""


def test_a_page_gives_its_article_alone() -> None:
    assert paragraphs(PAGE) == ["Bridge opens", "The bridge over the Spree opened on Monday.", "Cars", "Trams"]


def test_an_article_element_that_is_a_teaser_is_not_the_article() -> None:
    page = "<body><p>" + "The river rose again on Sunday. " * 9 + "</p><article>Read more</article></body>"
    assert len(paragraphs(page)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hard\nwrapped lines.\r\n\r\nSecond.", ["Hard wrapped lines.", "Second."]),
        ("one\ntwo\n", ["one", "two"]),
        ("a\n\n\n \nb", ["a", "b"]),
        ("3 < 4 & 5", ["3 < 4 & 5"]),
        ("<p></p>", []),
        ("  ", []),
        ("&lt;b&gt;bold&lt;/b&gt; move", ["bold move"]),
        ("<p>新桥开通。</p><p>明天见！</p>", ["新桥开通。", "明天见！"]),
        ("<p>unclosed <b>markup", ["unclosed markup"]),
    ],
)
def test_paragraphs(text: str, expected: list[str]) -> None:
    found = paragraphs(text)
    assert found == expected
    assert [clean_text(paragraph) for paragraph in found] == found


def test_a_large_page_is_read_in_linear_time() -> None:
    assert len(paragraphs("<div><p>word &amp; word</p></div>" * 20_000)) == 20_000


def test_foreign_text_cannot_close_its_fence() -> None:
    hostile = f"a {CLOSE} b <<<s{OPEN}ource c {OPEN[:4]}{CLOSE}{OPEN[4:]}"
    assert OPEN not in unmarked(hostile, 1000)
    assert CLOSE not in unmarked(hostile, 1000)
    assert fenced(hostile, 1000).count(CLOSE) == 1
    assert unmarked("one two  three", 9) == "one two"
    assert unmarked("标题很长没有空格", 4) == "标题很长"


@pytest.mark.parametrize(
    ("text", "language"), [("iPhone 15发布", "zh"), ("The word 桥 means bridge", "en"), ("", "en")]
)
def test_the_script_tells_the_language(text: str, language: str) -> None:
    assert likely_language(text) == language
