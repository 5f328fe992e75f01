"""From a review to the push that goes out: approved, edited, rejected, undone, planned, sent."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.service.conftest import Client
from tests.store.rows import campaign

from pushgen.records import Content

CAPTION = "A cat sat on the mat in Berlin for 12 hours."


@pytest.fixture
def stocked(call_both: Client) -> Client:
    call_both(
        "PUT", "/v1/contents/c1", json={"title": "A cat", "caption": CAPTION, "media": "https://cdn.example/1.jpg"}
    )
    items = [
        {"content_id": "c1", "candidate_id": name, "body": body}
        for name, body in (
            ("k1", "A cat sat in Berlin"),
            ("k2", "On the mat for 12 hours"),
            ("k3", "99 cats in Berlin"),
        )
    ]
    assert call_both("POST", "/v1/candidates/bulk", json={"items": items}).json()["new"] == 3
    return call_both


def review(call: Client, name: str, decision: str, **more: Any) -> Any:
    call.clock.advance(minutes=1)
    return call("POST", f"/v1/candidates/{name}/reviews", json={"reviewer": "ann", "decision": decision, **more})


def approved(call: Client) -> str | None:
    found = call("GET", "/v1/contents/c1/push")
    return found.json()["body"] if found.status_code == 200 else None


def test_what_was_let_last_goes_out(stocked: Client) -> None:
    call = stocked
    assert approved(call) is None
    first = review(call, "k1", "approve").json()["review"]["review_id"]
    push = call("GET", "/v1/contents/c1/push").json()
    assert (push["body"], push["media"], push["language"]) == ("A cat sat in Berlin", "https://cdn.example/1.jpg", None)
    assert call("GET", f"/v1/pushes/{push['push_id']}").json() == push
    edit = review(call, "k2", "edit", body="12 hours on the mat", title="Cat").json()["review"]["review_id"]
    assert approved(call) == "12 hours on the mat"
    assert call("DELETE", f"/v1/reviews/{edit}").status_code == 204
    assert approved(call) == "A cat sat in Berlin"
    rejected = review(call, "k1", "reject", reason="dull").json()["review"]["review_id"]
    assert approved(call) is None
    assert call("DELETE", f"/v1/reviews/{rejected}").status_code == 204
    assert call("GET", "/v1/contents/c1/push").json() == push
    assert call("DELETE", f"/v1/reviews/{first}").status_code == 204
    assert approved(call) is None
    assert len(call("GET", "/v1/pushes?content_id=c1").json()["items"]) == 2


def test_what_the_guardrails_block_cannot_be_approved(stocked: Client) -> None:
    refused = review(stocked, "k3", "approve")
    assert (refused.status_code, "edit" in refused.json()["detail"]) == (422, True)
    assert refused.json()["errors"][0]["detail"].startswith("numbers: ")
    assert stocked("GET", "/v1/reviews").json()["items"] == []
    assert review(stocked, "k3", "edit", body="12 hours in Berlin").status_code == 201
    assert approved(stocked) == "12 hours in Berlin"


def test_it_is_planned_by_its_content_and_sent(stocked: Client, database: str, tmp_path: Path) -> None:
    review(stocked, "k1", "approve")
    with stocked.store.begin() as tx:
        tx.contents.put([Content(content_id="c2", title="Nobody looked at it")])
        tx.campaigns.put([campaign()])
    push_id = stocked("GET", "/v1/contents/c1/push").json()["push_id"]
    plan, config, sink = tmp_path / "plan.csv", tmp_path / "delivery.toml", tmp_path / "sent.jsonl"
    plan.write_text(
        "user_id,campaign_id,window,channel,push_id,content_id\n"
        f"u1,news,w,sink,,c1\nu2,news,w,sink,,c2\nu3,news,w,sink,{push_id},\nu4,news,w,sink,,\n"
    )
    config.write_text(f'quiet_from = "00:00"\nquiet_to = "00:00:01"\n[channels.sink]\npath = "{sink}"\n')
    call = [sys.executable, "-m", "pushgen", "deliver", str(plan), "--config", str(config), "--database", database]
    done = subprocess.run([*call, "--until-empty", "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["planned"] == {"new": 2, "known": 0, "rejected": 2}
    sent = [json.loads(line) for line in sink.read_text().splitlines()]
    assert sorted((one["user_id"], one["body"]) for one in sent) == [
        ("u1", "A cat sat in Berlin"), ("u3", "A cat sat in Berlin"),
    ]  # fmt: skip
    import polars as pl

    rejects = pl.read_parquet(f"{plan}.rejects.parquet").sort("row")
    assert rejects.select("row", "reason").rows() == [(2, "no approved push"), (4, "neither a push nor a content")]
