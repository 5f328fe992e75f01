import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgen.text.facts import date_parts, facts


def found(text: str, *kinds: str) -> list[tuple[str, str, str]]:
    return [(fact.text, fact.value, fact.unit) for fact in facts(text) if fact.kind in kinds]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,500,000 views", "1500000", ""),
        ("1.5 million views", "1500000", ""),
        ("1.5M views", "1500000", ""),
        ("5k runners", "5000", ""),
        ("20% of them", "20", "%"),
        ("fifty per cent", "50", "%"),
        ("$3.50 each", "3.5", "$"),
        ("two hundred and fifty thousand dollars", "250000", "$"),
        ("£3.2bn", "3200000000", "£"),
        ("the 3rd time", "3", "ordinal"),
        ("the twenty-first day", "21", "ordinal"),
        ("a dozen eggs", "12", ""),
        ("thousands of birds", "1000", "vague"),
        ("the 1990s", "1990", "decade"),
        ("3万人", "30000", ""),
        ("1.2亿元", "120000000", "¥"),
        ("三个人", "3", ""),
        ("一百二十三米", "123", ""),
        ("两万五千里", "25000", ""),
        ("百分之二十", "20", "%"),
        ("第三次", "3", "ordinal"),
    ],
)
def test_numbers(text: str, value: str, unit: str) -> None:
    assert [(fact[1], fact[2]) for fact in found(text, "number")] == [(value, unit)]


@pytest.mark.parametrize(
    "text", ["one of them", "for the first time", "in a second", "一起十分高兴", "千万别忘", "万一下雨", "may be"]
)
def test_words_that_look_like_numbers(text: str) -> None:
    assert facts(text) == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on September 25, 2021", "2021-09-25"),
        ("on 25 Sept. 2021", "2021-09-25"),
        ("on 2021-09-25", "2021-09-25"),
        ("2021年9月25日", "2021-09-25"),
        ("in May 2012", "2012-05"),
        ("in May", "--05"),
        ("on Monday", "monday"),
        ("back in 1987", "1987"),
        ("二〇二一年", "2021"),
    ],
)
def test_dates(text: str, value: str) -> None:
    assert [fact[1] for fact in found(text, "date")] == [value]


def test_date_parts() -> None:
    assert date_parts("2021-09-25") == ("2021", "09", "25")
    assert date_parts("--09-25") == ("", "09", "25")
    assert date_parts("2021") == ("2021", "", "")
    assert date_parts("monday") == ("", "monday", "")


def test_times() -> None:
    assert found("from 10:30 pm to 5 a.m.", "time") == [("10:30 pm", "10:30pm", ""), ("5 a.m.", "5am", "")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The baker Amara Osei won.", ["Amara Osei"]),
        ("We met Dr. J. K. Marsh and Tim O'Dell's dog.", ["Dr. J. K. Marsh", "Tim O'Dell"]),
        ("The Oscar-winning star of House of Glass is here.", ["Oscar", "House of Glass"]),
        ("We use ResNet-50 on CIFAR-100 with an LSTM.", ["ResNet-50", "CIFAR-100", "LSTM"]),
        ("In September we left. I stayed on Monday.", []),
        ("Why Everyone Talks About The New Phone Today", []),
        ("What NASA Told Jennifer About The Moon Landing", ["NASA", "Jennifer"]),
        ("《红色的河》的作者和Amara Osei见面", ["红色的河", "Amara Osei"]),
    ],
)
def test_certain_names(text: str, names: list[str]) -> None:
    assert [fact.text for fact in facts(text) if fact.kind == "name" and fact.certain] == names


def test_a_capital_that_proves_nothing_is_said_so() -> None:
    (start,) = [fact for fact in facts("Quillfeather leaves the town.") if fact.kind == "name"]
    assert (start.text, start.doubt, start.certain) == ("Quillfeather", "start", False)
    (headline,) = [fact for fact in facts("Why The Quillfeather Is Back In Every Kitchen") if fact.kind == "name"]
    assert headline.doubt == "headline"


def test_quotes() -> None:
    assert [fact[1] for fact in found("She said “Never again.” and 'it's over now', he “ok”", "quote")] == [
        "never again",
        "it's over now",
        "ok",
    ]


def test_german_nouns_are_no_names() -> None:
    assert not [fact for fact in facts("Der Hund sieht das Haus", "de") if fact.kind == "name"]


@given(
    st.text(alphabet=st.sampled_from("Aa bZ'.-$%,:0129一万千第百年月日“”\"《》ofthetwo"), max_size=150)
    | st.text(max_size=150)
)
def test_spans_are_the_text(text: str) -> None:
    for fact in facts(text):
        assert text[fact.start : fact.end] == fact.text
        assert fact.start < fact.end
        assert fact.value


@pytest.mark.parametrize(
    "unit",
    ["1", "1,", "two ", "A-", "Aa ", "“", "'a ", "《", "千", "9:", " ", "C-1 ", "a.", "\n", "20% of Amara Osei, "],
)
def test_time_is_linear_in_the_length(unit: str) -> None:
    """Four times the text takes nowhere near sixteen times the time."""

    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            facts(text)
            best = min(best, time.process_time() - start)
        return best

    short, long = seconds(12_500), seconds(50_000)
    assert long < 10 * short + 0.05
