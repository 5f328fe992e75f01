"""The demo: everything is there after a few seconds, and a second start leaves it as it is."""

import io
from pathlib import Path

from tests.service.conftest import Client

from pushgen.fakes import FakeClock
from pushgen.selection import SelectionConfig
from pushgen.service.app import create_app
from pushgen.service.demo.experiment import EXPERIMENT, READERS
from pushgen.service.demo.furnishing import CONTENTS, REVIEWED
from pushgen.service.demo.opening import open_demo
from pushgen.service.settings import ServiceConfig


def start(url: str) -> Client:
    service, key = open_demo(url, config=ServiceConfig(), selection=SelectionConfig(), log=io.StringIO())
    return Client(create_app(service), service, key, io.StringIO(), FakeClock())


def test_a_newcomer_finds_one_of_everything(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/demo.db"
    call = start(url)
    assert len(call("GET", "/v1/contents").json()["items"]) == CONTENTS
    assert len(call("GET", "/v1/selections").json()["items"]) == CONTENTS
    assert CONTENTS - REVIEWED <= len(call("GET", "/v1/reviews/queue").json()["items"]) <= CONTENTS - REVIEWED + 1
    decisions = {one["decision"] for one in call("GET", "/v1/reviews").json()["items"]}
    assert decisions == {"approve", "reject"}
    found = call("GET", f"/v1/experiments/{EXPERIMENT}/analysis").json()
    assert sum(arm["impressions"] for arm in found["arms"]) == READERS
    assert {check["state"] for check in found["checks"]} == {"ok"}
    assert found["comparisons"][0]["lift"] > 0
    with call.store.read() as tx:
        tally = {(state, reason) for _, state, reason, _ in tx.deliveries.tally()}
        counts = [repository.count() for repository in (tx.candidates, tx.deliveries, tx.reviews)]
    assert {("accepted", None), ("dropped", "not wanted")} <= tally
    call.store.close()
    again = start(url)
    with again.store.read() as tx:
        assert [repository.count() for repository in (tx.candidates, tx.deliveries, tx.reviews)] == counts
    assert again("POST", "/v1/selections/n00009").status_code == 200
    again.store.close()
