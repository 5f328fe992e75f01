"""The pages as part of the service. One without a rule is not built."""

from fastapi import APIRouter, FastAPI

from pushgen.service.pages import contents, pairs, queue, signing
from pushgen.service.pages.rules import page_rules
from pushgen.service.pages.settings import PagesConfig
from pushgen.service.pages.state import Pages
from pushgen.service.state import Service

ROUTERS: tuple[APIRouter, ...] = (queue.home, signing.router, queue.router, contents.router, pairs.router)


def add_pages(app: FastAPI, service: Service, config: PagesConfig | None = None) -> None:
    """Adds the pages to an application. Raises `ConfigurationError` for a page without a rule."""
    page_rules(route for router in ROUTERS for route in router.routes)
    app.state.pages = Pages(service=service, config=config or PagesConfig())
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
