"""`pushgen serve`: the service."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.cli.db_upgrade import DATABASE
from pushgen.selection.settings import SelectionConfig
from pushgen.service.pages.settings import PagesConfig
from pushgen.service.settings import ServiceConfig


def serve(
    *,
    database: Annotated[str | None, Parameter(env_var="PUSHGEN_DATABASE")] = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    reward: Path | None = None,
    generator: str = "template",
    generator_config: Path | None = None,
    guardrails: Path | None = None,
    demo: bool = False,
    routes: bool = False,
    limits: Annotated[ServiceConfig, Parameter(name="*")] = ServiceConfig(),
    selection: Annotated[SelectionConfig, Parameter(name="*")] = SelectionConfig(),
    pages: Annotated[PagesConfig, Parameter(name="*")] = PagesConfig(),
) -> None:
    """Serve the API under /v1 and the review pages under /pages until stopped; requests under way are then finished.

    `pushgen key add` makes keys for programs, `pushgen user add` accounts for people. /v1/openapi.json describes the
    API. One line of JSON per request goes to standard error and names no user.

    Parameters
    ----------
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME, brought up to date by `pushgen db upgrade`. The file pushgen.db
        in the current folder where not given.
    host
        Address to listen on. Put a proxy that speaks TLS in front of anything but this machine.
    port
        Port to listen on; 0 takes a free one.
    reward
        Folder of a reward model; without it there are no scores and choices.
    generator
        `template`, a model folder, `hf:NAME` or `openai:URL#MODEL`: what writes on demand and in jobs.
    generator_config
        TOML file with settings of the generator.
    guardrails
        TOML file as `pushgen check --config` reads it; candidates and edits are held against it.
    demo
        Load a small simulated app first, with contents, candidates, choices, reviews, an experiment and deliveries, and
        print a key and a password to try it with. Into a temporary database where none is given; one that holds
        contents is left as it is. --reward, --generator and --guardrails have no effect.
    routes
        Print the routes and the scope that each needs as JSON on standard output, and stop.
    """
    from pushgen.progress import say
    from pushgen.service.opening import open_service, run

    if routes:
        from pushgen.cli.output import print_json
        from pushgen.service.app import ROUTERS
        from pushgen.service.rules import rules_of

        found = rules_of(route for router in ROUTERS for route in router.routes)
        print_json([{"method": one.method, "path": one.path, "scope": one.scope} for one in found])
        return
    where = f"http://{host}:{port}" if port else f"{host}, at a free port"
    if demo:
        from tempfile import TemporaryDirectory

        from pushgen.service.demo.opening import open_demo
        from pushgen.service.demo.people import add_people

        with TemporaryDirectory(prefix="pushgen-") as folder:
            service, key = open_demo(database or f"sqlite:///{folder}/demo.db", config=limits, selection=selection)
            people, password = add_people(service)
            say(f"Review pages: {where}/pages; sign in as {', '.join(people)} with the password {password}")
            say(f"API: curl -H 'Authorization: Bearer {key}' {where}/v1/reviews/queue")
            run(service, host=host, port=port, pages=pages)
        return
    service = open_service(
        database or DATABASE,
        reward=reward,
        generator=generator,
        generator_config=generator_config,
        guardrails=guardrails,
        config=limits,
        selection=selection,
    )
    say(f"Serving the API under /v1 and the pages under /pages at {where}")
    run(service, host=host, port=port, pages=pages)
