"""ETags of single resources: what has not changed is not sent again, what somebody else changed is not overwritten."""

import hashlib
import json
from typing import Any

from fastapi import Request, Response

from pushgen.service.problems import Problem
from pushgen.settings import as_dict


def etag_of(record: object) -> str:
    text = json.dumps(as_dict(record), sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def tagged(request: Request, response: Response, record: Any, shown: Any = None) -> Any:
    """`shown`, the record where not given, with its ETag; or 304 where the caller has it."""
    tag = etag_of(record)
    if _names(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return record if shown is None else shown


def require_match(request: Request, current: object | None) -> None:
    """Raises a `Problem` with 412 where `If-Match` names another state than the current one."""
    wanted = request.headers.get("if-match")
    if wanted is not None and (current is None or not _names(wanted, etag_of(current))):
        raise Problem(412, "it was changed since; read it again")


def _names(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    found = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in found or tag in found
