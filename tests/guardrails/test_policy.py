from pathlib import Path

import pytest

from pushgen.errors import ConfigurationError
from pushgen.guardrails import check, default_rules, read_policy
from pushgen.records import Candidate, Content

TEXT = """
numbers = "warn"
detector = "script"
words = "words.txt"

[brand]
banned = ["cheap"]

[channels.ios]
body_limit = 30

[languages.zh]
numbers = "off"
names = "warn"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "words.txt").write_text("frobnicat* # an own word\n", encoding="utf-8")
    path = tmp_path / "guardrails.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def found(file: Path, body: str, language: str = "en", channel: str = "any") -> set[tuple[str, str]]:
    policy = read_policy(file, channel)  # type: ignore[arg-type]
    rules = default_rules(policy.config, languages=policy.languages)
    content = Content(content_id="c", caption="a bakery 面包店", language=language)
    candidate = Candidate(
        candidate_id="a", content_id="c", body=body, style="s", generator="t", seed=0, prompt_hash="h"
    )
    verdicts = check(content, [candidate], rules).verdicts
    return {(verdict.rule, verdict.severity.value) for verdict in verdicts if verdict.candidate_id == "a"}


def test_settings_of_the_file(file: Path) -> None:
    assert found(file, "a cheap bakery with 99 ovens") == {("numbers", "warn"), ("brand", "block")}
    assert found(file, "a frobnicated bakery") == {("profanity", "block")}


def test_settings_of_a_language(file: Path) -> None:
    assert found(file, "面包店有99个面包，演员王晓明来了", "zh") == {("names", "warn")}
    assert found(file, "面包店有99个面包，演员王晓明来了", "zh-TW") == {("names", "warn")}


def test_settings_of_a_channel(file: Path) -> None:
    long = "a bakery, a bakery and once again a bakery"
    assert found(file, long) == set()
    assert found(file, long, channel="ios") == {("length", "block")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('numbers = "loud"', "loud"),
        ("nonsense = 1", "nonsense"),
        ("[channels.pager]\nbody_limit = 3", "pager"),
        ("languages = 3", "languages"),
        ("= broken", "TOML"),
        ('entailment = "block"', "entailment_model"),
    ],
)
def test_a_bad_file_is_explained(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "guardrails.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_policy(path)
