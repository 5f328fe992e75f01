import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgen.text.segment import clauses, nearest_clause_end, sentences, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Osei paid $3.5 million. He left.", ["Dr. Osei paid $3.5 million.", "He left."]),
        ("They met at 5 p.m. The show began.", ["They met at 5 p.m.", "The show began."]),
        ("The U.S. team won. It was late!", ["The U.S. team won.", "It was late!"]),
        ("J. K. Marsh wrote it. Why? Nobody knows.", ["J. K. Marsh wrote it.", "Why?", "Nobody knows."]),
        ('"Where?" she asked. Nobody knew.', ['"Where?" she asked.', "Nobody knew."]),
        ("No end here\nA new line", ["No end here", "A new line"]),
        ("Well... maybe not.", ["Well... maybe not."]),
        ("他说：“下雨了。”我们回家吧！价格是3.5元。", ["他说：“下雨了。”", "我们回家吧！", "价格是3.5元。"]),
        ("   ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [sentence.text for sentence in sentences(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "As the river rises, a baker saves 1,000 loaves and she feeds the town.",
            [("", "As the river rises"), (",", "a baker saves 1,000 loaves"), ("and", "and she feeds the town")],
        ),
        ("In 2014, the bridge was closed.", [("", "In 2014, the bridge was closed")]),
        ("Red, green, and blue are the colours.", [("", "Red, green, and blue are the colours")]),
        (
            "The shop (it opened in May) is gone — nobody knows why!",
            [("", "The shop"), ("(", "it opened in May"), (")", "is gone"), ("—", "nobody knows why!")],
        ),
        ("They arrive at 10:30 a.m.", [("", "They arrive at 10:30 a.m.")]),
        (
            "价格是3.5元，但是大家都买；店主很高兴。",
            [("", "价格是3.5元"), ("，", "但是大家都买"), ("；", "店主很高兴")],
        ),
    ],
)
def test_clauses(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(clause.joint, clause.text) for clause in clauses(text)] == expected


def test_words() -> None:
    found = [word.text for word in words("It's 1,000.5 kg of state-of-the-art CIFAR-100 data, 你好")]
    assert found == ["It's", "1,000.5", "kg", "of", "state-of-the-art", "CIFAR-100", "data", "你", "好"]


def test_nearest_clause_end() -> None:
    text = "As the river rises, a baker saves the town."
    assert nearest_clause_end(text, 30) == len("As the river rises")
    assert nearest_clause_end(text, 5) == 0


@given(
    st.text(alphabet=st.sampled_from("ab .,!?-—:;()\"'“”\n。，！？“”…中文AU.S1"), max_size=200) | st.text(max_size=200)
)
def test_spans_are_the_text_and_do_not_overlap(text: str) -> None:
    for spans in (sentences(text), clauses(text), words(text)):
        last = 0
        for span in spans:
            assert text[span.start : span.end] == span.text
            assert last <= span.start < span.end
            last = span.end


@given(st.text(alphabet=st.sampled_from("ab .,!?-—:;()\n。，！？中"), max_size=200))
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(sentence.text.split()) for sentence in sentences(text)) == "".join(text.split())
