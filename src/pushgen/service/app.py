"""The application: routes, errors, the edge. A service with a route that has no rule is not built."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from anyio import create_task_group, to_thread
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from pushgen import __version__
from pushgen.errors import InputError
from pushgen.service.candidates import routes as candidates
from pushgen.service.contents import routes as contents
from pushgen.service.edge import Edge
from pushgen.service.events import routes as events
from pushgen.service.experiments import routes as experiments
from pushgen.service.jobs import routes as jobs
from pushgen.service.jobs.worker import Worker
from pushgen.service.operation import routes as operation
from pushgen.service.pages.app import add_pages
from pushgen.service.pages.settings import PagesConfig
from pushgen.service.problems import on_http_exception, on_input_error, on_invalid_request
from pushgen.service.pushes import routes as pushes
from pushgen.service.reviews import routes as reviews
from pushgen.service.rules import rules_of
from pushgen.service.scores import routes as scores
from pushgen.service.selections import routes as selections
from pushgen.service.state import Service
from pushgen.service.tracing import FRAMEWORK
from pushgen.service.users import devices
from pushgen.service.users import routes as users
from pushgen.service.webhooks import routes as webhooks
from pushgen.service.webhooks.notifier import Notifier

ROUTERS: tuple[APIRouter, ...] = (
    contents.router,
    candidates.router,
    selections.router,
    scores.router,
    jobs.router,
    reviews.router,
    pushes.router,
    experiments.router,
    users.router,
    devices.router,
    events.router,
    webhooks.router,
    operation.router,
)


def create_app(service: Service, pages: PagesConfig | None = None) -> FastAPI:
    """The ASGI application of a service. Raises `ConfigurationError` for a route without a rule."""
    # Older FastAPI has no telemetry of its own and does not know the name.
    more: dict[str, Any] = {"telemetry": FRAMEWORK}
    app = FastAPI(
        title="PushGen",
        version=__version__,
        lifespan=_lifespan,
        redirect_slashes=False,
        # Documentation pages would load scripts from elsewhere; the description is a route like any other.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        **more,
    )
    app.state.service = service
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    rules_of(app.routes)
    add_pages(app, service, pages)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(InputError, on_input_error)
    app.add_middleware(Edge, service=service)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    # More threads than connections would wait for each other until they fail.
    service: Service = app.state.service
    to_thread.current_default_thread_limiter().total_tokens = service.config.threads
    async with create_task_group() as group:
        if service.config.work:
            group.start_soon(Worker(service).run)
            group.start_soon(Notifier(service).run)
        yield
        group.cancel_scope.cancel()
    service.store.close()
