"""Errors as RFC 9457 says: `application/problem+json` with a title, what happened, and the id of the request.

What was sent in does not come back, so that what is copied into a log or a ticket names nobody; only what guardrails
find in an edit quotes the edit.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from pushgen.errors import InputError

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1


class FieldError(BaseModel):
    """One place in the request that cannot be used."""

    pointer: str
    """JSON pointer into the body (RFC 6901), or the name of a parameter of the path, the query or the headers."""
    detail: str


class ProblemDetails(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    request_id: str | None = None
    errors: list[FieldError] | None = None


class Problem(HTTPException):
    """An error that the caller is told about."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(status, detail, headers)
        self.errors = list(errors)


def overloaded(detail: str) -> Problem:
    return Problem(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def missing(noun: str) -> Problem:
    return Problem(404, f"there is no {noun} with this id")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Responses for OpenAPI, those that every route can give among them."""
    return {
        status: {"model": ProblemDetails, "description": HTTPStatus(status).phrase}
        for status in sorted({400, 401, 403, 413, 422, 429, 500, 503, *statuses})
    }


def with_problem_type(description: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI description whose errors are of our media type; FastAPI gives those the type of the route's answer."""
    for methods in description["paths"].values():
        for route in methods.values():
            for status, answer in route["responses"].items():
                if status >= "400":
                    (schema,) = answer["content"].values()
                    answer["content"] = {MEDIA_TYPE: schema}
    return description


def field_errors(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Findings of pydantic without the values."""
    return [FieldError(pointer=_pointer(error), detail=_detail(error)) for error in found]


def render(
    request_id: str | None,
    status: int,
    detail: str | None,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldError] = (),
) -> JSONResponse:
    phrase = HTTPStatus(status).phrase
    body = ProblemDetails(title=phrase, status=status, detail=detail if detail != phrase else None)
    body = body.model_copy(update={"request_id": request_id, "errors": list(errors) or None})
    content = body.model_dump(exclude_none=True)
    return JSONResponse(content, status, dict(headers or {}), media_type=MEDIA_TYPE)


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    errors = error.errors if isinstance(error, Problem) else ()
    return render(_id(request), error.status_code, error.detail, error.headers, errors)


async def on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = field_errors(error.errors())
    return render(_id(request), 422, "the request cannot be used; nothing of it was kept", errors=found)


async def on_input_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    found = FieldError(pointer=error.field or "", detail=f"expected {error.expected}. {error.remedy}")
    return render(_id(request), 422, "the request cannot be used; nothing of it was kept", errors=[found])


def _id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


def _pointer(error: Mapping[str, Any]) -> str:
    place, *rest = error["loc"] or ("body",)
    if error["type"] == "json_invalid":
        return ""
    parts = rest if place == "body" else [place, *rest]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"not valid JSON at character {error['loc'][-1]}"
    return str(error["msg"]).removeprefix("Value error, ")
