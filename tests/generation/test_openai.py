"""A served model, on a real server on the loopback."""

from typing import Any

import pytest
from tests.styles.chat_server import ChatServer, Reply

from pushgen.generation.openai import OpenAIConfig, OpenAIGenerator
from pushgen.generation.reply import read_reply
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.styles.chat import ChatConf

REQUESTS = [
    GenerationRequest(content=Content(content_id=f"c{n}", caption=f"Bridge {n} opened."), style="plain")
    for n in range(12)
]


def generator(url: str, *, retries: int = 2, timeout: float = 5.0, **config: Any) -> OpenAIGenerator:
    chat = ChatConf(url=url, model="small", key="k", retries=retries, backoff=0.01, timeout=timeout)
    return OpenAIGenerator(chat, OpenAIConfig(**config))


def number(request: dict[str, Any]) -> str:
    return request["messages"][-1]["content"].split("Bridge ")[1].split(" ")[0]


def test_one_text_per_request_in_order() -> None:
    with ChatServer(lambda request: f'Push: "Bridge {number(request)} is open"\n\nHope it helps!') as server:
        outcomes = generator(server.url, temperature=0.3, max_tokens=50).generate(REQUESTS)
    assert [o.text for o in outcomes if isinstance(o, Candidate)] == [f"Bridge {n} is open" for n in range(12)]
    assert {(r["temperature"], r["max_tokens"]) for r in server.requests} == {(0.3, 50)}


def test_bad_answers_are_counted_and_the_batch_goes_on() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        return {
            "0": Reply(body="<html>not json"),
            "1": Reply(status=500),
            "2": "   ",
            "3": "word " * 400,
            "4": Reply(status=400, body="no such model"),
        }.get(number(request), "A bridge is open")

    with ChatServer(answer) as server:
        outcomes = generator(server.url).generate(REQUESTS)
    reasons = [o.reason if isinstance(o, GenerationFailure) else "" for o in outcomes]
    lost = "no usable answer from the server"
    assert reasons == [lost, lost, "empty answer", "answer too long", lost, *[""] * 7]


def test_slow_server_fails_its_request_only() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        return Reply(body="{}", delay=1.0) if number(request) == "5" else "A bridge is open"

    with ChatServer(answer) as server:
        outcomes = generator(server.url, retries=0, timeout=0.4).generate(REQUESTS)
    assert [isinstance(o, GenerationFailure) for o in outcomes] == [n == 5 for n in range(12)]


def test_server_that_is_down_is_given_up() -> None:
    with ChatServer(lambda _: "x") as server:
        url = server.url
    outcomes = generator(url, retries=0, give_up=3, concurrency=1).generate(REQUESTS)
    reasons = [o.reason for o in outcomes if isinstance(o, GenerationFailure)]
    assert reasons == ["no usable answer from the server"] * 3 + ["server not reachable"] * 9


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("“Bridge open”", "Bridge open"),
        ("<think>hm, short</think>\nNotification: Bridge open", "Bridge open"),
        ('He said "go" and "stay"', 'He said "go" and "stay"'),
        ("推送：大桥开通", "大桥开通"),
        ("**Bridge open**", "Bridge open"),
        ("...\n- - -", None),
    ],
)
def test_reply_is_read(answer: str, text: str | None) -> None:
    assert read_reply(answer, 110)[0] == text
