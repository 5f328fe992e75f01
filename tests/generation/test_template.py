"""The template says what the source says and nothing else."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError
from pushgen.generation.frames import load_frames
from pushgen.generation.statements import read_source
from pushgen.generation.template import TemplateConfig, TemplateGenerator
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.styles.taxonomy import load_taxonomy
from pushgen.text.clean import clean_text
from pushgen.text.facts import facts
from pushgen.text.graphemes import grapheme_count

STYLES = load_taxonomy().ids


def write(content: Content, styles: tuple[str, ...] = STYLES, n: int = 1, limit: int = 110) -> list[Candidate]:
    generator = TemplateGenerator(TemplateConfig(limit=limit))
    requests = [GenerationRequest(content=content, style=s, index=i) for s in styles for i in range(n)]
    return [outcome for outcome in generator.generate(requests) if isinstance(outcome, Candidate)]


def reasons(content: Content, style: str) -> list[str]:
    outcomes = TemplateGenerator().generate([GenerationRequest(content=content, style=style)])
    return [outcome.reason for outcome in outcomes if isinstance(outcome, GenerationFailure)]


def test_frame_words_hold_no_fact() -> None:
    for style, languages in load_frames().items():
        for language, entry in languages.items():
            for frame in entry.frames:
                filled = frame.text.format(fact="they met", said="they met", teaser="they met…", name="", title="")
                assert not [f for f in facts(filled, language) if f.certain], (style, frame.text)


def test_every_style_has_frames_in_both_languages() -> None:
    frames = load_frames()
    assert all({"en", "zh"} <= set(frames[style]) for style in STYLES)


def test_style_without_its_fact_fails_with_a_reason() -> None:
    bare = Content(content_id="b", caption="the garden behind the station is open again after a long winter.")
    assert reasons(bare, "numbers") == ["no number in the source"]
    assert reasons(bare, "authority") == ["no name or expert in the source"]
    assert reasons(Content(content_id="e", title=" ", caption=""), "plain") == ["empty caption"]


def test_numbers_keep_the_number_even_when_cut() -> None:
    tail = "and the whole street came out to watch it happen while the band played on and on until dark"
    content = Content(content_id="n", caption=f"The tower fell, leaving 37 families without a roof over them, {tail}.")
    texts = [c.text for c in write(content, ("numbers",), n=4, limit=70)]
    assert texts
    assert all("37" in text for text in texts)


def test_language_without_frames_gets_the_bare_statement() -> None:
    content = Content(content_id="es", caption="El museo abre de noche todos los viernes.", language="es")
    assert [c.text for c in write(content)] == ["El museo abre de noche todos los viernes"]
    assert reasons(content, "humour") == ["no frames for the language"]


def test_clause_is_dropped_only_where_the_rest_says_the_same() -> None:
    source = read_source(
        Content(
            content_id="x", caption="The dam at Orrin opened in 2011, supplying water to nine towns in the valley."
        ),
        "en",
    )
    assert "The dam at Orrin opened in 2011" in source.statements[0].variants
    limited = read_source(
        Content(content_id="x", caption="The dam at Orrin will be opened, unless the court stops the work in autumn."),
        "en",
    )
    assert limited.statements[0].variants == (
        "The dam at Orrin will be opened, unless the court stops the work in autumn",
    )


def test_several_texts_of_one_style_differ_until_the_source_is_used_up() -> None:
    content = Content(
        content_id="v", caption="Lena Holt built a boat from 900 bottles. It floats, and children row it."
    )
    for style in ("plain", "emotion"):
        texts = [c.text for c in write(content, (style,), n=30)]
        assert len(texts) == len(set(texts)) >= 2
    outcomes = TemplateGenerator().generate([GenerationRequest(content=content, style="plain", index=99)])
    assert isinstance(outcomes[0], GenerationFailure)
    assert outcomes[0].reason == "no further variant"


def test_chinese() -> None:
    content = Content(
        content_id="z",
        caption="东湖公园周五开放了新的观景台，高30米，游客陈静第一个登上台顶。门票免费，但需要提前预约。",
    )
    found = write(content)
    assert {c.language for c in found} == {"zh"}
    assert len({c.text for c in found}) >= 8


WORDS = st.sampled_from(
    "the river Ana Lund rose 40 metres, because it rained; nobody said (not even Bo) that 3,000 people left. "  # noqa: SIM905
    "Then why? "
    "“We stay,” she said… 北京 开放 。 ， <b> {fact} & https://a.b 👩‍👩‍👧 If unless but it".split(" ")
)


@settings(max_examples=150, deadline=None)
@given(
    words=st.lists(WORDS, max_size=60), limit=st.integers(30, 140), title=st.sampled_from([None, "Ana's boat", "{x}"])
)
def test_any_source_gives_short_and_grounded_texts(words: list[str], limit: int, title: str | None) -> None:
    content = Content(content_id="p", title=title, caption=" ".join(words))
    source = clean_text(content.caption or "") + " " + clean_text(title or "")
    known = {fact.value for fact in facts(source)} | {word.lower() for word in source.split()}
    for candidate in write(content, limit=limit):
        assert 0 < grapheme_count(candidate.text) <= limit
        numbers = [fact for fact in facts(candidate.text) if fact.kind == "number"]
        assert all(fact.value in known or fact.text in source for fact in numbers), candidate.text


def test_bad_frames_are_named(tmp_path: Path) -> None:
    file = tmp_path / "frames.toml"
    for text, message in [
        ('[plain.en]\nframes = [{ text = "{who} is here" }]', "no slot 'who'"),
        ('[plain.en]\nframes = [{ text = "no slot" }]', "has no slot for a statement"),
        ('[plain.en]\nframes = [{ text = "{fact" }]', "unbalanced brace"),
        ("[plain.en]\nframes = []", "expected a list `frames`"),
        ("[plain", "not valid TOML"),
    ]:
        file.write_text(text)
        with pytest.raises(ConfigurationError, match=message):
            TemplateGenerator(TemplateConfig(frames=file))


@pytest.mark.data
def test_real_descriptions_get_distinct_grounded_texts(pushgen_data: Path) -> None:
    rows = pl.read_csv(pushgen_data / "netflix_titles" / "netflix_titles.csv", infer_schema=False).head(200)
    contents = [
        Content(content_id=row["show_id"], title=row["title"], caption=row["description"])
        for row in rows.iter_rows(named=True)
    ]
    texts: list[str] = []
    unsupported = 0
    for content in contents:
        known = {fact.value for fact in facts(content.source_text)}
        for candidate in write(content):
            texts.append(candidate.text)
            found = [fact for fact in facts(candidate.text) if fact.certain and fact.kind in ("number", "name")]
            unsupported += any(f.value not in known and f.text not in content.source_text for f in found)
    assert len(texts) > 10 * len(contents)
    assert len(set(texts)) > 0.97 * len(texts)
    assert unsupported <= 0.005 * len(texts)
