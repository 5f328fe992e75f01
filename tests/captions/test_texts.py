"""Texts and properties to captions, with every sentence and fact placed in its source."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.captions import CaptionConfig, SourceRow, caption_contents
from pushgen.captions.assemble import SENTENCE
from pushgen.captions.caption import NOTHING
from pushgen.captions.salience import salient
from pushgen.captions.settings import Columns, Limits
from pushgen.cli.app import app
from pushgen.errors import ConfigurationError, InputError
from pushgen.records import Content, Origin, Provenance
from pushgen.tables import CONTENTS, PROVENANCE, read_table
from pushgen.text.clean import clean_text
from pushgen.text.graphemes import grapheme_count
from pushgen.text.paragraphs import paragraphs

ARTICLE = (
    "<article><p>The new bridge over the Lorn opened on Monday after 4 years of work.</p><p>It cost 12 million euros, "
    "said mayor Ada Belmir.</p><p>Buses will run every 10 minutes.</p></article>"
)
CHINESE = "<p>新桥周一在北京开通。项目历时4年，耗资1200万元。</p><p>市长说公交车每10分钟一班！</p>"


def row(content_id: str = "a", title: str | None = None, caption: str | None = None, **columns: str) -> SourceRow:
    return SourceRow(Content(content_id=content_id, title=title, caption=caption), columns)


def caption_of(source: SourceRow, config: CaptionConfig | None = None) -> tuple[str, list[Provenance]]:
    made = caption_contents([source], config or CaptionConfig())
    return made.contents[0].caption or "", list(made.provenance)


def test_sources_are_cleaned_joined_and_placed() -> None:
    source = row(article=ARTICLE, ocr="OPEN NOW 12 million euros", asr="the mayor Ada Belmir cuts the ribbon")
    text, provenance = caption_of(source)
    assert text == (
        "The new bridge over the Lorn opened on Monday after 4 years of work. It cost 12 million euros, said mayor Ada "
        "Belmir. Buses will run every 10 minutes. OPEN NOW 12 million euros. the mayor Ada Belmir cuts the ribbon."
    )
    assert all(text[one.start : one.end] == one.text for one in provenance)
    sources = {name: "\n".join(paragraphs(value or "")) for name, value in source.columns.items()}
    for one in provenance:
        assert one.field is not None
        assert one.source_start is not None
        if one.kind == SENTENCE or one.origin is Origin.ARTICLE:
            assert sources[one.field][one.source_start : one.source_end] == one.text
    money = [(one.origin, one.text) for one in provenance if one.kind == "number" and one.start == text.index("12")]
    assert money == [(Origin.ARTICLE, "12 million euros"), (Origin.SCREEN, "12 million euros")]
    mayor = {one.origin for one in provenance if one.kind == "name" and "Belmir" in one.text}
    assert mayor == {Origin.ARTICLE, Origin.SPEECH}


def test_chinese_stays_chinese_and_needs_no_spaces() -> None:
    made = caption_contents([row(title="新桥开通", article=CHINESE)], CaptionConfig())
    assert made.contents[0].caption == "新桥周一在北京开通。项目历时4年，耗资1200万元。市长说公交车每10分钟一班！"
    assert made.contents[0].language == "zh"


def test_a_stated_language_stays() -> None:
    content = Content(content_id="a", language="de", caption="Die Brücke ist offen")
    assert caption_contents([SourceRow(content, {})], CaptionConfig()).contents[0].language == "de"


def test_properties_of_a_product_are_named() -> None:
    config = CaptionConfig(columns=Columns(fields=("brand", "list_price", "more", "none")))
    source = row(
        brand=" <b>Acme</b> ", list_price="19.99 EUR", more='{"colour": ["red", "blue"], "litres": 1.7, "x": {}}'
    )
    text, provenance = caption_of(source, config)
    assert text == "Brand: Acme. List price: 19.99 EUR. Colour: red, blue. Litres: 1.7."
    values = [(one.text, one.field, one.source_start) for one in provenance if one.kind == SENTENCE]
    assert values == [
        ("Acme", "brand", 0),
        ("19.99 EUR", "list_price", 0),
        ("red, blue", "more", None),
        ("1.7", "more", None),
    ]


def test_equal_sentences_stand_once_and_name_all_their_sources() -> None:
    text, provenance = caption_of(row(caption="The bridge is open.", article="The bridge is open. It is red."))
    assert text == "The bridge is open. It is red."
    first = [(one.origin, one.start) for one in provenance if one.kind == SENTENCE and one.start == 0]
    assert first == [(Origin.CAPTION, 0), (Origin.ARTICLE, 0)]


def test_where_the_limit_does_not_hold_all_properties_stay_and_speech_goes() -> None:
    config = CaptionConfig(columns=Columns(fields=("brand",)), limits=Limits(caption=75))
    text, _ = caption_of(
        row(article="The kettle boils a litre in two minutes.", brand="Acme", asr="so hello " * 9), config
    )
    assert text == "The kettle boils a litre in two minutes. Brand: Acme."


def test_nothing_known_is_counted_and_stays_without_a_caption() -> None:
    made = caption_contents([row("a"), row("b", article="<p> </p>"), row("c", article="Words.")], CaptionConfig())
    assert [content.caption for content in made.contents] == [None, None, "Words."]
    assert [content.language for content in made.contents] == [None, None, "en"]
    assert made.failures == {NOTHING: 2}
    assert made.origins == {"article": 1}


def test_a_huge_article_is_trimmed_to_whole_sentences() -> None:
    sentences = [f"In {2000 + n} the river Lorn rose by {n} metres near Torana." for n in range(2000)]
    text, _ = caption_of(row(article="".join(f"<p>{sentence}</p>" for sentence in sentences)))
    assert 700 < grapheme_count(text) <= 900
    assert all(sentence in sentences for sentence in (part.strip() + "." for part in text.split(".") if part.strip()))


def test_speech_without_marks_is_cut_between_words() -> None:
    text, provenance = caption_of(row(asr="and then we walked on " * 200))
    assert 300 < grapheme_count(text) <= 400
    assert text.endswith(("on…", "walked…", "we…", "then…", "and…"))
    assert provenance[0].source_end == len(text) - 1


def test_the_telling_sentences_are_kept_in_order() -> None:
    text = (
        "Hello and welcome back. Ada Belmir won the Torana marathon on Sunday in 2 hours and 9 minutes. "
        "The weather was nice. It was her third start. Thanks for reading. "
        "The Torana marathon had 14,000 runners this year."
    )
    kept = [span.text for span in salient(text, 130, title="Belmir wins marathon", language="en")]
    assert kept == [
        "Ada Belmir won the Torana marathon on Sunday in 2 hours and 9 minutes.",
        "The Torana marathon had 14,000 runners this year.",
    ]


def test_what_was_said_already_is_left_out() -> None:
    again = "Ada Belmir won the Torana marathon on Sunday. "
    text = again + again.replace("won", "has won") + "Police closed six roads in the centre for buses."
    assert [span.start for span in salient(text, 100, language="en")] == [0, text.index("Police")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(alphabet="ab AB1.!?。桥<&\n", max_size=40), max_size=6),
    st.integers(20, 80),
)
def test_captions_hold_their_limit_and_their_places(texts: list[str], limit: int) -> None:
    config = CaptionConfig(limits=Limits(caption=limit, article=limit, speech=limit, screen=limit))
    columns = dict(zip(("article", "asr", "ocr"), texts, strict=False))
    text, provenance = caption_of(row(**columns), config)
    assert grapheme_count(text) <= limit + 1
    assert text == clean_text(text)
    assert all(text[one.start : one.end] == one.text for one in provenance)


def run(*words: str | Path) -> None:
    app([str(word) for word in words], exit_on_error=False, result_action="return_value")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "contents.jsonl"
    rows = [
        {"content_id": "a", "title": "Bridge &amp; river", "article": ARTICLE, "price": 12.5},
        {"content_id": "b"},
        {"title": "no id"},
    ]
    source.write_text("\n".join(json.dumps(row) for row in rows))
    out = tmp_path / "captions.parquet"
    run("caption", source, "--out", out, "--columns.fields", "price", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "contents": 2,
        "captioned": 1,
        "rejects": 1,
        "origins": {"article": 1, "product": 1},
        "failures": {NOTHING: 1},
    }
    written = read_table(out, CONTENTS)
    assert written["title"].to_list() == ["Bridge & river", None]
    assert written["caption"][0].endswith("10 minutes. Price: 12.5.")
    provenance = read_table(tmp_path / "captions.parquet.provenance.parquet", PROVENANCE)
    assert provenance.filter(pl.col("origin") == "product")["text"].to_list() == ["12.5", "12.5"]
    assert (tmp_path / "captions.parquet.rejects.parquet").exists()
    first = out.read_bytes()
    run("caption", source, "--out", out, "--columns.fields", "price")
    assert out.read_bytes() == first


def test_columns_and_endings_that_are_not_there_are_errors_in_words(tmp_path: Path) -> None:
    (tmp_path / "contents.csv").write_text("content_id,article\na,Words.\n")
    with pytest.raises(InputError, match="body"):
        run("caption", tmp_path / "contents.csv", "--out", tmp_path / "o.csv", "--columns.article", "body")
    with pytest.raises(ConfigurationError, match=r"\.jsonl"):
        run("caption", tmp_path / "contents.csv", "--out", tmp_path / "o.txt")
    with pytest.raises(ConfigurationError, match="no captioner 'magic'"):
        run("caption", tmp_path / "contents.csv", "--out", tmp_path / "o.csv", "--captioner", "magic")
    with pytest.raises(ConfigurationError, match="article"):
        Limits(article=3)
