"""The kind of route that pages are: errors are pages too, and every answer carries the headers that bound it."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from pushgen.errors import InputError
from pushgen.service.pages.rendering import HEADERS, PREFIX, quoted, show
from pushgen.service.problems import FieldError, Problem, field_errors


class PageRoute(APIRoute):
    """A page, or what a form does."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        inner: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await inner(request)
            except (HTTPException, RequestValidationError, InputError) as error:
                response = _explain(request, error)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handle


def page_router(prefix: str = "") -> APIRouter:
    """A router of pages. None of them is part of the description of the API."""
    return APIRouter(prefix=PREFIX + prefix, route_class=PageRoute, include_in_schema=False)


def go(path: str, **query: str | None) -> RedirectResponse:
    """Where a browser goes after a form was sent: a page that can be loaded again without sending it twice."""
    asked = "&".join(f"{name}={quoted(value)}" for name, value in query.items() if value)
    return RedirectResponse(f"{PREFIX}{path}" + (f"?{asked}" if asked else ""), 303)


def _explain(request: Request, error: HTTPException | RequestValidationError | InputError) -> Response:
    errors: list[FieldError] = []
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        if error.status_code == 401:
            return go("/sign-in", next=_wanted(request))
        status, detail = error.status_code, str(error.detail)
        headers.update(error.headers or {})
        errors = error.errors if isinstance(error, Problem) else []
    elif isinstance(error, InputError):
        status, detail = 422, f"expected {error.expected}. {error.remedy}"
    else:
        status, detail, errors = 422, "the address cannot be used", field_errors(error.errors())
    response = show(request, "error.html.jinja", status=status, code=status, detail=detail, errors=errors)
    response.headers.update(headers)
    return response


def _wanted(request: Request) -> str | None:
    """The page to return to after signing in; a form that was sent is not sent again."""
    if request.method != "GET":
        return None
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
