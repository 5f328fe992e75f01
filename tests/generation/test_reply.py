"""From answers to texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgen.generation.reply import HALF, read_json_reply, read_reply


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("“Bridge open”", "Bridge open"),
        ("<think>hm, short</think>\nNotification: Bridge open", "Bridge open"),
        ('He said "go" and "stay"', 'He said "go" and "stay"'),
        ("推送：大桥开通", "大桥开通"),
        ("**Bridge open**", "Bridge open"),
        ("...\n- - -", None),
    ],
)
def test_a_plain_answer(answer: str, text: str | None) -> None:
    assert read_reply(answer, 110)[0] == text
    assert read_json_reply(answer, 110)[0] == text


@pytest.mark.parametrize(
    ("answer", "text", "reason"),
    [
        ('{"push": "Bridge open"}', "Bridge open", ""),
        ('Sure!\n```json\n{"push": "Bridge open"}\n```\nEnjoy', "Bridge open", ""),
        ('<think>{"push": "no"}</think>{"push": "Bridge open"}', "Bridge open", ""),
        ('{"push": "Bridge open", "why": "it is', "Bridge open", ""),
        ('{"push": "Bridge\nopen",}', "Bridge", ""),
        ('{"push": "A \\"big\\" bridge"', 'A "big" bridge', ""),
        ('{"push": "Bridge op', None, HALF),
        ('{"push": "Bridge \\', None, HALF),
        ('{"pu', None, HALF),
        ("{", None, HALF),
        ('{"text": "Bridge open"}', None, "answer without a push"),
        ('{"push": 7}', None, "answer without a push"),
        ('{"push": ""}', None, "empty answer"),
        ("Sets like {a, b} are open", "Sets like {a, b} are open", ""),
    ],
)
def test_an_answer_in_json(answer: str, text: str | None, reason: str) -> None:
    assert read_json_reply(answer, 110) == (text, reason)


@given(st.text(st.sampled_from('ab "\\{}:é,'), min_size=1, max_size=30), st.integers(0, 60))
def test_a_cut_object_never_gives_a_cut_text(text: str, cut: int) -> None:
    whole = json.dumps({"push": f"x{text}x"})
    full, _ = read_json_reply(whole, 110)
    found, _ = read_json_reply(whole[:cut], 110) if cut > 0 else (None, "")
    assert found in (None, full)
