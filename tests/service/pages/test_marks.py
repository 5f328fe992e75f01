"""Texts in pieces: findings in a push, facts in its source."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.records import Severity, Verdict
from pushgen.service.pages.marks import Piece, Span, in_push, in_source, pieces

SOURCE = "The harbour museum opens 14 new rooms on Friday. Maria Keller calls them “a walk under water”."


def verdict(start: int, end: int, rule: str = "numbers", severity: Severity = Severity.BLOCK) -> Verdict:
    return Verdict(candidate_id="k", content_id="c", rule=rule, severity=severity, start=start, end=end, message="why")


def marked(found: list[Piece], kind: str) -> list[str]:
    return [piece.text for piece in found if piece.kind == kind]


@settings(max_examples=50, deadline=None)
@given(
    text=st.text(max_size=30),
    spans=st.lists(
        st.builds(
            Span, st.integers(-5, 40), st.integers(-5, 40), st.sampled_from(("block", "warn")), st.just("t"),
            st.integers(0, 1),
        ),
        max_size=5,
    ),
)  # fmt: skip
def test_the_pieces_are_the_text(text: str, spans: list[Span]) -> None:
    assert "".join(piece.text for piece in pieces(text, spans)) == text


def test_a_block_shows_over_a_warning() -> None:
    found = pieces("abcdef", [Span(0, 6, "warn", "w", 0), Span(2, 4, "block", "b", 1)])
    assert [(one.text, one.kind, one.title) for one in found] == [
        ("ab", "warn", "w"), ("cd", "block", "w; b"), ("ef", "warn", "w"),
    ]  # fmt: skip


def test_findings_fall_on_title_and_body() -> None:
    title, body = in_push("99 rooms", "On Friday", [verdict(0, 2), verdict(10, 12, "names", Severity.WARN)])
    assert marked(title, "block") == ["99"]
    assert marked(body, "warn") == ["On"]
    assert in_push(None, "On Friday", [verdict(0, 2)])[0] == []


def test_a_finding_over_all_of_the_text() -> None:
    title, body = in_push("Title", "Body", [verdict(0, 11)])
    assert (marked(title, "block"), marked(body, "block")) == (["Title"], ["Body"])


class TestSource:
    def test_what_the_push_uses(self) -> None:
        text = "14 rooms, says Maria Keller: “a walk under water”"
        assert marked(in_source(SOURCE, "en", text, []), "used") == ["14", "Maria Keller", "a walk under water"]

    def test_a_value_that_is_spelled_otherwise(self) -> None:
        assert marked(in_source("It cost 1,500,000 euros.", "en", "It cost 1.5 million euros", []), "used") == [
            "1,500,000 euros"
        ]

    def test_what_the_source_has_instead(self) -> None:
        text = "99 rooms"
        found = in_source(SOURCE, "en", text, [verdict(0, 2)])
        assert marked(found, "instead") == ["14", "Friday"]
        assert "'99'" in next(piece.title for piece in found if piece.kind == "instead")

    def test_findings_of_other_rules_mark_nothing(self) -> None:
        assert all(not piece.kind for piece in in_source(SOURCE, "en", "rooms", [verdict(0, 2, "length")]))
