"""A simulated app with known truth, for the demo, for tests and for measurement. No stage imports it."""

from pushgen.world.config import WorldConfig
from pushgen.world.log import WorldLog
from pushgen.world.simulation import World
from pushgen.world.truth import Truth

__all__ = ["Truth", "World", "WorldConfig", "WorldLog"]
