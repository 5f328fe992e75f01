"""From settings to a running service."""

import sys
from pathlib import Path
from typing import TextIO

from pushgen.delivery.clock import SystemClock
from pushgen.generation import open_generator
from pushgen.guardrails.policy import read_policy
from pushgen.pipeline.guarding import open_rules
from pushgen.selection import SelectionConfig, open_selector
from pushgen.service.logs import open_log
from pushgen.service.pages.settings import PagesConfig
from pushgen.service.settings import ServiceConfig
from pushgen.service.state import Service
from pushgen.store import open_store

_LAST_REQUESTS_SECONDS = 30


def open_service(
    database: str,
    *,
    reward: Path | None,
    generator: str | None,
    guardrails: Path | None,
    config: ServiceConfig,
    selection: SelectionConfig,
    generator_config: Path | None = None,
    log: TextIO = sys.stderr,
) -> Service:
    """Opens the database and the models. Raises what they raise where one of them cannot be used."""
    store = open_store(database)
    model = None
    if reward is not None:
        from pushgen.reward import open_reward

        model = open_reward(reward)
    return Service(
        store=store,
        clock=SystemClock(),
        log=open_log(log),
        rules=open_rules(None if guardrails is None else read_policy(guardrails)),
        selector=open_selector(selection),
        reward=model,
        generator=None if generator is None else open_generator(generator, config=generator_config),
        config=config,
    )


def run(service: Service, *, host: str, port: int, pages: PagesConfig | None = None) -> None:
    """Serves until a signal says to stop."""
    import uvicorn

    from pushgen.service.app import create_app

    uvicorn.run(
        create_app(service, pages),
        host=host,
        port=port,
        # The log of requests is our own: uvicorn's holds paths, and paths hold ids of users.
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
    )
