import pytest

from pushgen.text.facts import facts
from pushgen.text.han_names import find_han_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("演员王晓明出演新剧", ["王晓明"]),
        ("导演张建国：我和李婷的故事", ["张建国", "李婷"]),
        ("李老师今天又来了", ["李老师"]),
        ("欧阳晓峰宣布退役", ["欧阳晓峰"]),
        ("高兴的时候想想安全", []),
        ("白天也能看见星星，马上出发", []),
        ("何必呢，谢谢大家", []),
    ],
)
def test_persons(text: str, names: list[str]) -> None:
    assert [fact.text for fact in find_han_names(text)] == names
    assert [fact.text for fact in facts(text, "zh") if fact.kind == "name"] == names


def test_a_name_inside_a_word_is_none() -> None:
    assert list(find_han_names("这匹小马龙的速度")) == []
