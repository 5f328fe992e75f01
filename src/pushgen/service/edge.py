"""The outermost layer: request ids, limits on size and number, one log line and one count per request, last resort."""

import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pushgen.errors import ServiceError
from pushgen.service.logs import places
from pushgen.service.problems import Problem, overloaded, render
from pushgen.service.tracing import answered, request_span

if TYPE_CHECKING:
    from pushgen.service.state import Service

_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ALWAYS = frozenset({"/v1/health", "/v1/ready", "/v1/metrics"})
_GONE = 499
"""What is written down where the caller hung up."""


class Edge:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, service: "Service") -> None:
        self._app, self._service, self._inside = app, service, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started, answer = time.perf_counter(), _Answer(send, request_id)
        self._inside += 1
        self._service.metrics.in_flight.inc()
        try:
            with request_span(self._service.tracer, scope) as span:
                await self._guarded(scope, receive, answer, request_id)
                answered(span, _method(scope), _route(scope), answer.status or _GONE, request_id)
        finally:
            self._inside -= 1
            self._service.metrics.in_flight.dec()
            self._note(scope, answer.status or _GONE, time.perf_counter() - started, request_id)

    async def _guarded(self, scope: Scope, receive: Receive, answer: "_Answer", request_id: str) -> None:
        try:
            if self._inside > self._service.config.in_flight and scope["path"] not in _ALWAYS:
                self._service.metrics.shed.labels("requests").inc()
                raise overloaded("too many requests are under way")
            await self._app(scope, _limited(scope, receive, self._service.config.body_limit), answer)
        except ClientDisconnect:
            return
        except Exception as error:  # the last resort: nothing of it may reach the caller or a foreign log
            problem = self._problem(error, request_id)
            if not answer.status:
                response = render(request_id, problem.status_code, problem.detail, problem.headers)
                await response(scope, receive, answer)

    def _problem(self, error: Exception, request_id: str) -> Problem:
        if isinstance(error, Problem):
            return error
        self._service.log.error("failed", request_id=request_id, error=type(error).__name__, places=places(error))
        if isinstance(error, ServiceError | OperationalError | PoolTimeoutError):
            return overloaded("the database cannot be reached now")
        return Problem(500, "an error that nobody foresaw; the log has it under the id of the request")

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = _route(scope)
        self._service.metrics.answered(scope["method"], route, status, seconds)
        self._service.log.info(
            "request",
            request_id=request_id,
            method=_method(scope),
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 2),
            key_id=scope["state"].get("key_id"),
        )


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"].isalpha() else "other"


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")


class _Answer:
    """Adds headers to the answer and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self._id, self.status = send, request_id.encode(), 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            extra = [(b"x-request-id", self._id), (b"x-content-type-options", b"nosniff")]
            if not any(name == b"cache-control" for name, _ in message["headers"]):
                extra.append((b"cache-control", b"no-store"))
            message["headers"] = [*message["headers"], *extra]
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The caller's own, where it is one that can be written down as it is."""
    found = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return found if _OWN_ID.fullmatch(found) else secrets.token_hex(8)


def _limited(scope: Scope, receive: Receive, limit: int) -> Receive:
    too_large = Problem(413, f"a request has {limit:,} bytes at most; send it in parts")
    stated: Any = dict(scope["headers"]).get(b"content-length", b"")
    size = 0

    async def limited() -> Message:
        nonlocal size
        if stated.isdigit() and int(stated) > limit:
            raise too_large
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise too_large
        return message

    return limited
