"""The page of one content and what can be done there, without script."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.service.conftest import Client
from tests.service.pages.conftest import Persons, furnish, member

from pushgen.records import Candidate, Content, Decision, Severity, Verdict
from pushgen.service.app import create_app
from pushgen.service.pages.settings import PagesConfig
from pushgen.service.selections.service import choose_now


def chosen(client: Client, content_id: str) -> str:
    with client.store.read() as tx:
        selection = tx.selections.get(content_id)
    assert selection is not None
    return selection.candidate_id


def waiting(client: Client) -> list[str]:
    with client.store.read() as tx:
        return [one.content_id for one in tx.reviews.waiting()]


class TestLooking:
    def test_candidates_findings_probabilities_and_phones(self, furnished: Client, person: Persons) -> None:
        viewer = person("viewer")
        page = viewer.get("/pages/contents/c1?candidate=c1-c-wrong").text
        assert '<mark class="block" title="numbers: &#39;99&#39; is not in the source">99</mark>' in page
        assert re.search(r'<mark class="instead"[^>]*>14</mark>', page)
        assert re.search(r"\d+% to beat the others", page)
        assert re.search(r"\d+% to beat the chosen one", page)
        assert page.count('<figure class="phone') == 2
        assert "Approve" not in page
        assert viewer.post("/pages/candidates/c1-a-plain/approve", {"token": viewer.token}).status_code == 403
        with furnished.store.read() as tx:
            assert tx.reviews.count() == 0

    def test_the_chosen_one_is_looked_at_first(self, furnished: Client, person: Persons) -> None:
        page = person("viewer").get("/pages/contents/c1").text
        (current,) = re.findall(r'href="/pages/contents/c1\?candidate=([^"]+)"[^>]*aria-current', page)
        assert current == chosen(furnished, "c1")

    @pytest.mark.parametrize(
        "path", ["contents/x", "contents/c1?candidate=x", "contents/c2?candidate=c1-a-plain", "contents/%00"]
    )
    def test_what_is_not_there(self, furnished: Client, person: Persons, path: str) -> None:
        del furnished
        assert person("viewer").get(f"/pages/{path}").status_code in (404, 422)

    def test_an_id_with_a_slash(self, call: Client, person: Persons) -> None:
        with call.store.begin() as tx:
            tx.contents.put([Content(content_id="https://a/b?c=1#d", title="Odd id")])
        viewer = person("viewer")
        page = viewer.get("/pages/contents/https%3A%2F%2Fa%2Fb%3Fc%3D1%23d").text
        assert "There is no candidate yet" in page

    def test_every_key_is_shown(self, furnished: Client, person: Persons) -> None:
        del furnished
        reviewer = person("reviewer")
        for path in ("/pages/contents/c1", "/pages/contents/c1?edit=1", "/pages/queue"):
            page = reviewer.get(path).text
            for key in re.findall(r'data-key="([^"]+)"', page):
                assert f"<kbd>{'Esc' if key == 'Escape' else key}</kbd>" in page, (path, key)


class TestDeciding:
    def test_approving_goes_on_with_the_next(self, furnished: Client, person: Persons) -> None:
        reviewer, name = person("reviewer"), chosen(furnished, "c1")
        reviewer.get("/pages/contents/c1")
        reviewer.send(f"/pages/candidates/{name}/approve")
        assert reviewer.path.startswith("/pages/contents/c2?done=")
        assert "Approved" in reviewer.page
        assert waiting(furnished) == ["c2", "c3"]
        with furnished.store.read() as tx:
            (review,) = tx.reviews.of("c1")
            approved = tx.approved.get("c1")
        assert (review.reviewer, review.decision, review.candidate_id) == ("reviewer", Decision.APPROVE, name)
        assert approved is not None
        assert "goes out" in reviewer.get("/pages/contents/c1").text

    def test_the_last_one_leads_to_the_queue(self, furnished: Client, person: Persons) -> None:
        reviewer = person("reviewer")
        for content_id in ("c1", "c2", "c3"):
            reviewer.get(f"/pages/contents/{content_id}")
            reviewer.send(f"/pages/candidates/{chosen(furnished, content_id)}/approve")
        assert reviewer.path.startswith("/pages/queue?done=")
        assert "Nothing waits" in reviewer.page

    def test_undo(self, furnished: Client, person: Persons) -> None:
        reviewer, name = person("reviewer"), chosen(furnished, "c1")
        reviewer.get("/pages/contents/c1")
        reviewer.send(f"/pages/candidates/{name}/approve")
        (action,) = re.findall(r'action="(/pages/reviews/\w+/undo)"', reviewer.page)
        page = reviewer.page
        other = person("reviewer", "other")
        other.get("/pages/queue")
        refused = other.post(action, {"token": other.token})
        assert (refused.status_code, "an admin can undo it" in refused.text) == (403, True)
        reviewer.page = page
        reviewer.send(action)
        assert reviewer.path == f"/pages/contents/c1?candidate={name}"
        assert waiting(furnished) == ["c1", "c2", "c3"]
        with furnished.store.read() as tx:
            (entry,) = tx.audit.of("review", action.split("/")[3])
            assert tx.approved.get("c1") is None
        assert entry.actor == "account reviewer"

    def test_an_admin_undoes_what_others_decided(self, furnished: Client, person: Persons) -> None:
        reviewer, admin = person("reviewer"), person("admin")
        reviewer.get("/pages/contents/c1")
        reviewer.send(f"/pages/candidates/{chosen(furnished, 'c1')}/approve")
        (action,) = re.findall(r'action="(/pages/reviews/\w+/undo)"', reviewer.page)
        admin.get("/pages/queue")
        assert admin.post(action, {"token": admin.token}).status_code == 200
        assert waiting(furnished) == ["c1", "c2", "c3"]

    def test_rejecting_the_choice_makes_another_one(self, furnished: Client, person: Persons) -> None:
        reviewer, first = person("reviewer"), chosen(furnished, "c1")
        reviewer.get("/pages/contents/c1")
        nothing = reviewer.send(f"/pages/candidates/{first}/reject", reason=" ")
        assert (nothing.status_code, "a rejection needs a reason" in nothing.text) == (422, True)
        reviewer.get("/pages/contents/c1")
        reviewer.send(f"/pages/candidates/{first}/reject", reason="dull")
        assert "Rejected" in reviewer.page
        second = chosen(furnished, "c1")
        assert second != first
        assert waiting(furnished) == ["c1", "c2", "c3"]
        (action,) = re.findall(r'action="(/pages/reviews/\w+/undo)"', reviewer.page)
        reviewer.send(action)
        assert chosen(furnished, "c1") == first
        for name in (first, second):
            reviewer.get(f"/pages/contents/c1?candidate={name}")
            reviewer.send(f"/pages/candidates/{name}/reject", reason="dull")
        assert waiting(furnished) == ["c2", "c3"]

    def test_blocked_texts_are_not_approved(self, furnished: Client, person: Persons) -> None:
        del furnished
        reviewer = person("reviewer")
        reviewer.get("/pages/contents/c1?candidate=c1-c-wrong")
        assert "/pages/candidates/c1-c-wrong/approve" not in reviewer.page
        refused = reviewer.post("/pages/candidates/c1-c-wrong/approve", {"token": reviewer.token})
        assert (refused.status_code, "99" in refused.text) == (422, True)

    def test_an_edit_is_held_against_its_source(self, furnished: Client, person: Persons) -> None:
        reviewer, base = person("reviewer"), "/pages/candidates/c1-a-plain"
        reviewer.get("/pages/contents/c1?candidate=c1-a-plain&edit=1")
        reviewer.send(f"{base}/check", title="News", body="14 rooms open on Friday")
        assert "guardrails find nothing" in reviewer.page
        assert "14 rooms open on Friday</textarea>" in reviewer.page
        refused = reviewer.send(f"{base}/edit", title="News", body="1,234 rooms\r\nopen on Friday")
        assert refused.status_code == 422
        assert '<mark class="block" title="numbers: &#39;1,234&#39; is not in the source">1,234</mark>' in refused.text
        assert "1,234 rooms\nopen on Friday</textarea>" in refused.text
        with furnished.store.read() as tx:
            assert tx.reviews.count() == 0
        reviewer.send(f"{base}/edit", title="", body=" 14 rooms open on Friday ")
        with furnished.store.read() as tx:
            (review,) = tx.reviews.of("c1")
            approved = tx.approved.get("c1")
            push = tx.pushes.get(approved.push_id) if approved else None
        assert (review.decision, review.title, review.body) == (Decision.EDIT, None, "14 rooms open on Friday")
        assert push is not None
        assert (push.title, push.body) == (None, "14 rooms open on Friday")
        assert "when it was edited" in reviewer.get("/pages/contents/c1?candidate=c1-a-plain").text

    def test_an_empty_edit(self, furnished: Client, person: Persons) -> None:
        del furnished
        reviewer = person("reviewer")
        reviewer.get("/pages/contents/c1?candidate=c1-a-plain&edit=1")
        refused = reviewer.send("/pages/candidates/c1-a-plain/edit", title="", body=" ")
        assert (refused.status_code, "<b>empty</b>" in refused.text) == (422, True)


class TestWriting:
    def test_another_one_in_a_style(self, furnished: Client, person: Persons) -> None:
        reviewer = person("reviewer")
        reviewer.get("/pages/contents/c1")
        reviewer.send("/pages/write", style="suspense")
        assert "?candidate=" in reviewer.path
        assert "[suspense]" in reviewer.page
        with furnished.store.read() as tx:
            assert sum(one.style == "suspense" for one in tx.candidates.of("c1")) == 1
        reviewer.send("/pages/write", style="suspense")
        assert "text already there" in reviewer.page

    @pytest.mark.parametrize(
        ("fields", "status"), [({"style": "loud"}, 422), ({"style": "plain", "content_id": "x"}, 404)]
    )
    def test_what_cannot_be_written(
        self, furnished: Client, person: Persons, fields: dict[str, str], status: int
    ) -> None:
        del furnished
        reviewer = person("reviewer")
        reviewer.get("/pages/contents/c1")
        assert reviewer.send("/pages/write", follow=True, **fields).status_code == status

    def test_choosing_again(self, furnished: Client, person: Persons) -> None:
        reviewer, before = person("reviewer"), chosen(furnished, "c1")
        reviewer.get("/pages/contents/c1")
        reviewer.send("/pages/choose")
        assert (reviewer.path, chosen(furnished, "c1")) == ("/pages/contents/c1", before)


PAYLOADS = (
    "<script>document.title='pwned'</script>",
    "\"><img src=x onerror=document.title='pwned'>",
    "'-alert(1)-'",
    "{{ 1111 * 9 }}{% raw %}",
    "</textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt;<!--",
    "\u202eevil\u2066",
)


class TestPayloads:
    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_stored_payloads_are_text(self, call: Client, person: Persons, payload: str) -> None:
        with call.store.begin() as tx:
            fields = dict.fromkeys(("content_id", "title", "caption", "category", "media"), payload)
            tx.contents.put([Content(**fields)])
            one = Candidate(
                candidate_id="k", content_id=payload, title=payload, body=payload, style=payload, generator=payload,
                seed=0, prompt_hash="",
            )  # fmt: skip
            tx.candidates.put([one])
            found = Verdict(
                candidate_id="k", content_id=payload, rule=payload, severity=Severity.WARN, start=0, end=4,
                message=payload,
            )  # fmt: skip
            tx.verdicts.put([found])
        choose_now(call.service, payload)
        reviewer = person("reviewer")
        reviewer.get("/pages/contents/" + "".join(f"%{byte:02X}" for byte in payload.encode()))
        pages = [reviewer.page]
        reviewer.send("/pages/candidates/k/reject", reason=payload)
        pages += [reviewer.page, reviewer.get("/pages/queue").text]
        for page in pages:
            assert not re.search(r"<(script(?! src=\"/pages/static)|img src=x|svg|!--|b>&gt)|9999", page)
            assert not re.search(r'(href|src|action)="javascript:', page)


class TestMedia:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "media"
        folder.mkdir()
        (folder / "a.png").write_bytes(b"\x89PNG")
        (folder / "a.svg").write_text("<svg/>")
        (tmp_path / "secret.png").write_bytes(b"secret")
        (folder / "link.png").symlink_to(tmp_path / "secret.png")
        return folder

    def test_only_pictures_of_the_folder(self, call: Client, folder: Path) -> None:
        call.app = create_app(call.service, PagesConfig(media=folder))
        media = {"good": "a.png", "svg": "a.svg", "up": "../secret.png", "link": "link.png", "root": "/etc/hostname"}
        with call.store.begin() as tx:
            tx.contents.put(Content(content_id=name, title="x", media=path) for name, path in media.items())
        viewer = member(call, "viewer")
        found = {name: viewer.get(f"/pages/media?content_id={name}") for name in (*media, "nothing")}
        statuses = {name: answer.status_code for name, answer in found.items()}
        assert statuses == {"good": 200, "svg": 404, "up": 404, "link": 404, "root": 404, "nothing": 404}
        assert (found["good"].headers["content-type"], found["good"].content) == ("image/png", b"\x89PNG")
        assert "sandbox" in found["good"].headers["content-security-policy"]

    def test_other_hosts_are_a_link(self, call: Client, person: Persons) -> None:
        with call.store.begin() as tx:
            tx.contents.put([Content(content_id="m", title="x", media="https://pictures.example/a.png")])
        page = person("viewer").get("/pages/contents/m").text
        assert '<a href="https://pictures.example/a.png" rel="noopener noreferrer"' in page
        assert 'src="https:' not in page


def test_a_service_without_models(build: Callable[..., Client]) -> None:
    client = build(reward=None, generator=None)
    furnish(client.store)
    page = member(client, "reviewer").get("/pages/contents/c1").text
    assert "/pages/write" not in page
    assert "Approve" in page
