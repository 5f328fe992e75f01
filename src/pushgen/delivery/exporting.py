"""Planned pushes for another sender: decided here, under the same caps and quiet hours, sent there."""

from collections.abc import Iterator, Mapping

from pushgen.delivery.ledger import Ledger
from pushgen.delivery.settings import DeliveryConfig
from pushgen.protocols import Clock, Fate, Message, Outcome
from pushgen.store import Store
from pushgen.store.deliveries import HANDED_OVER


def hand_over(store: Store, config: DeliveryConfig, clock: Clock, channel: str) -> Iterator[Message]:
    """Decides about what is due on a channel and yields what goes out now, each once for ever.

    A row is marked before it is yielded and settled after the group it is in was taken; a process that dies in between
    hands over at most one group again, under the same keys. Its outcome may be corrected by a report later.
    """
    ledger = Ledger(store, config, clock)
    ledger.recover()
    devices: Mapping[str, bool] = {channel: False}
    while True:
        claim = ledger.claim({channel: config.batch}, devices)
        if not claim.looked_at:
            return
        going = ledger.step(claim, [], claim.rows)
        for one in going:
            yield one.message
        ledger.step(claim, [(one, Outcome(fate=Fate.ACCEPTED, code=HANDED_OVER)) for one in going], [])
