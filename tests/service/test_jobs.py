"""Jobs: entered once, done content by content, going on after a worker died, ended."""

from collections.abc import Callable, Sequence

import anyio
import pytest
from tests.service.conftest import Client, make

from pushgen.fakes import FakeGenerator
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content, Job
from pushgen.service.jobs.worker import Worker
from pushgen.service.settings import ServiceConfig
from pushgen.store import Store


def stock(store: Store, *names: str) -> None:
    with store.begin() as tx:
        tx.contents.put(
            Content(content_id=name, title=f"A cat named {name} in Berlin", language="en") for name in names
        )


def work(call: Client) -> bool:
    return anyio.run(Worker(call.service).step)


class Counting(FakeGenerator):
    """Counts how often each content is written for, and breaks down when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.dies_at: str | None = None

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        name = requests[0].content.content_id
        if name == self.dies_at:
            raise KeyboardInterrupt  # as a killed process: nothing of ours may tidy up
        self.asked.append(name)
        return super().generate(requests)


class Dying(Worker):
    """Where it dies its claim stays, as nothing gives it back."""

    def _release(self, job: Job) -> None:
        del job


def test_a_run_leaves_a_choice_for_every_content(call_both: Client) -> None:
    call = call_both
    stock(call.store, "c1", "c2", "c3")
    body = {"content_ids": ["c2", "c1", "c9", "c1"], "styles": ["plain", "question"]}
    made = call("POST", "/v1/jobs", json=body)
    assert (made.status_code, made.headers["location"]) == (202, f"/v1/jobs/{made.json()['job_id']}")
    assert (made.json()["state"], made.json()["contents"], made.json()["finished"]) == ("queued", 3, 0)
    assert work(call)
    found = call("GET", made.headers["location"]).json()
    assert (found["state"], found["finished"]) == ("done", 3)
    assert found["failed"] == {"there is no content with this id": 1}
    assert [one["content_id"] for one in call("GET", "/v1/selections").json()["items"]] == ["c1", "c2"]
    assert len(call("GET", "/v1/candidates?content_id=c1").json()["items"]) == 2
    assert not work(call)


def test_every_content_without_a_choice(call_both: Client) -> None:
    call = call_both
    stock(call.store, "c1", "c2", "c3")
    call("POST", "/v1/contents/c2/candidates", json={"styles": ["plain"]})
    call("POST", "/v1/selections/c2")
    made = call("POST", "/v1/jobs", json={"styles": ["plain"]}).json()
    assert made["contents"] == 2
    assert work(call)
    assert [one["content_id"] for one in call("GET", "/v1/selections").json()["items"]] == ["c1", "c2", "c3"]


def test_the_kinds_write_or_choose_alone(call: Client) -> None:
    stock(call.store, "c1")
    for kind, candidates, selections in (("select", 0, 0), ("generate", 1, 0), ("select", 1, 1)):
        call("POST", "/v1/jobs", json={"kind": kind, "content_ids": ["c1"], "styles": ["plain"]})
        assert work(call)
        found = [len(call("GET", f"/v1/{noun}").json()["items"]) for noun in ("candidates", "selections")]
        assert found == [candidates, selections]


def test_a_job_whose_process_died_goes_on_with_the_first_content_that_had_no_turn(store: Store) -> None:
    names = [f"c{i}" for i in range(6)]
    stock(store, *names)
    writer = Counting()
    first = make(store, generator=writer)
    job = first("POST", "/v1/jobs", json={"kind": "generate", "content_ids": names, "styles": ["plain"]}).json()
    writer.dies_at = "c3"
    worker = Dying(first.service)
    with pytest.raises(BaseException):  # noqa: B017, PT011  (of whatever kind: it stands for a kill)
        anyio.run(worker.step)
    writer.dies_at = None
    second = make(store, generator=writer)
    second.clock.move_to(first.clock.now())
    assert not work(second), "the lease of the dead worker still runs"
    assert second("GET", f"/v1/jobs/{job['job_id']}").json()["finished"] == 3
    second.clock.advance(seconds=61)
    assert work(second)
    found = second("GET", f"/v1/jobs/{job['job_id']}").json()
    assert (found["state"], found["finished"], found["failed"]) == ("done", 6, {})
    assert writer.asked == names
    assert not anyio.run(worker.step)


def test_a_worker_that_stops_gives_back_what_it_has(build: Callable[..., Client]) -> None:
    call = build()
    stock(call.store, "c1", "c2")
    job = call("POST", "/v1/jobs", json={"content_ids": ["c1", "c2"], "styles": ["plain"]}).json()

    class Stopping(Worker):
        scope: anyio.CancelScope

        async def _turn(self, job: Job, place: int, content_id: str) -> bool:
            done = await super()._turn(job, place, content_id)
            self.scope.cancel()
            return done

    async def stopped() -> None:
        worker = Stopping(call.service)
        with anyio.CancelScope() as worker.scope:
            await worker.step()

    anyio.run(stopped)
    found = call("GET", f"/v1/jobs/{job['job_id']}").json()
    assert (found["state"], found["finished"]) == ("running", 1)
    assert work(call), "no lease to wait for"
    assert call("GET", f"/v1/jobs/{job['job_id']}").json()["state"] == "done"


def test_ended_while_it_runs(build: Callable[..., Client]) -> None:
    writer = Counting()
    call = build(generator=writer)
    stock(call.store, "c1", "c2", "c3")
    job = call("POST", "/v1/jobs", json={"kind": "generate", "styles": ["plain"]}, headers={"Idempotency-Key": "j1"})
    assert call("POST", "/v1/jobs/j1/cancel").json()["state"] == "cancelled"
    assert not work(call)
    assert call("POST", "/v1/jobs/j1/cancel").status_code == 409
    assert call("POST", "/v1/jobs/j9/cancel").status_code == 404
    assert (job.json()["contents"], writer.asked) == (3, [])


def test_an_error_that_nobody_foresaw_fails_one_content(build: Callable[..., Client]) -> None:
    class Picky(FakeGenerator):
        def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
            if requests[0].content.content_id == "c1":
                raise RuntimeError("secret words")
            return super().generate(requests)

    call = build(generator=Picky())
    stock(call.store, "c1", "c2")
    job = call("POST", "/v1/jobs", json={"styles": ["plain"]}).json()
    assert work(call)
    found = call("GET", f"/v1/jobs/{job['job_id']}").json()
    assert (found["finished"], found["failed"]) == (2, {"an error that nobody foresaw: RuntimeError": 1})
    assert "secret words" not in call.log.getvalue()


def test_the_same_key_is_the_same_job(call: Client) -> None:
    stock(call.store, "c1")
    headers = {"Idempotency-Key": "j1"}
    body = {"content_ids": ["c1"], "styles": ["plain"]}
    answers = [call("POST", "/v1/jobs", json=body, headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 200]
    assert answers[0].json() == answers[1].json()
    assert call("POST", "/v1/jobs", json={**body, "seed": 1}, headers=headers).status_code == 409
    assert [one["job_id"] for one in call("GET", "/v1/jobs").json()["items"]] == ["j1"]


def test_what_cannot_be_done_is_refused_at_once(build: Callable[..., Client]) -> None:
    assert build(reward=None)("POST", "/v1/jobs", json={}).status_code == 409
    assert build(generator=None)("POST", "/v1/jobs", json={"kind": "generate"}).status_code == 409
    assert build(reward=None)("POST", "/v1/jobs", json={"kind": "generate"}).status_code == 202
    call = build(config=ServiceConfig(work=False))
    assert call("POST", "/v1/jobs", json={"content_ids": []}).status_code == 422
    assert call("GET", "/v1/jobs/j9").status_code == 404
