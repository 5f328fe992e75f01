"""From nothing to a running service on a simulated app: its log, a reward model learnt from it, its database."""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from pushgen.delivery.clock import SystemClock
from pushgen.generation import open_generator
from pushgen.logs import make_pairs
from pushgen.pipeline.guarding import open_rules
from pushgen.pipeline.past import write_past
from pushgen.protocols import RewardModel
from pushgen.reward.settings import RewardConfig
from pushgen.selection import SelectionConfig, open_selector
from pushgen.service.demo.furnishing import furnish
from pushgen.service.keys import add_key
from pushgen.service.logs import open_log
from pushgen.service.scopes import Scope
from pushgen.service.settings import ServiceConfig
from pushgen.service.state import Service
from pushgen.store import open_store
from pushgen.store.migrate import upgrade
from pushgen.world import World, WorldConfig

_PAST = 400
"""Contents and experiments of the log: enough for a model that is better than chance, in about a second."""


def open_demo(
    database: str, *, config: ServiceConfig, selection: SelectionConfig, seed: int = 0, log: TextIO = sys.stderr
) -> tuple[Service, str]:
    """A service and a key that may do everything. A database that holds contents is left as it is."""
    upgrade(database)
    world = World.build(WorldConfig(contents=_PAST, experiments=_PAST, solo_sends=0), seed)
    store, clock = open_store(database), SystemClock()
    service = Service(
        store=store,
        clock=clock,
        log=open_log(log),
        rules=open_rules(),
        selector=open_selector(selection),
        reward=_learn(world),
        generator=open_generator("template"),
        config=config,
    )
    with store.read() as tx:
        fresh = not tx.contents.page(limit=1)
    if fresh:
        furnish(service, world, seed)
    return service, add_key(store, clock, "demo", [scope.value for scope in Scope])[1]


def _learn(world: World) -> RewardModel:
    from pushgen.reward.train import train

    config = RewardConfig(kind="linear")
    # Learning styles takes longer than all the rest.
    config = replace(config, linear=replace(config.linear, styles="none"))
    with TemporaryDirectory() as folder:
        return train(make_pairs(write_past(world, Path(folder) / "log")).frame, config)
