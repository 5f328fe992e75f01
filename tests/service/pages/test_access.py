"""Who may see which page: a rule for every route, forms bound to their session, passwords, headers."""

import re
import sqlite3

import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter
from tests.service.conftest import Client
from tests.service.pages.conftest import PASSWORD, Person, Persons

from pushgen.errors import ConfigurationError, InputError
from pushgen.records import Role
from pushgen.service.pages import accounts
from pushgen.service.pages.access import allows
from pushgen.service.pages.accounts import add_account, end_account, set_password
from pushgen.service.pages.app import ROUTERS
from pushgen.service.pages.rules import page_rules

RULES = page_rules(route for router in ROUTERS for route in router.routes)
OPEN = {
    ("GET", "/"),
    ("GET", "/pages"),
    ("GET", "/pages/sign-in"),
    ("POST", "/pages/sign-in"),
    ("GET", "/pages/static/{name}"),
}


def concrete(path: str) -> str:
    return re.sub(r"\{\w+(:\w+)?\}", "x", path)


def below(role: Role) -> Role | None:
    roles = list(Role)
    return roles[roles.index(role) - 1] if role is not roles[0] else None


class TestRules:
    def test_only_the_door_is_open(self) -> None:
        assert {(rule.method, rule.path) for rule in RULES if rule.role is None} == OPEN

    def test_what_changes_something_needs_a_reviewer(self) -> None:
        for rule in RULES:
            if rule.method != "GET" and rule.path not in ("/pages/sign-in", "/pages/sign-out"):
                assert rule.role is not None, rule
                assert rule.role.covers(Role.REVIEWER), rule

    def test_a_page_without_a_rule_or_with_two_is_refused(self) -> None:
        for dependencies in ([], [*allows(Role.VIEWER), *allows(Role.ADMIN)]):
            router = APIRouter()
            router.add_api_route("/pages/new", lambda: None, dependencies=dependencies)
            with pytest.raises(ConfigurationError, match="/pages/new"):
                page_rules(router.routes)

    def test_every_page_holds_to_its_rule(self, stranger: Person, person: Persons) -> None:
        people = {role: person(role.value) for role in Role}
        for one in people.values():
            one.get("/pages/queue")
        for rule in RULES:
            if rule.role is None:
                continue
            path = concrete(rule.path)
            if rule.method == "POST":
                outside = stranger.post(path, {"token": people[rule.role].token}, follow=False)
            else:
                outside = stranger.get(path, follow=False)
            assert (outside.status_code, outside.headers["location"][:14]) == (303, "/pages/sign-in"), rule
            allowed, lower = people[rule.role], below(rule.role)
            if lower is not None:
                refused = people[lower].request(rule.method, path, follow=False)
                assert (refused.status_code, f"role {rule.role.value}" in refused.text) == (403, True), rule
            if rule.path == "/pages/sign-out":
                continue
            allowed.get("/pages/queue")
            if rule.method == "POST":
                found = allowed.post(path, {"token": allowed.token}, follow=False)
            else:
                found = allowed.get(path, follow=False)
            assert found.status_code in (200, 303, 404, 409, 422), (rule, found.text)
            if found.status_code == 303:
                assert "sign-in" not in found.headers["location"], rule

    def test_every_form_must_be_made_for_the_session(self, person: Persons, stranger: Person) -> None:
        admin, other = person("admin"), person("viewer")
        other.get("/pages/queue")
        admin.get("/pages/queue")
        stranger.get("/pages/sign-in")
        for rule in RULES:
            if rule.method != "POST":
                continue
            path = concrete(rule.path)
            for fields in ({}, {"token": ""}, {"token": "é"}, {"token": other.token}, {"token": stranger.token}):
                assert admin.post(path, fields, follow=False).status_code == 403, (rule, fields)
            own = {"token": admin.cookies["pushgen_session"]}
            assert admin.post(path, own, follow=False).status_code == 403, rule
        admin.get("/pages/queue")
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert admin.post("/pages/sign-out", {"token": admin.token}, headers=elsewhere).status_code == 403
        admin.get("/pages/queue")
        json = admin.request("POST", "/pages/sign-out", json={"token": admin.token})
        assert json.status_code == 415
        assert admin.get("/pages/queue").status_code == 200

    def test_pages_are_no_part_of_the_api(self, call: Client, person: Persons) -> None:
        assert "/pages" not in call("GET", "/v1/openapi.json", key=None).text
        signed_in = person("admin")
        assert signed_in.get("/v1/contents").status_code == 401


class TestHeaders:
    def test_every_answer_is_bounded(self, stranger: Person, person: Persons) -> None:
        answers = [stranger.get("/pages/sign-in"), stranger.get("/pages/queue", follow=False)]
        answers += [
            person("viewer").get("/pages/queue"),
            stranger.get("/pages/static/pages.js"),
            stranger.get("/pages/static/x"),
        ]
        for answer in answers:
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "http" not in policy
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert answers[0].headers["cache-control"] == "no-store"

    def test_nothing_runs_inline(self, person: Persons) -> None:
        page = person("viewer").get("/pages/queue").text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style|javascript:", page)

    def test_the_cookie_is_kept_from_scripts_and_other_sites(self, stranger: Person) -> None:
        cookie = stranger.get("/pages/sign-in").headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/pages" in cookie


