"""A person with a browser of few abilities: cookies, forms, redirects; no script, as every page must allow."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

import httpx
import pytest
from argon2 import PasswordHasher
from tests.service.conftest import Client

from pushgen.records import Candidate, Content, Role, Severity, Verdict
from pushgen.service.pages import accounts
from pushgen.service.pages.accounts import add_account
from pushgen.service.selections.service import choose_now
from pushgen.store import Store

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password costs is no question of these tests, except for one that sets it back."""
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass(eq=False)
class Person:
    """Loads pages and sends the forms that are on them."""

    client: Client
    cookies: dict[str, str] = field(default_factory=dict[str, str])
    page: str = ""
    path: str = ""

    def request(self, method: str, path: str, *, follow: bool = True, **arguments: Any) -> httpx.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= arguments.pop("headers", {})
        answer = self.client(method, path, key=None, headers=headers, **arguments)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        if follow and answer.status_code == 303:
            return self.request("GET", urljoin(path, answer.headers["location"]))
        self.page, self.path = answer.text, path
        return answer

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self.request("GET", path, **arguments)

    def send(self, action: str, *, follow: bool = True, **fields: Any) -> httpx.Response:
        """Sends the form of the present page with this action, with its hidden fields and some of one's own."""
        form = next(one for one in forms(self.page) if action in (one["action"], *one["actions"]))
        return self.post(action, {**form["fields"], **fields}, follow=follow)

    def post(
        self, path: str, fields: dict[str, str], *, follow: bool = True, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.request("POST", path, follow=follow, content=urlencode(fields).encode(), headers=headers)

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        self.get("/pages/sign-in")
        return self.send("/pages/sign-in", name=name, password=password)

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="(\w+)"', self.page)
        assert found is not None
        return found.group(1)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append({"action": values["action"], "fields": {}, "actions": []})
        elif tag == "input" and self.found and values.get("type") == "hidden":
            self.found[-1]["fields"][values["name"]] = values["value"]
        elif tag == "button" and self.found and "formaction" in values:
            self.found[-1]["actions"].append(values["formaction"])


def forms(page: str) -> list[dict[str, Any]]:
    parser = _Forms()
    parser.feed(page)
    return parser.found


def member(client: Client, role: str, name: str | None = None) -> Person:
    """Somebody who is signed in with a role and named after it where no name is given."""
    name = name or role
    with client.store.read() as tx:
        known = tx.accounts.get(name)
    if known is None:
        add_account(client.store, client.clock.now(), name, Role(role), PASSWORD, actor="test")
    somebody = Person(client)
    assert somebody.sign_in(name).status_code == 200
    return somebody


Persons = Callable[..., Person]
"""`person(role)` or `person(role, name)`."""


@pytest.fixture
def person(call: Client) -> Persons:
    return lambda role, name=None: member(call, role, name)


@pytest.fixture
def stranger(call: Client) -> Person:
    return Person(call)


CAPTION = (
    "The harbour museum opens 14 new rooms on Friday. Maria Keller, its director, calls them “a walk under water”."
)
TEXTS = {
    "a-plain": ("Harbour museum", "14 new rooms open on Friday", "plain"),
    "b-number": (None, "14 rooms, one walk under water: the harbour museum on Friday", "number"),
    "c-wrong": (None, "99 new rooms at the harbour museum", "number"),
}
"""Candidates of a content; the last states a number that its source does not hold."""


def furnish(store: Store, content_ids: tuple[str, ...] = ("c1", "c2", "c3")) -> None:
    """Contents with candidates, of which the guardrails block the third."""
    with store.begin() as tx:
        for name in content_ids:
            tx.contents.put([Content(content_id=name, title="Harbour museum grows", caption=CAPTION, language="en")])
            tx.candidates.put(
                [
                    Candidate(
                        candidate_id=f"{name}-{key}", content_id=name, title=title, body=body, style=style,
                        language="en", generator="fake", seed=1, prompt_hash="h",
                    )
                    for key, (title, body, style) in TEXTS.items()
                ]
            )  # fmt: skip
            blocked = Verdict(
                candidate_id=f"{name}-c-wrong", content_id=name, rule="numbers", severity=Severity.BLOCK,
                start=0, end=2, message="'99' is not in the source",
            )  # fmt: skip
            tx.verdicts.put([blocked])


@pytest.fixture
def furnished(call: Client) -> Client:
    """Three contents that wait for a review."""
    furnish(call.store)
    for name in ("c1", "c2", "c3"):
        choose_now(call.service, name)
    return call
