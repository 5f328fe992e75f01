"""Who may call a route: every route names one scope, or says that it is open."""

from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pushgen.service.keys import find_key
from pushgen.service.problems import Problem
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

_BEARER = HTTPBearer(auto_error=False, description="A key that `pushgen key add` printed.")
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency that lets nobody through without a key that has the scope."""

    scope: Scope

    def __call__(
        self,
        request: Request,
        service: Here,
        presented: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> None:
        if presented is None:
            raise Problem(401, "send a key: Authorization: Bearer KEY", headers=_CHALLENGE)
        with service.store.read() as tx:
            key = find_key(tx, presented.credentials, service.clock.now())
        if key is None:
            raise Problem(401, "the key is unknown or has ended", headers=_CHALLENGE)
        request.state.key_id = key.key_id
        wait = service.rates.take(key.key_id)
        if wait:
            raise Problem(429, "this key makes too many requests", headers={"Retry-After": str(ceil(wait))})
        if self.scope.value not in key.scopes:
            raise Problem(403, f"the key lacks the scope {self.scope.value}")


class Open:
    """A dependency that lets everybody through, and says so."""

    async def __call__(self) -> None:
        return None


OPEN = Open()


def needs(scope: Scope) -> list[Any]:
    """`dependencies` of a route."""
    return [Depends(Needs(scope))]


def open_to_all() -> list[Any]:
    return [Depends(OPEN)]


def actor(request: Request) -> str:
    """Who acts, for the audit trail."""
    return f"key {request.state.key_id}"
