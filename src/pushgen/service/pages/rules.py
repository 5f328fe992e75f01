"""The table of pages and who may see them, read off the routers themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from pushgen.errors import ConfigurationError
from pushgen.records import Role
from pushgen.service.pages.access import Allows


@dataclass(frozen=True, slots=True)
class PageRule:
    """One route and whom it needs."""

    method: str
    path: str
    role: Role | None
    """None: everybody."""


def page_rules(routes: Iterable[BaseRoute]) -> list[PageRule]:
    """One rule per method and path, in the order of the paths.

    Raises `ConfigurationError` for a route that has no rule or more than one, so that a service with such a page does
    not start.
    """
    return sorted((rule for route in routes for rule in _rules(route)), key=lambda rule: (rule.path, rule.method))


def _rules(route: BaseRoute) -> Iterator[PageRule]:
    path = str(getattr(route, "path", route))
    if not isinstance(route, APIRoute):
        raise ConfigurationError(f"the page {path} is not one that can carry a rule")
    found = [call for one in route.dependant.dependencies if isinstance(call := one.call, Allows)]
    if len(found) != 1:
        raise ConfigurationError(f"the page {path} has {len(found)} rules; it needs one role, or to be open")
    for method in sorted(route.methods or ()):
        yield PageRule(method, path, found[0].role)
