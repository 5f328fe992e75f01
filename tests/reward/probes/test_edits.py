import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.reward.probes.edits import EDITS
from pushgen.text.measures import MEASURES

BY_NAME = {edit.name: edit.change for edit in EDITS}
ADD, DROP = "one empty sentence more (`Here it is.`)", "without the last sentence"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (ADD, "He ran", "He ran. Here it is."),
        (ADD, "他跑了。", "他跑了。来看看。"),
        (DROP, "He ran. She did not.", "He ran."),
        (DROP, "He ran.", None),
        ("a number in digits (three to 3)", "Three men and two dogs", "3 men and two dogs"),
        ("a number in digits (three to 3)", "三个人和两条狗", "3个人和两条狗"),
        ("a number in digits (three to 3)", "Someone", None),
        ("a number in words (3 to three)", "7 Reasons why", "Seven Reasons why"),
        ("a number in words (3 to three)", "he has 3 dogs", "he has three dogs"),
        ("a number in words (3 to three)", "at 3:30 he paid $5 or 3%", None),
        ("the longest word in capitals", "a small window here", "a small WINDOW here"),
        ("the longest word in capitals", "面馆排队", None),
        (
            "sentence case in place of title case",
            "Why Did Barack Obama Open A Small Bakery In Paris",
            "Why did Barack Obama open a small bakery in Paris",
        ),
        ("an emoji at the end", "Hot soup", "Hot soup 🔥"),
        ("without emoji", "Hot 🔥 soup", "Hot soup"),
        ("a question mark at the end", "He ran!", "He ran?"),
        ("a question mark at the end", "他跑了", "他跑了？"),
        ("a question mark at the end", "He ran?", None),
        ("full stops for question marks", "Why? Who?", "Why. Who."),
        ("a stranger's name in front (`Anna Keller:`)", "He ran", "Anna Keller: He ran"),
        ("`someone` for the first name", "Then Barack Obama ran", "Then someone ran"),
        ("a full stop at the end", "He ran", "He ran."),
        ("a full stop at the end", "He ran!", None),
        ("without the full stop at the end", "He ran.", "He ran"),
        ("without the full stop at the end", "He ran...", None),
        ("one small word (the to this)", "see the man", "see this man"),
        ("one small word (this to the)", "see this man", "see the man"),
    ],
)
def test_edits_by_hand(name: str, before: str, after: str | None) -> None:
    assert BY_NAME[name](before) == after


@given(st.text(max_size=60))
@settings(max_examples=30, deadline=None)
def test_an_edit_changes_the_text_or_declines(text: str) -> None:
    for edit in EDITS:
        new = edit.change(text)
        assert new is None or (new != text and new.strip())


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_is_made_of_nothing(text: str) -> None:
    assert [edit.name for edit in EDITS if edit.change(text) is not None] == []


def test_an_edit_moves_its_measure() -> None:
    texts = [
        "Three men saw the light. What now?",
        "Why Did Barack Obama Open 7 Small Bakeries 🔥",
        "Then Barack Obama ran.",
    ]
    for edit in EDITS:
        if edit.measure == "near-copies":
            continue
        measure = MEASURES[edit.measure]
        moved = [measure(new) - measure(text) for text in texts if (new := edit.change(text)) is not None]
        assert moved, edit
        assert all(moved), edit
