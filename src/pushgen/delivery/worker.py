"""A worker: claims, sends, settles, until it is told to stop or nothing is left."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from pushgen.delivery.breaker import Breaker
from pushgen.delivery.clock import SystemClock
from pushgen.delivery.ledger import Claim, Claimed, Ledger
from pushgen.delivery.settings import DeliveryConfig
from pushgen.protocols import Channel, Clock, Fate, Outcome
from pushgen.store import Store

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """Runs in one process; start as many as you like, on as many machines, on the same database.

    The database is asked from threads, so that requests stay under way meanwhile.
    """

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], config: DeliveryConfig, clock: Clock | None = None
    ) -> None:
        self._clock = clock or SystemClock()
        self._channels, self._config = channels, config
        self._ledger = Ledger(store, config, self._clock)
        self._devices = {name: channel.needs_device for name, channel in channels.items()}
        self._breakers = {name: Breaker(config) for name in channels}
        self._pool = ThreadPoolExecutor(config.lanes, "pushgen-database")
        self._stop = asyncio.Event()
        self._recover_at: datetime | None = None
        self.totals: Counter[str] = Counter()
        """Answers by fate, and deliveries that were put off or dropped by reason."""

    def stop(self) -> None:
        """Lets requests under way end, gives everything else back and returns from `run`."""
        self._stop.set()

    async def run(self, *, until_empty: bool = False) -> Counter[str]:
        """Works until `stop`, or with `until_empty` until nothing is due and nothing is in any worker's hands.

        What is put off into the future stays in the ledger.
        """
        try:
            lanes = [asyncio.create_task(self._lane(until_empty)) for _ in range(self._config.lanes)]
            await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
            # Where one lane failed, the others finish what they have under way.
            self.stop()
            await asyncio.gather(*lanes)
        finally:
            for channel in self._channels.values():
                await channel.close()
            self._pool.shutdown()
        return self.totals

    @property
    def resting(self) -> dict[str, str]:
        """Channels whose breaker is open, and why."""
        return {name: breaker.reason for name, breaker in self._breakers.items() if breaker.reason}

    async def _lane(self, until_empty: bool) -> None:
        while not self._stop.is_set():
            await self._recover()
            room = self._room()
            claim = await self._ask(self._ledger.claim, room, self._devices) if room else Claim("")
            self.totals.update(claim.decided)
            if claim.rows:
                await self._work(claim)
            elif not claim.looked_at:
                if until_empty and await self._ask(self._ledger.is_idle, list(self._channels)):
                    return
                await self._sleep()

    def _room(self) -> dict[str, int]:
        now, most = self._clock.now(), self._config.batch
        room = {name: breaker.room(most, now) for name, breaker in self._breakers.items()}
        return {name: count for name, count in room.items() if count}

    async def _work(self, claim: Claim) -> None:
        size = max(1, self._config.concurrency // self._config.lanes)
        answered: list[tuple[Claimed, Outcome]] = []
        for start in range(0, len(claim.rows), size):
            chunk = self._not_resting(claim.rows[start : start + size])
            if self._stop.is_set() or not chunk:
                await self._ask(self._ledger.release, claim, claim.rows[start:])
                break
            if len(chunk) < len(claim.rows[start : start + size]):
                kept = {one.delivery.key for one in chunk}
                back = [one for one in claim.rows[start : start + size] if one.delivery.key not in kept]
                await self._ask(self._ledger.release, claim, back)
            going = await self._ask(self._ledger.step, claim, answered, chunk)
            answered = list(zip(going, await asyncio.gather(*map(self._send, going)), strict=True))
        await self._ask(self._ledger.step, claim, answered, [])

    def _not_resting(self, rows: Sequence[Claimed]) -> list[Claimed]:
        now = self._clock.now()
        return [one for one in rows if self._breakers[one.delivery.channel].room(1, now)]

    async def _send(self, one: Claimed) -> Outcome:
        channel = self._channels[one.delivery.channel]
        try:
            outcome = await asyncio.wait_for(channel.send(one.message), self._config.timeout_seconds)
        except Exception as error:  # A channel must not raise; if one does, its message is not lost.
            outcome = Outcome(fate=Fate.RETRY, code=type(error).__name__, uncertain=True)
        self._breakers[one.delivery.channel].record(outcome, self._clock.now())
        self.totals[outcome.fate.value] += 1
        return outcome

    async def _recover(self) -> None:
        """Looks for what dead workers left a few times per lease."""
        now = self._clock.now()
        if self._recover_at is None or now >= self._recover_at:
            self._recover_at = now + timedelta(seconds=self._config.lease_seconds / 4)
            waiting, uncertain = await self._ask(self._ledger.recover)
            self.totals.update({"recovered, not sent": waiting, "recovered, may be sent": uncertain})

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), self._config.poll_seconds)
        except TimeoutError:
            return

    async def _ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: call(*args, **kwargs))
