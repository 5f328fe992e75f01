"""From a template to an answer. Everything that is shown is escaped; nothing is loaded but what this service gives."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pushgen.service.pages.access import Visitor
from pushgen.service.pages.forms import token_of

PREFIX = "/pages"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""On every page. `data:` admits the plots, which are pictures and can run nothing."""
STATIC = {
    name: (files("pushgen.service.pages").joinpath("static", name).read_bytes(), kind)
    for name, kind in (("pages.css", "text/css"), ("pages.js", "text/javascript"), ("icon.svg", "image/svg+xml"))
}
"""What pages load, by name, with its media type."""


def show(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A template as a page. It also knows who looks (`visitor`) and the token of their forms."""
    visitor: Visitor = getattr(request.state, "visitor", Visitor(None, None))
    token = token_of(visitor.secret) if visitor.secret else ""
    text = _environment().get_template(template).render(visitor=visitor, token=token, here=request.url.path, **context)
    return HTMLResponse(text, status)


@cache
def _environment() -> Environment:
    environment: Any = Environment(
        loader=PackageLoader("pushgen.service.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = quoted
    environment.filters["percent"] = percent
    environment.globals["static"] = _static
    return environment


def quoted(value: str) -> str:
    """An id as one part of a path, or as a value of a query."""
    return quote(value, safe="")


def percent(value: float, digits: int = 0) -> str:
    return f"{100 * value:.{digits}f}%"


def _static(name: str) -> str:
    """The address of a file; another content has another address, so that browsers may keep it for ever."""
    return f"{PREFIX}/static/{name}?v={hashlib.sha256(STATIC[name][0]).hexdigest()[:12]}"
