"""The pages in a real Chromium: keyboard, live checks, the way back, small screens, both colour schemes, no script.

Every test also asserts that nothing was written to the console as an error and nothing was asked of another host.
Screenshots go to the folder that PUSHGEN_SCREENSHOTS names, else to a temporary one. PUSHGEN_AXE names axe.min.js of
the npm package axe-core; without it its audit is skipped.
"""

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.service.pages.conftest import PASSWORD, furnish

from pushgen.records import Candidate, Content, Decision, Role
from pushgen.service.pages.accounts import add_account
from pushgen.store import Store, open_store

pytest.importorskip("playwright", reason="no playwright here: install the group dev to run the browser tests")
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
if CHROMIUM is None:
    pytest.skip("no chromium here: install the package chromium to run the browser tests", allow_module_level=True)

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PAYLOAD = '"><img src=x onerror=window.pwned=1><script>window.pwned=1</script>'
PAGES = ("queue", "contents/c1", "contents/c1?candidate=c1-c-wrong", "contents/c1?edit=1", "contents/payload")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Store:
    file = tmp_path_factory.mktemp("pages") / "pushgen.db"
    file.write_bytes(sqlite_template.read_bytes())
    opened = open_store(f"sqlite:///{file}")
    furnish(opened, tuple(f"c{number}" for number in range(1, 9)))
    with opened.begin() as tx:
        tx.contents.put([Content(content_id="payload", title=PAYLOAD, caption=PAYLOAD, media=f"javascript:{PAYLOAD}")])
        for name in ("payload-1", "payload-2"):
            one = Candidate(
                candidate_id=name, content_id="payload", title=PAYLOAD, body=f"{name} {PAYLOAD}", style=PAYLOAD,
                generator="x", seed=0, prompt_hash="",
            )  # fmt: skip
            tx.candidates.put([one])
    return opened


@pytest.fixture(scope="module")
def server(store: Store) -> Iterator[str]:
    """Base URL of a service on the loopback."""
    import io

    import uvicorn

    from pushgen.delivery.clock import SystemClock
    from pushgen.fakes import FakeGenerator, FakeRewardModel
    from pushgen.pipeline.guarding import open_rules
    from pushgen.selection import SelectionConfig, open_selector
    from pushgen.service.app import create_app
    from pushgen.service.logs import open_log
    from pushgen.service.selections.service import choose_now
    from pushgen.service.settings import ServiceConfig
    from pushgen.service.state import Service

    service = Service(
        store=store, clock=SystemClock(), log=open_log(io.StringIO()), rules=open_rules(),
        selector=open_selector(SelectionConfig()), reward=FakeRewardModel(), generator=FakeGenerator(),
        config=ServiceConfig(work=False),
    )  # fmt: skip
    for role in Role:
        add_account(store, service.clock.now(), role.value, role, PASSWORD, actor="test")
    for content_id in (*(f"c{number}" for number in range(1, 9)), "payload"):
        choose_now(service, content_id)
    running = uvicorn.Server(uvicorn.Config(create_app(service), port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("PUSHGEN_SCREENSHOTS") or tmp_path_factory.mktemp("screens"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


Opener = Callable[..., "Page"]


@pytest.fixture
def open_page(chromium: "Browser", server: str) -> Iterator[Opener]:
    """Opens a page as somebody, or as nobody; what goes wrong in it fails the test."""
    wrong: list[str] = []
    contexts: list[Any] = []

    def opened(path: str, role: str | None = "reviewer", **settings: Any) -> "Page":
        context = chromium.new_context(base_url=server, **settings)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda one: wrong.append(one.text) if is_wrong(one) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda one: None if one.url.startswith((server, "data:")) else wrong.append(one.url))
        page.goto(f"/pages/{path}")
        if role is not None:
            page.fill("#name", role)
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_selector("#nav")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def is_wrong(message: "ConsoleMessage") -> bool:
    """An error, but for what Chromium writes of refusals that the pages answer in words."""
    return message.type == "error" and not re.search(r"responded with a status of (409|422)", message.text)


def reviews_of(store: Store, content_id: str) -> list[tuple[str, Decision]]:
    with store.read() as tx:
        return [(one.candidate_id, one.decision) for one in tx.reviews.of(content_id)]


def waiting(store: Store) -> list[str]:
    with store.read() as tx:
        return [one.content_id for one in tx.reviews.waiting()]


def test_sign_in(open_page: Opener) -> None:
    page = open_page("contents/c1", None)
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("reviewer")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/pages/contents/c1$"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#password")).to_be_visible()


def test_a_review_by_keyboard_alone(open_page: Opener, store: Store) -> None:
    page = open_page("queue")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contents/c1")
    page.evaluate("window.kept = true")  # gone as soon as a page is loaded anew

    page.keyboard.press("3")
    expect(page.locator("#work")).to_contain_text("'99' is not in the source")
    expect(page.locator("#work mark.block")).to_have_text("99")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.keyboard.press("1")
    page.keyboard.press("a")
    expect(page.locator("#notice")).to_contain_text("Approved")
    expect(page).to_have_url(re.compile(r"/contents/c2\?done="))
    (approved,) = reviews_of(store, "c1")
    assert approved[1] is Decision.APPROVE

    page.keyboard.press("u")
    expect(page).to_have_url(re.compile(rf"/contents/c1\?candidate={approved[0]}$"))
    assert reviews_of(store, "c1") == []

    page.keyboard.press("r")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("dull, and unfair")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Rejected")
    expect(page.locator("#notice")).to_contain_text("dull, and unfair")
    assert reviews_of(store, "c1") == [(approved[0], Decision.REJECT)]
    page.keyboard.press("u")
    expect(page).to_have_url(re.compile(r"/contents/c1"))

    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/contents/c2$"))
    assert page.evaluate("window.kept")
    page.go_back()
    page.wait_for_url("**/contents/c1?candidate=*")
    expect(page.locator("main")).to_contain_text("c1")
    page.keyboard.press("?")
    expect(page.locator("details.keys")).to_have_attribute("open", "")
    page.keyboard.press("q")
    page.wait_for_url("**/queue")


