"""The table of routes and who may call them, read off the router itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from pushgen.errors import ConfigurationError
from pushgen.service.access import Needs, Open
from pushgen.service.scopes import Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """One route and what it needs."""

    method: str
    path: str
    scope: Scope | None
    """None: open to everybody."""


def rules_of(routes: Iterable[BaseRoute]) -> list[Rule]:
    """One rule per method and path, in the order of the paths.

    Raises `ConfigurationError` for a route that has no rule or more than one, so that a service with such a route
    does not start.
    """
    return sorted((rule for route in routes for rule in _rules(route)), key=lambda rule: (rule.path, rule.method))


def _rules(route: BaseRoute) -> Iterator[Rule]:
    path = str(getattr(route, "path", route))
    if not isinstance(route, APIRoute):
        raise ConfigurationError(f"the route {path} is not one that can carry a rule")
    found = [call for one in route.dependant.dependencies if isinstance(call := one.call, Needs | Open)]
    if len(found) != 1:
        raise ConfigurationError(f"the route {path} has {len(found)} rules; it needs one scope, or to be open")
    scope = found[0].scope if isinstance(found[0], Needs) else None
    for method in sorted(route.methods or ()):
        yield Rule(method, path, scope)
