"""What an answer of a provider makes of a delivery."""

import hashlib
from datetime import datetime, timedelta

from pushgen.delivery.settings import DeliveryConfig
from pushgen.protocols import Fate, Message, Outcome
from pushgen.records import Delivery, DeliveryState
from pushgen.store.deliveries import Settlement


def settlement(
    delivery: Delivery, message: Message, outcome: Outcome, now: datetime, config: DeliveryConfig
) -> tuple[Settlement, str | None]:
    """The new state, and the device to take out of use if there is one."""
    state, reason, due_at = DeliveryState.PLANNED, outcome.code, now
    attempts, recoveries = delivery.attempts, delivery.recoveries
    device_id = message.device.device_id if message.device else None
    dead: str | None = None
    if outcome.fate is Fate.ACCEPTED:
        state = DeliveryState.ACCEPTED
    elif outcome.fate is Fate.DROP:
        state = DeliveryState.FAILED
    elif outcome.fate is Fate.DEAD_TOKEN:
        dead = device_id
        state = DeliveryState.PLANNED if dead else DeliveryState.FAILED
    elif outcome.fate is Fate.MISCONFIGURED:
        reason = f"our configuration: {outcome.code}"
        due_at = now + timedelta(seconds=config.breaker_seconds)
    else:
        attempts += 1
        recoveries += outcome.uncertain
        due_at = now + wait(delivery.key, attempts, outcome.retry_after, config)
        if attempts >= config.attempts:
            state, reason = DeliveryState.FAILED, f"gave up: {outcome.code}"
    settled = Settlement(
        key=delivery.key,
        state=state,
        reason=reason,
        device_id=device_id,
        provider_id=outcome.provider_id,
        due_at=due_at if state is DeliveryState.PLANNED else None,
        attempts=attempts,
        recoveries=recoveries,
        counts=state is DeliveryState.ACCEPTED or recoveries > 0,
    )
    return settled, dead


def wait(key: str, attempts: int, retry_after: float | None, config: DeliveryConfig) -> timedelta:
    """Doubles with each attempt, spread by up to a half so that retries do not come all at once.

    What the provider asks for is the least. The spread follows from the key: nothing here is drawn at random.
    """
    seconds = min(config.retry_seconds * 2.0 ** (attempts - 1), config.retry_most_seconds)
    share = int.from_bytes(hashlib.sha256(f"{key}:{attempts}".encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=max(seconds * (1.0 + share / 2.0), retry_after or 0.0))
