"""One of everything, so that requests also meet what is there."""

from tests.service.conftest import Client
from tests.store.rows import campaign

from pushgen.records import Content, Device, Event, EventKind, Push, Recipient

ID = "0"
"""What fuzzers try first."""


def furnish_all(call: Client) -> None:
    """Content, candidates, selection, review, experiment, user, device, webhook and job, all of the id `0`."""
    now = call.clock.now()
    with call.store.begin() as tx:
        tx.contents.put([Content(content_id=ID, title="A cat", caption="A cat sat on the mat in Berlin for 12 hours.")])
        tx.campaigns.put([campaign()])
        tx.pushes.add(Push(push_id=name, content_id=ID, body=f"Push {name}") for name in (ID, "1"))
        tx.recipients.put([Recipient(user_id=ID)])
        tx.devices.put([Device(device_id=ID, user_id=ID, channel="fcm", address="token", seen_at=now)])
        tx.events.add([Event(event_id=ID, kind=EventKind.IMPRESSION, at=now, user_id=ID, push_id=ID)])
    items = [{"content_id": ID, "candidate_id": ID, "body": "A cat sat in Berlin"}]
    arms = [{"push_id": ID}, {"push_id": "1"}]
    key = {"Idempotency-Key": ID}
    for method, path, body in (
        ("POST", "/v1/candidates/bulk", {"items": items}),
        ("POST", f"/v1/selections/{ID}", None),
        ("POST", f"/v1/candidates/{ID}/reviews", {"reviewer": "ann", "decision": "approve"}),
        ("PUT", f"/v1/experiments/{ID}", {"content_id": ID, "arms": arms}),
        ("POST", "/v1/jobs", {"content_ids": [ID]}),
    ):
        assert call(method, path, json=body, headers=key).status_code < 300, path
