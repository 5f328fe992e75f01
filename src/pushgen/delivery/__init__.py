"""Who gets a push, when, over what, and what came of it. Needs the extra `deliver`."""

from pushgen.delivery.ledger import Ledger, Order
from pushgen.delivery.settings import DeliveryConfig
from pushgen.delivery.worker import Worker

__all__ = ["DeliveryConfig", "Ledger", "Order", "Worker"]
