"""Which click belongs to which push, by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl

from pushgen.logs.attribution import HAPPENED, SENT, Attribution, attribute

T = datetime(2026, 3, 2, 12, tzinfo=UTC)


def hours(count: float) -> datetime:
    return T + timedelta(hours=count)


SENDS = pl.DataFrame(
    [
        ("k1", "u1", "p1", "e1", hours(0)),
        ("k2", "u2", "p2", "e1", hours(0)),
        ("k3", "u1", "p1", None, hours(10)),
        ("k4", "u3", "p1", "e1", hours(0)),
    ],
    schema=SENT,
    orient="row",
)
EVENTS = pl.DataFrame(
    [
        ("click", hours(1), None, "k1", None),
        ("click", hours(2), None, "k1", None),  # repeated
        ("click", hours(25), None, "k2", None),  # too late
        ("click", hours(-1), None, "k4", None),  # before the push
        ("click", hours(11), "u1", None, "p1"),  # the later of two deliveries: k3
        ("click", hours(1), "u9", None, "p1"),  # nobody we sent to
        ("click", hours(1), None, "k9", None),  # no delivery of ours
        ("impression", hours(1), None, "k4", None),
        ("dislike", hours(24), None, "k2", None),  # the window's end is inside
        ("opt_out", hours(1), "u1", None, None),  # no count of a push
    ],
    schema=HAPPENED,
    orient="row",
)


def test_by_hand() -> None:
    found = attribute(SENDS, EVENTS, Attribution())
    rows = found.exposures.select("push_id", "experiment_id", "impressions", "clicks", "dislikes").rows()
    assert sorted(rows, key=str) == [("p1", "e1", 2, 1, 0), ("p1", None, 1, 1, 0), ("p2", "e1", 1, 0, 1)]
    assert found.events == {
        "credited": 4,
        "repeated": 1,
        "outside the window": 1,
        "before the push": 1,
        "without a delivery": 2,
    }
    assert sum(found.events.values()) == EVENTS.height - 1


def test_impressions_that_the_app_saw() -> None:
    found = attribute(SENDS, EVENTS, Attribution(impressions="seen")).exposures
    assert dict(found.group_by("push_id").agg(pl.col("impressions").sum()).rows()) == {"p1": 1, "p2": 0}


def test_no_events_at_all() -> None:
    found = attribute(SENDS, HAPPENED.to_frame(), Attribution())
    assert found.exposures["clicks"].sum() == 0
    assert found.exposures["impressions"].sum() == 4
