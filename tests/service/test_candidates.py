"""Candidates in: handed in and written on demand, each with what the guardrails found."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.service.conftest import Client

from pushgen.fakes import FakeRewardModel
from pushgen.generation import open_generator
from pushgen.protocols import Comparison
from pushgen.records import Content
from pushgen.styles import load_taxonomy

CAPTION = "A cat sat on the mat in Berlin for 12 hours. Nobody knew why, said Anna Schmidt."
GOOD, WRONG = "A cat sat in Berlin for 12 hours", "A cat sat in Berlin for 99 hours"


@pytest.fixture
def stocked(call_both: Client) -> Client:
    with call_both.store.begin() as tx:
        tx.contents.put(
            Content(content_id=name, title="A cat in Berlin", caption=CAPTION, language="en") for name in ("c1", "c2")
        )
    return call_both


def row(body: str, content_id: str = "c1", **more: Any) -> dict[str, Any]:
    return {"content_id": content_id, "body": body, **more}


class TestHandedIn:
    def test_each_is_kept_with_what_was_found_in_it(self, stocked: Client) -> None:
        done = stocked("POST", "/v1/candidates/bulk", json={"items": [row(GOOD), row(WRONG)]}).json()
        assert (done["new"], done["known"], done["rejected"]) == (2, 0, [])
        good, wrong = done["candidates"][:2]
        assert (good["passes"], wrong["passes"]) == (True, False)
        assert good["candidate"]["language"] == "en"
        found = [one for one in wrong["verdicts"] if one["severity"] == "block"]
        assert found[0]["rule"] == "numbers"
        assert WRONG[found[0]["start"] : found[0]["end"]] == "99 hours"
        kept = stocked("GET", f"/v1/candidates/{wrong['candidate']['candidate_id']}/verdicts").json()
        assert sorted(kept, key=str) == sorted(wrong["verdicts"], key=str)
        chosen = stocked("POST", "/v1/selections/c1").json()
        assert chosen["candidate_id"] == good["candidate"]["candidate_id"]

    def test_the_same_candidate_sent_twice_is_one(self, stocked: Client) -> None:
        items = [row(GOOD), row(GOOD)]
        first, second = (stocked("POST", "/v1/candidates/bulk", json={"items": items}).json() for _ in range(2))
        assert [(one["new"], one["known"]) for one in (first, second)] == [(1, 1), (0, 2)]
        assert len(stocked("GET", "/v1/candidates").json()["items"]) == 1

    def test_a_row_that_cannot_be_used_is_named(self, stocked: Client) -> None:
        items: list[Any] = [
            row(GOOD, candidate_id="k1"),
            row("Another text about a cat", candidate_id="k1"),
            row(GOOD, content_id="c9"),
            row(""),
            {"body": "x"},
            row(GOOD, content_id="c2", candidate_id="k2"),
        ]
        done = stocked("POST", "/v1/candidates/bulk", json={"items": items}).json()
        assert (done["new"], done["known"]) == (2, 0)
        assert [(one["index"], one["errors"][0]["pointer"]) for one in done["rejected"]] == [
            (1, "/candidate_id"), (2, "/content_id"), (3, "/body"), (4, "/content_id"),
        ]  # fmt: skip

    def test_one_is_held_against_those_that_are_there(self, stocked: Client) -> None:
        # Of near-copies the smallest id stays.
        stocked("POST", "/v1/candidates/bulk", json={"items": [row(GOOD, candidate_id="a")]})
        near = {"items": [row(f"{GOOD}!", candidate_id="b")]}
        (found,) = stocked("POST", "/v1/candidates/bulk", json=near).json()["candidates"]
        assert (found["passes"], [one["rule"] for one in found["verdicts"] if one["severity"] == "block"]) == (
            False, ["duplicate"],
        )  # fmt: skip
        other = {"items": [row(f"{GOOD}!", content_id="c2", candidate_id="c")]}
        assert stocked("POST", "/v1/candidates/bulk", json=other).json()["candidates"][0]["passes"] is True


class TestWritten:
    def test_in_the_styles_asked_for(self, stocked: Client) -> None:
        done = stocked("POST", "/v1/contents/c1/candidates", json={"styles": ["plain", "question"]}).json()
        assert [one["candidate"]["style"] for one in done["candidates"]] == ["plain", "question"]
        assert done["not_written"] == []
        listed = stocked("GET", "/v1/candidates?content_id=c1").json()["items"]
        assert sorted(listed, key=str) == sorted((one["candidate"] for one in done["candidates"]), key=str)

    def test_in_every_style_where_none_is_named_and_then_chosen(self, build: Callable[..., Client]) -> None:
        call = build(generator=open_generator("template"))
        call("PUT", "/v1/contents/c1", json={"title": "A cat in Berlin", "caption": CAPTION, "language": "en"})
        done = call("POST", "/v1/contents/c1/candidates", json={}).json()
        assert len(done["candidates"]) + len(done["not_written"]) >= len(load_taxonomy().ids)
        passing = {one["candidate"]["candidate_id"] for one in done["candidates"] if one["passes"]}
        chosen = call("POST", "/v1/selections/c1").json()
        assert {chosen["candidate_id"], *(one["candidate_id"] for one in chosen["rivals"])} == passing

    def test_the_choice_among_what_was_written_asks_the_model_once(self, build: Callable[..., Client]) -> None:
        class Counting(FakeRewardModel):
            calls = 0

            def compare(self, *arguments: Any) -> Comparison:
                self.calls += 1
                return super().compare(*arguments)

        model = Counting()
        call = build(reward=model)
        call("PUT", "/v1/contents/c1", json={"title": "A cat in Berlin", "caption": CAPTION})
        call("POST", "/v1/contents/c1/candidates", json={"styles": ["plain", "question"]})
        first, again = (call("POST", "/v1/selections/c1").json() for _ in range(2))
        assert (first, model.calls) == (again, 1)
        edit = {"reviewer": "ann", "decision": "edit", "body": "A cat sat in Berlin"}
        assert call("POST", f"/v1/candidates/{first['candidate_id']}/reviews", json=edit).status_code == 201
        texts = [call("POST", "/v1/selections/c1").json() for _ in range(2)]
        assert (texts[0], model.calls) == (texts[1], 2)

    def test_words_that_are_there_are_not_kept_again(self, stocked: Client) -> None:
        for reasons in ([], ["text already there for this content"]):
            done = stocked("POST", "/v1/contents/c1/candidates", json={"styles": ["plain"], "seed": len(reasons)})
            assert [one["reason"] for one in done.json()["not_written"]] == reasons
        assert len(stocked("GET", "/v1/candidates").json()["items"]) == 1

    def test_what_cannot_be_written(self, build: Callable[..., Client]) -> None:
        call = build()
        assert call("POST", "/v1/contents/c9/candidates", json={}).status_code == 404
        call("PUT", "/v1/contents/c1", json={"title": "x"})
        for body, pointer in (({"styles": ["loud"]}, "/styles/0"), ({"per_style": 8}, ""), ({"seed": -1}, "/seed")):
            refused = call("POST", "/v1/contents/c1/candidates", json=body)
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
        without = build(generator=None)("POST", "/v1/contents/c1/candidates", json={})
        assert (without.status_code, "--generator" in without.json()["detail"]) == (409, True)
