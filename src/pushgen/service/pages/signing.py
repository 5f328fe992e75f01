"""Signing in and out, and the files that pages load."""

import secrets
from collections.abc import Mapping

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from pushgen.records import Role
from pushgen.service.pages.access import COOKIE, Form, Visitor, allows, allows_all
from pushgen.service.pages.accounts import check_password, fingerprint, open_session
from pushgen.service.pages.rendering import PREFIX, STATIC, show
from pushgen.service.pages.route import go, page_router
from pushgen.service.pages.state import HerePages
from pushgen.service.problems import Problem, missing
from pushgen.service.state import Here, Service

router = page_router()


@router.get("/sign-in", dependencies=allows_all())
def ask(request: Request, next: str = "") -> Response:
    """Name and password."""
    visitor: Visitor = request.state.visitor
    secret = visitor.secret or secrets.token_urlsafe(32)
    request.state.visitor = Visitor(secret, visitor.account)
    response = show(request, "sign_in.html.jinja", next=next, problem=None, name="")
    if visitor.secret is None:
        _set_cookie(request, response, secret)
    return response


@router.post("/sign-in", dependencies=allows_all())
async def sign_in(request: Request, service: Here, pages: HerePages, form: Form) -> Response:
    """Opens a session with a secret of its own, whatever the cookie held before."""
    name, password = form.get("name", ""), form.get("password", "")
    # Guesses at one name are slowed down; those at names that do not exist share a bucket.
    bucket = await run_in_threadpool(_bucket, service, name)
    if pages.guesses.take(bucket):
        wait = {"Retry-After": "5"}
        raise Problem(429, "too many attempts to sign in with this name; wait a few seconds", headers=wait)
    account = None
    if name.isprintable():
        account = await pages.passwords.run(lambda: check_password(service.store, name, password))
    if account is None:
        problem = "Name or password is wrong."
        return show(request, "sign_in.html.jinja", status=422, next=form.get("next", ""), problem=problem, name=name)
    hours = pages.config.session_hours
    secret = await run_in_threadpool(open_session, service.store, service.clock.now(), account, hours)
    response = go(_own(form))
    _set_cookie(request, response, secret, round(hours * 3600))
    return response


@router.post("/sign-out", dependencies=allows(Role.VIEWER))
def sign_out(request: Request, service: Here) -> Response:
    """Ends this session."""
    with service.store.begin() as tx:
        tx.sessions.end(fingerprint(request.state.visitor.secret))
    response = go("/sign-in")
    response.delete_cookie(COOKIE, path=PREFIX)
    return response


@router.get("/static/{name}", dependencies=allows_all())
async def static(name: str) -> Response:
    """Style sheet, script, icon."""
    if name not in STATIC:
        raise missing("file")
    content, kind = STATIC[name]
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})


def _bucket(service: Service, name: str) -> str:
    if not name.isprintable():
        return ""
    with service.store.read() as tx:
        return "" if tx.accounts.get(name) is None else name


def _own(form: Mapping[str, str]) -> str:
    """Where to go after signing in: a page of ours and nothing else."""
    wanted = form.get("next", "")
    ours = wanted.startswith(f"{PREFIX}/") and "\\" not in wanted and wanted.isprintable()
    return wanted.removeprefix(PREFIX) if ours else "/queue"


def _set_cookie(request: Request, response: Response, secret: str, seconds: int | None = None) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=seconds,
        path=PREFIX,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
