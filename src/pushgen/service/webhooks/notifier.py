"""Tells webhooks what happened: at least once, each attempt under the same id, later and later, for a day."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import anyio
from anyio import to_thread

from pushgen.delivery.channels.http import httpx
from pushgen.delivery.channels.webhook import guarded_client, post_signed, read_secret
from pushgen.delivery.render import encode
from pushgen.protocols import Fate, Outcome
from pushgen.records import Notice, Webhook
from pushgen.service.logs import places
from pushgen.service.state import Service

POLL_SECONDS = 1.0
AT_ONCE = 20
TIMEOUT_SECONDS = 10.0
FIRST_WAIT = timedelta(seconds=10)
LAST_WAIT = timedelta(hours=3)
GIVE_UP_AFTER = timedelta(days=1)


class Notifier:
    """Sends notices until it is cancelled. Many may share one database."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                if not await self.step():
                    await anyio.sleep(POLL_SECONDS)
            except Exception as error:  # a database that is away for a while ends nothing
                self._service.log.error("notices failed", error=type(error).__name__, places=places(error))
                await anyio.sleep(POLL_SECONDS)

    async def step(self) -> int:
        """Sends what is due; how many notices were."""
        notices, webhooks = await to_thread.run_sync(self._claim)
        if notices:
            hosts = self._service.config.webhook_hosts
            client = guarded_client(hosts, timeout=TIMEOUT_SECONDS, connections=AT_ONCE)
            async with client:
                send = [self._send(client, notice, webhooks.get(notice.webhook_id)) for notice in notices]
                outcomes = await asyncio.gather(*send)
            await to_thread.run_sync(lambda: self._record(notices, outcomes))
        return len(notices)

    async def _send(self, client: httpx.AsyncClient, notice: Notice, webhook: Webhook | None) -> Outcome:
        if webhook is None:
            return Outcome(fate=Fate.DROP, code="the webhook was removed")
        body = encode({"type": notice.kind.value, "timestamp": notice.at.isoformat(), "data": dict(notice.data)})
        secret = read_secret(webhook.secret)
        return await post_signed(client, webhook.url, secret, notice.notice_id, body, self._service.clock.now())

    def _claim(self) -> tuple[list[Notice], dict[str, Webhook]]:
        now = self._service.clock.now()
        until = now + timedelta(seconds=self._service.config.lease_seconds)
        with self._service.store.begin() as tx:
            return tx.notices.claim(now, until, AT_ONCE), {one.webhook_id: one for one in tx.webhooks.all()}

    def _record(self, notices: Sequence[Notice], outcomes: Sequence[Outcome]) -> None:
        now = self._service.clock.now()
        with self._service.store.begin() as tx:
            for notice, outcome in zip(notices, outcomes, strict=True):
                attempts, until = notice.attempts + 1, _next(notice, outcome, now)
                if outcome.fate is Fate.ACCEPTED:
                    tx.notices.settle(notice.notice_id, "accepted", attempts, now)
                elif until is None:
                    tx.notices.settle(notice.notice_id, f"given up: {outcome.code}", attempts, now)
                else:
                    tx.notices.put_off(notice.notice_id, until, attempts)
                self._service.metrics.notices.labels(outcome.fate.value).inc()


def _next(notice: Notice, outcome: Outcome, now: datetime) -> datetime | None:
    """When to try again; None for never. What the receiver has to put right is tried again as well, for a day."""
    if outcome.fate in (Fate.DROP, Fate.DEAD_TOKEN):
        return None
    wait = min(FIRST_WAIT * 2**notice.attempts, LAST_WAIT)
    asked = timedelta(seconds=min(outcome.retry_after or 0.0, LAST_WAIT.total_seconds()))
    until = now + max(wait, asked)
    return until if until < notice.at + GIVE_UP_AFTER else None
