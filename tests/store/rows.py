"""Records for tests of the store and the delivery."""

from datetime import UTC, datetime, timedelta

from pushgen.records import Campaign, Candidate, Content, Push
from pushgen.store import Store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def candidate(name: str, content_id: str = "c1") -> Candidate:
    return Candidate(
        candidate_id=name, content_id=content_id, body="Body", style="plain", generator="fake", seed=1, prompt_hash="h"
    )


def campaign(name: str = "news", **changes: object) -> Campaign:
    return Campaign(**{"campaign_id": name, "topic": name, **changes})  # type: ignore[arg-type]


def furnish(store: Store) -> None:
    """A content, a push and a campaign to send with."""
    with store.begin() as tx:
        tx.contents.put([Content(content_id="c1", title="Title", caption="Caption")])
        tx.pushes.add([Push(push_id="p1", content_id="c1", title="Hello", body="News for {first_name|you}")])
        tx.campaigns.put([campaign()])
