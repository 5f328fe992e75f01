"""Contents, candidates, selections, scores, reviews, experiments, users: what goes in comes out, and only that."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.service.conftest import Client
from tests.store.rows import candidate, furnish

from pushgen.fakes import FakeRewardModel
from pushgen.records import Content, Experiment, Severity, Verdict

CAPTION = "A cat sat on the mat in Berlin for 12 hours."


class TestContents:
    def test_go_in_and_come_out(self, call_both: Client) -> None:
        call = call_both
        body = {"title": "Ä 🦄", "caption": CAPTION, "language": "en", "created_at": "2026-01-01T13:00:00+02:00"}
        made = call("PUT", "/v1/contents/c1", json=body)
        assert made.status_code == 201
        found = call("GET", "/v1/contents/c1")
        assert found.json() == made.json()
        assert found.json()["created_at"] == "2026-01-01T11:00:00Z"
        assert found.headers["etag"] == made.headers["etag"]
        assert call("PUT", "/v1/contents/c1", json=body).status_code == 200

    def test_bulk_keeps_good_rows_and_names_the_others(self, call_both: Client) -> None:
        rows = [{"content_id": "a", "title": "x"}, {"content_id": "b"}, {"content_id": "c/d", "title": "x"}, 7]
        done = call_both("POST", "/v1/contents/bulk", json={"items": rows}).json()
        assert done["kept"] == 1
        assert [(row["index"], row["errors"][0]["pointer"]) for row in done["rejected"]] == [
            (1, ""), (2, "/content_id"), (3, ""),
        ]  # fmt: skip
        assert [row["content_id"] for row in call_both("GET", "/v1/contents").json()["items"]] == ["a"]

    def test_pages_show_each_once(self, call_both: Client) -> None:
        names = [f"c{i:03d}" for i in range(25)]
        with call_both.store.begin() as tx:
            tx.contents.put(Content(content_id=name, title="x") for name in names)
        seen: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor:
            more = f"&cursor={cursor}" if cursor else ""
            page = call_both("GET", f"/v1/contents?limit=10{more}").json()
            seen, cursor, pages = [*seen, *(row["content_id"] for row in page["items"])], page["next"], pages + 1
        assert (seen, pages) == (names, 3)

    def test_etags(self, call: Client) -> None:
        tag = call("PUT", "/v1/contents/c1", json={"title": "1"}).headers["etag"]
        same = call("GET", "/v1/contents/c1", headers={"If-None-Match": f'"x", W/{tag}'})
        assert (same.status_code, same.content) == (304, b"")
        changed = call("PUT", "/v1/contents/c1", json={"title": "2"}, headers={"If-Match": tag})
        assert changed.status_code == 200
        assert call("PUT", "/v1/contents/c1", json={"title": "3"}, headers={"If-Match": tag}).status_code == 412
        assert call("PUT", "/v1/contents/new", json={"title": "3"}, headers={"If-Match": "*"}).status_code == 412
        assert call("GET", "/v1/contents/c1", headers={"If-None-Match": tag}).json()["title"] == "2"

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"title": " "}, ""),
            ({"title": 7}, "/title"),
            ({"title": "x", "titel": "y"}, "/titel"),
            ({"title": "a\x00b"}, "/title"),
            ({"title": "x" * 2_001}, "/title"),
            ({"title": "x", "language": "english please"}, "/language"),
            ({"title": "x", "created_at": "2026-01-01T00:00:00"}, "/created_at"),
            ({"title": "x", "created_at": "0001-01-01T00:00:00+14:00"}, "/created_at"),
            ([], ""),
        ],
    )
    def test_bad_input(self, call: Client, body: Any, pointer: str) -> None:
        refused = call("PUT", "/v1/contents/c1", json=body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer
        assert call("GET", "/v1/contents/c1").status_code == 404

    @pytest.mark.parametrize(
        "text", [b'{"title": "\\ud800"}', b'{"title": ', b"\xff", b"[" * 100_000, b'{"title": NaN}']
    )
    def test_bytes_that_are_no_json(self, call: Client, text: bytes) -> None:
        refused = call("PUT", "/v1/contents/c1", content=text, headers={"Content-Type": "application/json"})
        assert refused.status_code in (400, 422)
        assert refused.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("query", ["cursor=x", "cursor=W10", "cursor=WzFd", "cursor=WyJcdTAwMDAiXQ", "cursor=%00"])
    def test_a_cursor_of_somebody_else(self, call: Client, query: str) -> None:
        assert call("GET", f"/v1/contents?{query}").status_code == 400

    @pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x"])
    def test_a_limit_out_of_range(self, call: Client, query: str) -> None:
        assert call("GET", f"/v1/contents?{query}").json()["errors"][0]["pointer"] == "/query/limit"

    @pytest.mark.parametrize("name", ["%00", "%0A", "%20", "x" * 201, "%FF%00"])
    def test_an_id_that_cannot_be_one(self, call: Client, name: str) -> None:
        assert call("GET", f"/v1/contents/{name}").status_code == 422


@pytest.fixture
def furnished(call_both: Client) -> Client:
    """One content with three candidates, of which the guardrails block the last."""
    furnish(call_both.store)
    with call_both.store.begin() as tx:
        tx.contents.put([Content(content_id="c1", title="A cat in Berlin", caption=CAPTION, language="en")])
        tx.candidates.put([candidate("k1"), candidate("k2"), candidate("k3")])
        blocked = Verdict(
            candidate_id="k3", content_id="c1", rule="length", severity=Severity.BLOCK, start=0, end=1, message="long"
        )
        tx.verdicts.put([blocked])
        tx.experiments.put([Experiment(experiment_id="x1", content_id="c1", arms=2)])
    return call_both


class TestReading:
    def test_candidates_verdicts_and_experiments(self, furnished: Client) -> None:
        found = furnished("GET", "/v1/candidates?content_id=c1&limit=2").json()
        assert [row["candidate_id"] for row in found["items"]] == ["k1", "k2"]
        assert furnished("GET", "/v1/candidates?content_id=c9").json() == {"items": [], "next": None}
        assert furnished("GET", "/v1/candidates/k1").json()["prompt_hash"] == "h"
        assert [row["rule"] for row in furnished("GET", "/v1/candidates/k3/verdicts").json()] == ["length"]
        assert furnished("GET", "/v1/experiments").json()["items"][0]["arms"] == 2
        assert furnished("GET", "/v1/experiments/x1").headers["etag"]
        for path in ("candidates/x", "candidates/x/verdicts", "experiments/x", "selections/c1", "reviews/x"):
            assert furnished("GET", f"/v1/{path}").status_code == 404


class TestChoosing:
    def test_blocked_and_rejected_candidates_do_not_take_part(self, furnished: Client) -> None:
        first = furnished("POST", "/v1/selections/c1").json()
        assert {first["candidate_id"], *(rival["candidate_id"] for rival in first["rivals"])} == {"k1", "k2"}
        assert furnished("GET", "/v1/selections/c1").json() == first
        rejection = {"reviewer": "ann", "decision": "reject", "reason": "dull"}
        furnished("POST", f"/v1/candidates/{first['candidate_id']}/reviews", json=rejection)
        second = furnished("POST", "/v1/selections/c1").json()
        assert (second["candidate_id"], second["rivals"]) == (first["rivals"][0]["candidate_id"], [])
        furnished("POST", f"/v1/candidates/{second['candidate_id']}/reviews", json=rejection)
        nobody = furnished("POST", "/v1/selections/c1")
        assert (nobody.status_code, "blocked" in nobody.json()["detail"]) == (409, True)

    def test_an_edit_takes_part_with_its_text(self, furnished: Client) -> None:
        edit = {"reviewer": "ann", "decision": "edit", "body": "A cat sat in Berlin for 12 hours"}
        for name in ("k1", "k2"):
            assert furnished("POST", f"/v1/candidates/{name}/reviews", json=edit).status_code == 201
        chosen = furnished("POST", "/v1/selections/c1").json()
        assert (chosen["body"], chosen["p_win"]) == (edit["body"], 0.5)

    def test_scores_are_those_of_the_model(self, call: Client) -> None:
        asked = {"caption": CAPTION, "texts": [{"body": "a"}, {"title": "t", "body": "b"}, {"body": "a"}]}
        found = call("POST", "/v1/scores", json=asked).json()
        p = float(FakeRewardModel().compare(["a"], ["t: b"]).p_a[0])
        assert found["p_beats"][0] == pytest.approx([0.5, p, 0.5], abs=1e-6)
        assert found["p_win"] == pytest.approx([(p + 0.5) / 2, 1 - p, (p + 0.5) / 2], abs=1e-6)

    def test_without_a_model_and_without_a_content(self, build: Callable[..., Client]) -> None:
        call = build(reward=None)
        refused = call("POST", "/v1/scores", json={"texts": [{"body": "a"}]})
        assert (refused.status_code, "--reward" in refused.json()["detail"]) == (409, True)
        assert build()("POST", "/v1/selections/nothing").status_code == 404


class TestReviews:
    def test_the_queue_empties_and_an_undo_fills_it(self, furnished: Client) -> None:
        call = furnished
        name = call("POST", "/v1/selections/c1").json()["candidate_id"]
        assert [row["content_id"] for row in call("GET", "/v1/reviews/queue").json()["items"]] == ["c1"]
        approval = {"reviewer": "ann", "decision": "approve"}
        made = call("POST", f"/v1/candidates/{name}/reviews", json=approval)
        assert made.status_code == 201
        assert call("GET", "/v1/reviews/queue").json()["items"] == []
        review = made.json()["review"]
        assert call("GET", f"/v1/reviews/{review['review_id']}").json() == review
        assert call("DELETE", f"/v1/reviews/{review['review_id']}").status_code == 204
        assert call("DELETE", f"/v1/reviews/{review['review_id']}").status_code == 404
        assert len(call("GET", "/v1/reviews/queue").json()["items"]) == 1
        with call.store.read() as tx:
            (entry,) = tx.audit.of("review", review["review_id"])
        assert (entry.action, entry.detail["decision"]) == ("undo", "approve")

    def test_only_the_last_one_can_be_undone(self, furnished: Client) -> None:
        ids: list[str] = []
        for _ in range(2):
            furnished.clock.advance(minutes=1)
            body = {"reviewer": "ann", "decision": "approve"}
            ids.append(furnished("POST", "/v1/candidates/k1/reviews", json=body).json()["review"]["review_id"])
        assert [furnished("DELETE", f"/v1/reviews/{name}").status_code for name in (ids[0], ids[1], ids[0])] == [
            409, 204, 204,
        ]  # fmt: skip

    def test_an_edit_is_held_against_its_source(self, furnished: Client) -> None:
        good = {"body": "A cat sat in Berlin for 12 hours"}
        bad = {"body": "A cat sat in Berlin for 99 hours"}
        assert furnished("POST", "/v1/candidates/k1/check", json=good).json()["passes"] is True
        found = furnished("POST", "/v1/candidates/k1/check", json=bad).json()
        assert (found["passes"], "99" in bad["body"][found["verdicts"][0]["start"] :]) == (False, True)
        refused = furnished("POST", "/v1/candidates/k1/reviews", json={"reviewer": "ann", "decision": "edit", **bad})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["detail"].startswith("numbers: ")
        assert furnished("GET", "/v1/reviews").json()["items"] == []
        kept = furnished("POST", "/v1/candidates/k1/reviews", json={"reviewer": "ann", "decision": "edit", **good})
        assert kept.json()["review"]["body"] == good["body"]
        listed = furnished("GET", "/v1/reviews?candidate_id=k1").json()["items"]
        assert listed == [kept.json()["review"]]

    def test_the_same_key_is_the_same_review(self, furnished: Client) -> None:
        body = {"reviewer": "ann", "decision": "approve"}
        headers = {"Idempotency-Key": "r1"}
        found = [furnished("POST", "/v1/candidates/k1/reviews", json=body, headers=headers) for _ in range(2)]
        assert [one.status_code for one in found] == [201, 200]
        assert found[0].json() == found[1].json()
        other = furnished("POST", "/v1/candidates/k2/reviews", json=body, headers=headers)
        assert other.status_code == 409

    @pytest.mark.parametrize(
        "body",
        [
            {"reviewer": "ann", "decision": "edit"},
            {"reviewer": "ann", "decision": "reject"},
            {"reviewer": "ann", "decision": "approve", "body": "x"},
            {"reviewer": "ann", "decision": "perhaps"},
            {"decision": "approve"},
        ],
    )
    def test_bad_input(self, call: Client, body: dict[str, str]) -> None:
        assert call("POST", "/v1/candidates/k1/reviews", json=body).status_code == 422

    def test_a_candidate_that_does_not_exist(self, call: Client) -> None:
        for body in ({"decision": "approve"}, {"decision": "edit", "body": "x"}):
            answer = call("POST", "/v1/candidates/x/reviews", json={"reviewer": "ann", **body})
            assert answer.status_code == 404


class TestUsers:
    def test_zone_slots_devices_and_preferences(self, call_both: Client) -> None:
        call = call_both
        body = {"zone": "Europe/Berlin", "fields": {"first_name": "Ann"}}
        made = call("PUT", "/v1/users/u1", json=body)
        assert (made.status_code, call("GET", "/v1/users/u1").json()) == (201, {"user_id": "u1", **body})
        device = {"user_id": "u1", "channel": "webpush", "address": "https://push.example/1", "keys": {"auth": "x"}}
        assert [call("PUT", "/v1/devices/d1", json=device).status_code for _ in range(2)] == [201, 200]
        assert call("DELETE", "/v1/devices/d1").status_code == 204
        assert call("GET", "/v1/users/u1/devices").json()["items"][0]["retired_at"] is not None
        call("PUT", "/v1/devices/d1", json=device)
        assert call("GET", "/v1/users/u1/devices").json()["items"][0]["retired_at"] is None
        call("PUT", "/v1/users/u1/preferences/*", json={"wanted": False})
        assert [(row["topic"], row["wanted"]) for row in call("GET", "/v1/users/u1/preferences").json()["items"]] == [
            ("*", False)
        ]

    @pytest.mark.parametrize(
        ("path", "body", "pointer"),
        [
            ("users/u", {"zone": "Mars/Olympus"}, "zone"),
            ("users/u", {"zone": "../../etc/passwd"}, "zone"),
            ("users/u", {"fields": {"first name": "x"}}, "/fields/first name/[key]"),
            ("users/u", {"fields": {"a": 1}}, "/fields/a"),
            ("devices/d", {"user_id": "u", "channel": "pigeon", "address": "x"}, "/channel"),
            ("devices/d", {"user_id": "u", "channel": "fcm", "address": ""}, "/address"),
            ("users/u/preferences/news", {"wanted": "maybe"}, "/wanted"),
        ],
    )
    def test_bad_input(self, call: Client, path: str, body: Any, pointer: str) -> None:
        refused = call("PUT", f"/v1/{path}", json=body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer

    def test_a_device_that_does_not_exist(self, call: Client) -> None:
        assert call("DELETE", "/v1/devices/x").status_code == 404