class TestSigningIn:
    def test_in_and_out(self, person: Persons) -> None:
        viewer = person("viewer")
        before = viewer.cookies["pushgen_session"]
        assert "viewer" in viewer.get("/pages/queue").text
        viewer.send("/pages/sign-out")
        assert "Password" in viewer.page
        viewer.cookies["pushgen_session"] = before
        assert "Password" in viewer.get("/pages/queue").text

    def test_the_secret_changes_when_somebody_signs_in(self, call: Client, stranger: Person) -> None:
        add_account(call.store, call.clock.now(), "ann", Role.VIEWER, PASSWORD, actor="test")
        stranger.cookies["pushgen_session"] = "planted"
        stranger.sign_in("ann")
        assert stranger.cookies["pushgen_session"] != "planted"

    def test_neither_database_nor_log_holds_a_password_or_a_secret(self, call: Client, person: Persons) -> None:
        viewer = person("viewer")
        connection = sqlite3.connect(str(call.store.engine.url.database))
        dump = "\n".join(connection.iterdump())
        connection.close()
        assert "$argon2id$" in dump
        for secret in (PASSWORD, viewer.cookies["pushgen_session"]):
            assert secret not in dump + call.log.getvalue()

    @pytest.mark.parametrize(
        ("name", "password"), [("ann", "wrong password"), ("nobody", PASSWORD), ("", ""), ("ann\x00", "x")]
    )
    def test_wrong(self, call: Client, stranger: Person, name: str, password: str) -> None:
        add_account(call.store, call.clock.now(), "ann", Role.VIEWER, PASSWORD, actor="test")
        refused = stranger.sign_in(name, password)
        assert (refused.status_code, "wrong" in refused.text) == (422, True)
        assert "Password" in stranger.get("/pages/queue").text

    def test_guesses_are_slowed_down_by_name(self, call: Client, stranger: Person) -> None:
        for name in ("ann", "bob"):
            add_account(call.store, call.clock.now(), name, Role.VIEWER, PASSWORD, actor="test")
        found = [stranger.sign_in("ann", f"guess {number}").status_code for number in range(6)]
        assert (found[:5], found[5]) == ([422] * 5, 429)
        assert stranger.sign_in("bob").status_code == 200

    def test_it_ends_by_itself(self, call: Client, person: Persons) -> None:
        viewer = person("viewer")
        call.clock.advance(hours=12)
        assert "Password" in viewer.get("/pages/queue").text

    def test_a_new_password_and_an_end_sign_out(self, call: Client, person: Persons, stranger: Person) -> None:
        now, viewer = call.clock.now(), person("viewer")
        set_password(call.store, now, "viewer", "another long password", actor="test")
        assert "Password" in viewer.get("/pages/queue").text
        assert viewer.sign_in("viewer", "another long password").status_code == 200
        with call.store.begin() as tx:
            end_account(tx, now, "viewer", actor="test")
        assert "Password" in viewer.get("/pages/queue").text
        assert stranger.sign_in("viewer", "another long password").status_code == 422

    @pytest.mark.parametrize(
        ("wanted", "reached"),
        [
            ("/pages/queue?after=x", "/pages/queue?after=x"),
            ("https://evil.example/", "/pages/queue"),
            ("//evil.example", "/pages/queue"),
            ("/pages/\\evil.example", "/pages/queue"),
            ("/pages//evil.example", "/pages//evil.example"),
            ("/v1/contents", "/pages/queue"),
            ("/pages/x\r\nSet-Cookie: a=b", "/pages/queue"),
        ],
    )
    def test_it_leads_back_to_a_page_of_ours_alone(
        self, call: Client, stranger: Person, wanted: str, reached: str
    ) -> None:
        add_account(call.store, call.clock.now(), "ann", Role.VIEWER, PASSWORD, actor="test")
        stranger.get("/pages/sign-in")
        answer = stranger.send("/pages/sign-in", follow=False, name="ann", password=PASSWORD, next=wanted)
        assert (answer.status_code, answer.headers["location"]) == (303, reached)

    def test_a_page_that_was_asked_for_is_shown_afterwards(self, call: Client, stranger: Person) -> None:
        add_account(call.store, call.clock.now(), "ann", Role.VIEWER, PASSWORD, actor="test")
        stranger.get("/pages/queue?after=zz")
        stranger.send("/pages/sign-in", name="ann", password=PASSWORD)
        assert "From the start" in stranger.page


class TestAccounts:
    def test_a_hash_of_an_older_cost_is_made_anew(self, call: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        """With the real cost from here on."""
        add_account(call.store, call.clock.now(), "ann", Role.VIEWER, PASSWORD, actor="test")
        monkeypatch.setattr(accounts, "_HASHER", PasswordHasher())
        assert accounts.check_password(call.store, "ann", PASSWORD) is not None
        with call.store.read() as tx:
            assert "$m=65536,t=3,p=4$" in accounts.known(tx, "ann").password_hash
        assert accounts.check_password(call.store, "ann", PASSWORD) is not None
        assert accounts.check_password(call.store, "ann", PASSWORD + "x") is None

    @pytest.mark.parametrize(
        ("name", "password"), [("", PASSWORD), (" ann", PASSWORD), ("a\nb", PASSWORD), ("ann", "short")]
    )
    def test_unusable(self, call: Client, name: str, password: str) -> None:
        with pytest.raises(InputError):
            add_account(call.store, call.clock.now(), name, Role.VIEWER, password, actor="test")

    def test_a_name_that_is_taken(self, call: Client) -> None:
        add_account(call.store, call.clock.now(), "ann", Role.VIEWER, PASSWORD, actor="test")
        with pytest.raises(InputError, match="pushgen user password"):
            add_account(call.store, call.clock.now(), "ann", Role.ADMIN, PASSWORD, actor="test")
