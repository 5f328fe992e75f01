"""What a form sends: read, bound to the session it was made for, held against the schema of the API."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError

from pushgen.service.problems import Problem, field_errors

TOKEN = "token"
MOST_FIELDS = 50
_TYPE = "application/x-www-form-urlencoded"
B = TypeVar("B", bound=BaseModel)


def token_of(secret: str) -> str:
    """What every form of a session carries; nobody who lacks the cookie can compute it."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"forms", hashlib.sha256).hexdigest()


async def read_form(request: Request, secret: str | None) -> Mapping[str, str]:
    """The fields of a form. Raises a `Problem` where it is none, or was not made for this session.

    Browsers that say where a request comes from are believed as well: another site is refused whatever it sends.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise Problem(415, "forms only")
    try:
        pairs = parse_qsl(
            (await request.body()).decode("ascii"),
            keep_blank_values=True,
            strict_parsing=False,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Problem(400, "the form cannot be read") from None
    # Text areas send line breaks as two signs.
    form = {name: value.replace("\r\n", "\n") for name, value in pairs}
    given = form.pop(TOKEN, "")
    own = secret is not None and hmac.compare_digest(token_of(secret).encode(), given.encode("utf-8", "replace"))
    if not own or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Problem(403, "this form was made for another session; load the page again")
    return form


def filled(model: type[B], form: Mapping[str, str], **fixed: str) -> B:
    """A form as the API would take it; empty fields count as left out, and space around others goes.

    Raises a `Problem` that names the fields.
    """
    names = model.model_fields
    values = {name: value.strip() for name, value in form.items() if name in names and value.strip()}
    try:
        return model.model_validate(values | fixed)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        errors = field_errors([{**one, "loc": ("body", *one["loc"])} for one in found])
        raise Problem(422, "the form cannot be used as it is; nothing was kept", errors=errors) from None
