"""Events on both databases: each once, opt-outs, rows that cannot be used."""

from datetime import timedelta
from typing import Any

from tests.service.conftest import Client
from tests.store.rows import furnish

from pushgen.records import Delivery, EventKind, Preference

AT = "2026-01-01T11:00:00Z"


def event(name: str | None, **changes: Any) -> dict[str, Any]:
    given = {"event_id": name, "kind": "click", "at": AT, "user_id": "u1", "push_id": "p1", **changes}
    return {key: value for key, value in given.items() if value is not None}


def test_an_event_counts_once(call_both: Client) -> None:
    call = call_both
    for status, counts in ((201, (1, 0)), (200, (0, 1))):
        done = call("POST", "/v1/events", json=event("e1"))
        assert (done.status_code, (done.json()["new"], done.json()["known"])) == (status, counts)
    other = call("POST", "/v1/events", json=event("e1", kind="dislike"))
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/event_id")
    with call.store.read() as tx:
        assert [one.kind for one in tx.events.page()] == [EventKind.CLICK]


def test_bulk_keeps_good_rows_and_names_the_others(call_both: Client) -> None:
    call = call_both
    rows: list[Any] = [
        event("e1"),
        event("e1"),
        event("e2", kind="bought"),
        event(None),
        event("e3", at="2026-01-01T14:00:00Z"),
        event("e4", kind="opt_out", user_id=None),
        event("e5", at="2026-01-01T11:00:00"),
        event("e6", user_id=None, push_id=None),
        "nonsense",
        event("e1", kind="impression"),
        event("e7", kind="impression", at="2026-01-01T12:59:00+01:00"),
    ]
    done = call("POST", "/v1/events/bulk", json={"items": rows}).json()
    assert (done["new"], done["known"]) == (2, 1)
    found = {row["index"]: row["errors"][0]["pointer"] for row in done["rejected"]}
    assert found == {
        2: "/kind", 3: "/event_id", 4: "/at", 5: "/user_id", 6: "/at", 7: "", 8: "", 9: "/event_id",
    }  # fmt: skip
    with call.store.read() as tx:
        assert [one.event_id for one in tx.events.page()] == ["e1", "e7"]


def test_a_bulk_request_that_is_sent_again_under_its_key_counts_once(call_both: Client) -> None:
    body = {"items": [event(None), event(None, kind="impression")]}
    for new in (2, 0):
        done = call_both("POST", "/v1/events/bulk", json=body, headers={"Idempotency-Key": "batch-1"}).json()
        assert (done["new"], done["known"], done["rejected"]) == (new, 2 - new, [])
    other = call_both("POST", "/v1/events/bulk", json=body, headers={"Idempotency-Key": "batch-2"}).json()
    assert other["new"] == 2


def test_an_opt_out_changes_the_preference(call_both: Client) -> None:
    call = call_both
    done = call("POST", "/v1/events", json=event("o1", kind="opt_out", topic="news")).json()
    assert done["opted_out"] == 1
    again = call("POST", "/v1/events", json=event("o1", kind="opt_out", topic="news")).json()
    assert again["opted_out"] == 0
    call("POST", "/v1/events", json=event("o2", kind="opt_out"))
    found = call("GET", "/v1/users/u1/preferences").json()["items"]
    assert {(row["topic"], row["wanted"]) for row in found} == {("news", False), ("*", False)}


def test_an_opt_out_that_is_reported_late_takes_nothing_back(call_both: Client) -> None:
    call = call_both
    assert call("PUT", "/v1/users/u1/preferences/news", json={"wanted": True}).status_code == 200
    late = event("o1", kind="opt_out", topic="news", at="2026-01-01T11:59:00Z")
    later = event("o2", kind="opt_out", topic="news", at="2026-01-01T12:01:00Z")
    assert call("POST", "/v1/events", json=late).json()["opted_out"] == 0
    assert call("GET", "/v1/users/u1/preferences").json()["items"][0]["wanted"] is True
    assert call("POST", "/v1/events", json=later).json()["opted_out"] == 1
    assert call("GET", "/v1/users/u1/preferences").json()["items"][0]["wanted"] is False


def test_an_opt_out_finds_its_user_by_the_delivery(call_both: Client) -> None:
    call, now = call_both, call_both.clock.now()
    furnish(call.store)
    delivery = Delivery(
        key="k1", user_id="u9", campaign_id="news", window="w", push_id="p1", channel="sink", due_at=now, planned_at=now
    )
    with call.store.begin() as tx:
        tx.deliveries.add([delivery])
    call("POST", "/v1/events", json=event("o1", kind="opt_out", user_id=None, key="k1"))
    with call.store.read() as tx:
        assert tx.preferences.get("u9", "*") == Preference(
            user_id="u9", topic="*", wanted=False, changed_at=now - timedelta(hours=1)
        )


def test_erasure_leaves_no_row_that_names_the_user(call_both: Client) -> None:
    call = call_both
    call("PUT", "/v1/users/u-gone", json={"fields": {"first_name": "Quirin"}})
    call("PUT", "/v1/devices/d", json={"user_id": "u-gone", "channel": "fcm", "address": "t"})
    call("POST", "/v1/events", json=event("u-gone:1", kind="opt_out", user_id="u-gone"))
    erased = call("DELETE", "/v1/users/u-gone").json()["rows"]
    assert {name: erased[name] for name in ("recipients", "devices", "preferences", "events")} == {
        "recipients": 1, "devices": 1, "preferences": 1, "events": 1,
    }  # fmt: skip
    assert call("GET", "/v1/users/u-gone").status_code == 404
    from sqlalchemy import select

    from pushgen.store.schema import metadata

    with call.store.read() as tx:
        everything = str([tx.connection.execute(select(table)).all() for table in metadata.sorted_tables])
        assert [one.action for one in tx.audit.of("user", "erased")] == ["erase"]
        assert tx.events.count() == 1
    assert "u-gone" not in everything
    assert "Quirin" not in everything
