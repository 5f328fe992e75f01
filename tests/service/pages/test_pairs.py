"""Pairs judged blindly, agreement, and what training makes of it."""

from datetime import UTC, datetime
from math import isnan
from pathlib import Path

import pytest
from tests.service.conftest import Client
from tests.service.pages.conftest import Person, Persons, furnish, member

from pushgen.errors import InputError
from pushgen.logs import make_pairs
from pushgen.pipeline.export_reviews import ALONE, NEITHER, SAME, export_reviews
from pushgen.records import Judgement
from pushgen.service.pages.judging import judged
from pushgen.service.selections.service import choose_now
from pushgen.store import Store

AT = datetime(2026, 1, 1, tzinfo=UTC)


def judgement(number: int, reviewer: str, verdict: str, first: str = "a") -> Judgement:
    names = {"a": f"{number}-a", "b": f"{number}-b"}
    return Judgement(
        candidate_a=names["a"], candidate_b=names["b"], reviewer=reviewer, content_id=str(number),
        preferred=names.get(verdict), shown_first=names[first], judged_at=AT,
    )  # fmt: skip


class TestJudging:
    def test_one_after_the_other_until_none_is_left(self, furnished: Client, person: Persons) -> None:
        reviewer = person("reviewer")
        for number in range(3):
            page = reviewer.get("/pages/pairs").text
            assert "plain" not in page.replace("-a-plain", "")
            assert "to beat" not in page
            reviewer.send("/pages/pairs", preferred=("first", "second", "neither")[number])
        assert "Neither was better" in reviewer.page
        assert "judged every pair" in reviewer.page
        with furnished.store.read() as tx:
            found = tx.judgements.all()
        assert [one.content_id for one in found] == ["c1", "c2", "c3"]
        assert found[0].preferred == found[0].shown_first
        assert found[1].preferred not in (None, found[1].shown_first)
        assert found[2].preferred is None

    def test_what_one_other_has_judged_comes_first(self, furnished: Client, person: Persons) -> None:
        del furnished
        first, second = person("reviewer"), person("admin")
        first.get("/pages/pairs")
        first.send("/pages/pairs", preferred="first")
        first.send("/pages/pairs", preferred="first")
        second.get("/pages/pairs")
        assert 'name="one" value="c1-' in second.page
        second.send("/pages/pairs", preferred="neither")
        assert 'name="one" value="c2-' in second.page
        assert "not told apart from chance yet" in first.get("/pages/pairs/agreement").text

    def test_undo_and_again(self, furnished: Client, person: Persons) -> None:
        reviewer = person("reviewer")
        reviewer.get("/pages/pairs")
        pair = reviewer.page
        reviewer.send("/pages/pairs", preferred="first")
        after = reviewer.page
        reviewer.page = pair
        assert reviewer.send("/pages/pairs", preferred="second").status_code == 409
        reviewer.page = after
        reviewer.send("/pages/pairs/undo")
        with furnished.store.read() as tx:
            assert tx.judgements.count() == 0
        assert reviewer.send("/pages/pairs", preferred="second").status_code == 200

    def test_the_order_is_drawn_for_each_person(self, call: Client, person: Persons) -> None:
        furnish(call.store, tuple(f"c{number}" for number in range(12)))
        for number in range(12):
            choose_now(call.service, f"c{number}")
        for name in ("reviewer", "admin"):
            somebody = person(name)
            for _ in range(12):
                somebody.get("/pages/pairs")
                somebody.send("/pages/pairs", preferred="first")
        with call.store.read() as tx:
            found = tx.judgements.all()
        firsts = {name: [one.shown_first for one in found if one.reviewer == name] for name in ("reviewer", "admin")}
        assert firsts["reviewer"] != firsts["admin"]
        assert 1 <= sum(name.endswith("-a-plain") for name in firsts["admin"]) <= 11

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"one": "c1-a-plain", "other": "c2-a-plain"}, 404),
            ({"one": "c1-a-plain", "other": "c1-a-plain"}, 404),
            ({"one": "c1-a-plain", "other": "x"}, 404),
            ({"preferred": "third"}, 422),
        ],
    )
    def test_what_is_no_pair(self, furnished: Client, person: Persons, fields: dict[str, str], status: int) -> None:
        del furnished
        reviewer = person("reviewer")
        reviewer.get("/pages/pairs")
        assert reviewer.send("/pages/pairs", follow=True, **{"preferred": "first", **fields}).status_code == status


