"""Who may see a page: every route names one role, or says that it is open. Forms are checked in the same place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from pushgen.records import Account, Role
from pushgen.service.pages.accounts import find_account
from pushgen.service.pages.forms import read_form
from pushgen.service.problems import Problem
from pushgen.service.state import Here, Service

COOKIE = "pushgen_session"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page."""

    secret: str | None
    """Of the cookie. A visitor who is not signed in has one as well once the page to sign in was shown."""
    account: Account | None

    def may(self, role: str) -> bool:
        return self.account is not None and self.account.role.covers(Role(role))


@dataclass(frozen=True, slots=True)
class Allows:
    """A dependency that lets nobody through who has not this role or a higher one, nor a form that is not theirs."""

    role: Role | None
    """None: everybody, signed in or not."""

    async def __call__(self, request: Request, service: Here) -> None:
        secret = request.cookies.get(COOKIE)
        account = await run_in_threadpool(_account, service, secret) if secret else None
        request.state.visitor = Visitor(secret, account)
        if self.role is not None:
            if account is None:
                raise Problem(401, "sign in first")
            if not account.role.covers(self.role):
                raise Problem(403, f"this needs the role {self.role.value}; yours is {account.role.value}")
        if request.method not in ("GET", "HEAD"):
            request.state.form = await read_form(request, secret)


def allows(role: Role) -> list[Any]:
    """`dependencies` of a route."""
    return [Depends(Allows(role))]


def allows_all() -> list[Any]:
    return [Depends(Allows(None))]


def _account(service: Service, secret: str) -> Account | None:
    with service.store.read() as tx:
        return find_account(tx, secret, service.clock.now())


async def _reader(request: Request) -> Account:
    account = request.state.visitor.account
    assert account is not None, "only routes that name a role ask who it is"
    return account


async def _form(request: Request) -> Mapping[str, str]:
    return request.state.form


Me = Annotated[Account, Depends(_reader)]
"""Who is signed in, as a parameter of a route."""
Form = Annotated[Mapping[str, str], Depends(_form)]
"""The fields of the form that was sent."""
