"""The worker: takes jobs one after the other, content by content, behind everybody who waits for an answer.

What a content gave is kept in the transaction that marks its turn, so that a job that died goes on with the first
content that had none. Writing again what is there already changes nothing, since ids follow from content, style,
place and seed.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import anyio
from anyio import to_thread

from pushgen.records import Job, JobKind, NoticeKind, Selection
from pushgen.service.candidates.schemas import Writing
from pushgen.service.candidates.service import Held, write
from pushgen.service.logs import places
from pushgen.service.problems import Problem
from pushgen.service.selections.service import choose
from pushgen.service.state import Service
from pushgen.service.webhooks.announce import announce
from pushgen.store import Transaction

POLL_SECONDS = 1.0
AT_ONCE = 50
"""Contents whose ids are read at once."""


class Worker:
    """Works on jobs until it is cancelled."""

    def __init__(self, service: Service) -> None:
        self._service, self._name = service, secrets.token_hex(8)

    async def run(self) -> None:
        """For ever. What it had in hand is given back when it is cancelled."""
        while True:
            try:
                if not await self.step():
                    await anyio.sleep(POLL_SECONDS)
            except Exception as error:  # a database that is away for a while ends no worker
                self._service.log.error("job failed", error=type(error).__name__, places=places(error))
                await anyio.sleep(POLL_SECONDS)

    async def step(self) -> bool:
        """Works on the job that waits longest until it ends; False where none waits."""
        job = await to_thread.run_sync(self._claim)
        if job is None:
            return False
        await self._work(job)
        return True

    async def _work(self, job: Job) -> None:
        try:
            while items := await to_thread.run_sync(lambda: self._waiting(job)):
                for place, content_id in items:
                    if not await self._turn(job, place, content_id):
                        return
            await to_thread.run_sync(lambda: self._end(job))
        finally:
            # Also where the server is told to stop, so that another process need not wait for the lease.
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(lambda: self._release(job))

    async def _turn(self, job: Job, place: int, content_id: str) -> bool:
        """Whether the job is still ours. A content that gives nothing is counted and ends nothing."""
        service, reason = self._service, None
        held, selection = Held(), None
        try:
            if job.kind is not JobKind.SELECT:
                asked = Writing(styles=list(job.styles), per_style=job.per_style, seed=job.seed)
                held, _ = await service.writing.run_last(lambda: write(service, content_id, asked))
            if job.kind is JobKind.RUN:
                await to_thread.run_sync(lambda: self._keep(lambda tx: held.keep(tx)))
            if job.kind is not JobKind.GENERATE:
                selection = await service.gate.run_last(lambda: choose(service, content_id))
        except Problem as problem:
            reason = problem.detail
        except Exception as error:
            service.log.error("job", error=type(error).__name__, places=places(error))
            reason = f"an error that nobody foresaw: {type(error).__name__}"
        return await to_thread.run_sync(lambda: self._mark(job, place, held, selection, reason))

    def _claim(self) -> Job | None:
        with self._service.store.begin() as tx:
            return tx.jobs.claim(self._name, self._now(), self._until())

    def _waiting(self, job: Job) -> list[tuple[int, str]]:
        with self._service.store.read() as tx:
            return tx.jobs.waiting(job.job_id, AT_ONCE)

    def _keep(self, write_down: Callable[[Transaction], None]) -> None:
        with self._service.store.begin() as tx:
            write_down(tx)

    def _mark(self, job: Job, place: int, held: Held, selection: Selection | None, reason: str | None) -> bool:
        with self._service.store.begin() as tx:
            if not tx.jobs.renew(job.job_id, self._name, self._until()):
                return False
            held.keep(tx)
            if selection is not None:
                tx.selections.put([selection])
            tx.jobs.record_turn(job.job_id, place, reason, self._now())
        self._service.metrics.turns.labels("done" if reason is None else "failed").inc()
        return True

    def _end(self, job: Job) -> None:
        with self._service.store.begin() as tx:
            if tx.jobs.finish(job.job_id, self._name, self._now()):
                announce(tx, NoticeKind.JOB_DONE, {"job_id": job.job_id}, self._now())

    def _release(self, job: Job) -> None:
        with self._service.store.begin() as tx:
            tx.jobs.release(job.job_id, self._name)

    def _now(self) -> datetime:
        return self._service.clock.now()

    def _until(self) -> datetime:
        return self._now() + timedelta(seconds=self._service.config.lease_seconds)