class TestAgreement:
    def test_places_on_the_screen_do_not_count_as_verdicts(self) -> None:
        """The two see every pair in another order and mean the same texts: always alike."""
        found = judged(
            [
                *(judgement(number, "ann", "ab"[number % 2], "a") for number in range(20)),
                *(judgement(number, "bob", "ab"[number % 2], "b") for number in range(20)),
            ]
        )
        (between,) = found.between
        assert (between.agreement.count, between.agreement.kappa) == (20, 1.0)
        assert between.words == "agree more than by chance"
        assert [(one.count, one.first) for one in found.habits] == [(20, 0.5), (20, 0.5)]
        assert (found.pairs, found.judgements) == (20, 40)

    def test_only_common_pairs_count(self) -> None:
        found = judged([judgement(1, "ann", "a"), judgement(2, "bob", "b")])
        assert list(found.between) == []
        lone = judged([judgement(1, "ann", "neither"), judgement(1, "bob", "neither")])
        assert isnan(lone.between[0].agreement.kappa)
        assert "tells nothing" in lone.between[0].words
        assert isnan(lone.habits[0].first)


class TestExport:
    def test_edits_rejections_and_judgements(self, furnished: Client, person: Persons, tmp_path: Path) -> None:
        reviewer = person("reviewer")
        for verdict in ("first", "neither"):
            reviewer.get("/pages/pairs")
            reviewer.send("/pages/pairs", preferred=verdict)
        edit(reviewer, "c1-a-plain", "14 rooms open on Friday")
        reject(reviewer, "c1-b-number")
        reject(reviewer, "c2-a-plain")
        edit(reviewer, "c3-a-plain", "14 new rooms open on Friday", title="Harbour museum")
        log, found = export_reviews(furnished.store, tmp_path / "log")
        assert found.pairs == {"edit": 1, "rejection": 1, "judgement": 1}
        assert found.left_out == {SAME: 1, ALONE: 1, NEITHER: 1}
        pairs = make_pairs(log, implied=True).frame
        assert pairs.height == 3
        assert pairs["caption"].null_count() == 0
        winners = {
            row["text_a"] if row["clicks_a"] else row["text_b"]
            for row in pairs.filter(~pairs["experiment_id"].str.starts_with("judgement")).iter_rows(named=True)
        }
        assert winners == {"14 rooms open on Friday"}
        assert int(pairs["clicks_a"].sum()) + int(pairs["clicks_b"].sum()) == 3

    def test_nobody_is_named(self, furnished: Client, person: Persons, tmp_path: Path) -> None:
        reviewer = person("reviewer", "annabel")
        reviewer.get("/pages/pairs")
        reviewer.send("/pages/pairs", preferred="first")
        export_reviews(furnished.store, tmp_path / "log")
        written = b"".join(path.read_bytes() for path in (tmp_path / "log").rglob("*") if path.is_file())
        assert b"annabel" not in written

    def test_nothing_yet(self, lone_store: Store, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="pushgen serve"):
            export_reviews(lone_store, tmp_path / "log")


def edit(reviewer: Person, candidate_id: str, body: str, title: str = "") -> None:
    content_id = candidate_id.partition("-")[0]
    reviewer.get(f"/pages/contents/{content_id}?candidate={candidate_id}&edit=1")
    assert reviewer.send(f"/pages/candidates/{candidate_id}/edit", title=title, body=body).status_code == 200


def reject(reviewer: Person, candidate_id: str) -> None:
    content_id = candidate_id.partition("-")[0]
    reviewer.get(f"/pages/contents/{content_id}?candidate={candidate_id}")
    assert reviewer.send(f"/pages/candidates/{candidate_id}/reject", reason="dull").status_code == 200


def test_both_databases(call_both: Client) -> None:
    """What the queue of pairs asks of the database, and names that only one of them would take."""
    furnish(call_both.store)
    for name in ("c1", "c2", "c3"):
        choose_now(call_both.service, name)
    reviewer = member(call_both, "reviewer")
    for _ in range(3):
        reviewer.get("/pages/pairs")
        reviewer.send("/pages/pairs", preferred="first")
    assert "judged every pair" in reviewer.page
    reviewer.send("/pages/pairs/undo")
    reviewer.get("/pages/contents/c1")
    assert "to beat" in reviewer.page
    assert "Password" in Person(call_both).sign_in("ann\x00").text