def test_an_edit_is_checked_while_it_is_typed(open_page: Opener, store: Store, screens: Path) -> None:
    page = open_page("contents/c3?candidate=c3-a-plain")
    page.keyboard.press("e")
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("123 rooms open on Friday, ")
    expect(page.locator("#findings mark.block")).to_have_text("123")
    expect(page.locator("#phones")).to_contain_text("123 rooms open on Friday")
    expect(page.locator("#source mark.instead").first).to_be_visible()
    page.screenshot(path=screens / "edit.png", full_page=True)
    with page.expect_response("**/edit") as refused:
        page.keyboard.press("Control+Enter")
    assert refused.value.status == 422
    expect(page.locator("main[aria-busy]")).to_have_count(0)
    expect(page.locator("#findings mark.block")).to_have_text("123")
    assert reviews_of(store, "c3") == []
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("14 rooms open on Friday")
    expect(page.locator("#findings")).to_contain_text("passes")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("Edited and approved")
    expect(page.locator("#notice q")).to_have_text("Harbour museum: 14 rooms open on Friday")
    assert reviews_of(store, "c3") == [("c3-a-plain", Decision.EDIT)]
    page.keyboard.press("u")
    expect(page).to_have_url(re.compile(r"/contents/c3"))
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    expect(page.locator("#body")).to_have_count(0)


def test_another_one_is_written(open_page: Opener, store: Store) -> None:
    page = open_page("contents/c4")
    page.keyboard.press("g")
    page.keyboard.type("Suspense")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#work .copy")).to_contain_text("[suspense]")
    page.keyboard.press("g")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("text already there")
    with store.read() as tx:
        assert sum(one.style == "suspense" for one in tx.candidates.of("c4")) == 1


def test_stored_payloads_do_nothing(open_page: Opener, store: Store) -> None:
    page = open_page("queue")
    expect(page.locator("main")).to_contain_text("onerror=")
    page.goto("/pages/contents/payload")
    page.keyboard.press("e")
    page.locator("#body").fill(f"an edit {PAYLOAD}")
    expect(page.locator("#phones")).to_contain_text("an edit")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("document.getElementById('findings') || document.getElementById('notice').innerText")
    page.keyboard.press("Escape")
    page.goto("/pages/contents/payload")
    page.keyboard.press("r")
    page.keyboard.type(PAYLOAD)
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("onerror=")
    for path in ("queue", "contents/payload"):
        page.goto(f"/pages/{path}")
        assert page.evaluate("window.pwned") is None
        assert page.locator("main img[src=x], main script").count() == 0
    assert reviews_of(store, "payload") != []


def test_a_session_that_ended_leads_to_the_door(open_page: Opener, store: Store) -> None:
    page = open_page("contents/c5", "viewer")
    with store.begin() as tx:
        tx.sessions.end_all("viewer")
    page.keyboard.press("2")
    expect(page.locator("#password")).to_be_visible()
    assert "sign-in" in page.url


def test_all_of_it_without_script(open_page: Opener, store: Store) -> None:
    page = open_page("contents/c6?candidate=c6-a-plain", java_script_enabled=False)
    page.get_by_role("link", name="Edit").click()
    page.locator("#body").fill("999 rooms open on Friday")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#findings mark.block")).to_have_text("999")
    page.locator("#body").fill("14 rooms open on Friday")
    page.get_by_role("button", name="Save and approve").click()
    expect(page.locator("#notice")).to_contain_text("Edited and approved")
    page.get_by_role("button", name="Undo").click()
    assert reviews_of(store, "c6") == []
    page.locator("#reason").fill("dull")
    page.get_by_role("button", name="Reject").click()
    assert reviews_of(store, "c6") == [("c6-a-plain", Decision.REJECT)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_screens(open_page: Opener, screens: Path, scheme: str) -> None:
    page = open_page("queue", "admin", viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True)
    for place, path in enumerate(PAGES):
        page.goto(f"/pages/{path}")
        page.screenshot(path=screens / f"phone-{scheme}-{place}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        small = page.evaluate(
            "[...document.querySelectorAll('button, a.button, main input:not([type=hidden]), select')]"
            ".filter(one => one.getBoundingClientRect().height < 32).map(one => one.outerHTML)"
        )
        assert small == [], path


def test_wide_screens(open_page: Opener, screens: Path) -> None:
    page = open_page("queue", "admin", viewport={"width": 1280, "height": 900})
    for place, path in enumerate(PAGES):
        page.goto(f"/pages/{path}")
        page.screenshot(path=screens / f"wide-{place}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Opener, scheme: str) -> None:
    file = os.environ.get("PUSHGEN_AXE")
    if not file:
        pytest.skip("optional: npm install axe-core, and let PUSHGEN_AXE name its axe.min.js")
    page = open_page("queue", "admin", color_scheme=scheme)
    source = Path(file).read_text(encoding="utf-8")
    for path in PAGES:
        page.goto(f"/pages/{path}")
        page.evaluate(source)
        found = page.evaluate("axe.run().then(all => all.violations)")
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], path
