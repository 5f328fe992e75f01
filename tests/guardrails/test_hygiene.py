"""Rules about characters, slots, links and loudness."""

import pytest

from pushgen.guardrails.capitals import CapitalsRule
from pushgen.guardrails.controls import ControlsRule
from pushgen.guardrails.emoji import EmojiRule
from pushgen.guardrails.leftovers import LeftoversRule
from pushgen.guardrails.length import payload_bytes
from pushgen.guardrails.links import LinksRule
from pushgen.guardrails.punctuation import PunctuationRule
from pushgen.protocols import Guardrail
from pushgen.records import Candidate, Content

CONTENT = Content(content_id="c", caption="The NASA petition on Change.org about rockets.")


def found(rule: Guardrail, text: str) -> list[str]:
    candidate = Candidate(candidate_id="1", content_id="c", body=text, style="s", generator="t", seed=0, prompt_hash="")
    return [text[verdict.start : verdict.end] for verdict in rule.check(CONTENT, [candidate])]


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("abc\x07def", ["\x07"]),
        ("pay \u202eevil\u202c now", ["\u202e", "\u202c"]),
        ("in\u200bvisible", ["\u200b"]),
        ("broken \ufffd", ["\ufffd"]),
        ("jo\u200dined", ["\u200d"]),
        ("marked\u200e", ["\u200e"]),
        ("two lines\nare fine", []),
        ("a family 👨\u200d👩\u200d👧 and 🏴\U000e0067\U000e0062\U000e007f", []),
        ("שלום\u200f עולם", []),
    ],
)
def test_controls(text: str, bad: list[str]) -> None:
    assert found(ControlsRule(), text) == bad


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("Hi {name}, look", ["{name}"]),
        ("Hi {{ user.name }}", ["{{ user.name }}"]),
        ("Only %s left", ["%s"]),
        ("Only %(count)d left", ["%(count)d"]),
        ("A <b>bold</b> claim", ["<b>", "</b>"]),
        ("Bread &amp; butter", ["&amp;"]),
        ("Hello [NAME]", ["[NAME]"]),
        ("你好，【用户名】", ["【用户名】"]),
        ("Hi null, welcome", ["null"]),
        ("one\\ntwo", []),
        ("See *|FNAME|* now", ["*|FNAME|*"]),
        ("**Bold** bread", ["**Bold**"]),
        ("100% of sales, 5% down", []),
        ("I <3 bread", []),
        ("None of them is null and void [VIDEO]", []),
        ("Salt & pepper; AT&T", []),
    ],
)
def test_leftovers(text: str, bad: list[str]) -> None:
    assert found(LeftoversRule(), text) == bad


def test_slots_for_the_delivery_need_a_default() -> None:
    rule = LeftoversRule(slots=("first_name",))
    assert found(rule, "Hi {first_name|there}") == []
    assert found(rule, "Hi {first_name}") == ["{first_name}"]
    assert found(rule, "Hi {other|there}") == ["{other|there}"]


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("see https://x.example/a?b=1 now", ["https://x.example/a?b=1"]),
        ("see www.example.com", ["www.example.com"]),
        ("go to evil.shop/x", ["evil.shop/x"]),
        ("详情bit.ly/3abc点击", ["bit.ly/3abc"]),
        ("sign on Change.org", []),
        ("sign on change.org/p/1", ["change.org/p/1"]),
        ("sign on Other.org", ["Other.org"]),
        ("at 10.0.0.1:8080", ["10.0.0.1:8080"]),
        ("e.g. the U.S. and Node.js 3.5", []),
        ("Wait.it is over.So what", []),
        ("see shop.example.org/x", []),
    ],
)
def test_links(text: str, bad: list[str]) -> None:
    assert found(LinksRule(domains=("example.org",)), text) == bad


def test_budgets() -> None:
    assert found(CapitalsRule(), "THIS BREAD IS FREE TODAY")
    assert not found(CapitalsRule(), "The NASA bread is REALLY free in the US today")
    assert found(PunctuationRule(), "Bread!!! and more") == ["!!!"]
    assert found(PunctuationRule(), "Bread! More! Now! ") == ["! More! Now!"]
    assert not found(PunctuationRule(), "Really?! Bread... now!")
    assert found(EmojiRule(), "bread 🍞🍞🍞🍞🍞") == ["🍞🍞"]
    assert not found(EmojiRule(), "family 👨‍👩‍👧 flag 🇩🇪 thumb 👍🏽 © 2020")


def test_bytes_inside_json() -> None:
    assert payload_bytes("a") == 1
    assert payload_bytes('"面"\n\x01') == 2 + 3 + 2 + 2 + 6
