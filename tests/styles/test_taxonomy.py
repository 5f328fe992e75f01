from pathlib import Path

import pytest

from pushgen.errors import ConfigurationError
from pushgen.styles import load_taxonomy

IDS = (
    "suspense emotion practical humour urgency question numbers social_proof authority offer controversy personal plain"
)


def test_packaged_taxonomy_has_the_thirteen_styles_in_order_and_in_two_languages() -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.ids == tuple(IDS.split())
    for style in taxonomy:
        for language in ("en", "zh"):
            assert style.name[language]
            assert style.definition[language]
            assert len(style.cues[language]) >= 3
            assert len(set(style.examples[language])) == 3
        assert style.language_for("zh-Hans-CN") == "zh"
        assert style.language_for("pt-BR") == style.language_for(None) == "en"


def test_no_example_is_used_twice() -> None:
    examples = [text for style in load_taxonomy() for texts in style.examples.values() for text in texts]
    assert len(examples) == len(set(examples))


def test_unknown_style_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"'sarcasm'; there are suspense, emotion, .*plain"):
        load_taxonomy()["sarcasm"]


def test_select_keeps_the_order_given_and_drops_repeats() -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.select("all") == taxonomy.ids
    assert taxonomy.select("plain, suspense,plain") == ("plain", "suspense")
    with pytest.raises(ConfigurationError, match="no style"):
        taxonomy.select("plain,nothing")
    with pytest.raises(ConfigurationError, match="no style is named"):
        taxonomy.select(" , ")


OWN = """
[[style]]
id = "calm"
name = {de = "Ruhig"}
definition = {de = "Sagt es leise."}
"""


def test_own_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    taxonomy = load_taxonomy(path)
    assert taxonomy.ids == ("calm",)
    assert taxonomy["calm"].language_for("en") == "de"
    assert taxonomy["calm"].examples == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "one .*style.* table per style"),
        ("style = 3", "one .*style.* table per style"),
        ("[[style", "not valid TOML"),
        (OWN.replace('"calm"', '"Very Calm"'), "lower-case word"),
        (OWN + OWN, "'calm' is there 2 times"),
        (OWN.replace("definition", "definitoin"), "no field 'definitoin'"),
        (OWN.replace('{de = "Sagt es leise."}', '"Sagt"'), r"style 1 \(calm\), definition"),
        (OWN + "cues = {de = []}", "cues, de: expected a list of texts"),
    ],
)
def test_broken_file_names_the_fault(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_taxonomy(path)


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no taxonomy file"):
        load_taxonomy(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load_taxonomy(tmp_path / "binary.toml")
