"""A served model, on a real server on the loopback that does what the test says."""

import json
import threading
import time
from typing import Any

import pytest
from tests.styles.chat_server import ChatServer, Reply

from pushgen.errors import ConfigurationError
from pushgen.generation.openai import SCHEMA, OpenAIConfig, OpenAIGenerator
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.styles.chat import ChatConf
from pushgen.styles.usage import Prices, told

REQUESTS = [
    GenerationRequest(content=Content(content_id=f"c{n}", caption=f"Bridge {n} opened."), style="plain")
    for n in range(12)
]


def generator(url: str, *, retries: int = 2, timeout: float = 5.0, **config: Any) -> OpenAIGenerator:
    chat = ChatConf(url=url, model="small", key="k", retries=retries, backoff=0.01, timeout=timeout)
    return OpenAIGenerator(chat, OpenAIConfig(**config))


def number(request: dict[str, Any]) -> str:
    return request["messages"][1]["content"].split("Bridge ")[1].split(" ")[0]


def outcomes_of(outcomes: list[Candidate | GenerationFailure]) -> list[str]:
    return [o.text if isinstance(o, Candidate) else f"- {o.reason}" for o in outcomes]


def completion(text: str, prompt: int = 0, tokens: int = 0, finish: str = "stop") -> Reply:
    choice = {"message": {"content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": prompt, "completion_tokens": tokens}
    return Reply(body=json.dumps({"choices": [choice], "usage": usage}))


def test_one_text_per_request_in_order_and_every_parameter_sent() -> None:
    with ChatServer(lambda request: f'Push: "Bridge {number(request)} is open"\n\nHope it helps!') as server:
        outcomes = generator(server.url, temperature=0.3, max_tokens=50, top_p=0.7).generate(REQUESTS)
    assert outcomes_of(outcomes) == [f"Bridge {n} is open" for n in range(12)]
    assert {(r["temperature"], r["max_tokens"], r["top_p"], r["n"]) for r in server.requests} == {(0.3, 50, 0.7, 1)}
    assert len({r["seed"] for r in server.requests}) == 12


def test_bad_answers_are_counted_and_the_batch_goes_on() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        return {
            "0": Reply(body="<html>not json"),
            "1": Reply(status=500),
            "2": "   ",
            "3": "word " * 400,
            "4": Reply(status=403, body="not yours"),
            "5": '{"push": "Bridge 5 is op',
            "6": '{"text": "Bridge"}',
            "7": completion("Bridge 7 is the long", finish="length"),
            "8": Reply(body="x" * (5 << 20)),
        }.get(number(request), "A bridge is open")

    with ChatServer(answer) as server:
        outcomes = generator(server.url).generate(REQUESTS)
    assert outcomes_of(outcomes) == [
        "- garbage from the server",
        "- server error",
        "- empty answer",
        "- answer too long",
        "- request refused (403)",
        "- half-written answer",
        "- answer without a push",
        "- half-written answer",
        "- garbage from the server",
        *["A bridge is open"] * 3,
    ]


def test_a_server_with_schemas_is_asked_for_one() -> None:
    with ChatServer(lambda request: json.dumps({"push": f"Bridge {number(request)}"})) as server:
        outcomes = generator(server.url).generate(REQUESTS)
    assert outcomes_of(outcomes) == [f"Bridge {n}" for n in range(12)]
    assert all(request["response_format"] == SCHEMA for request in server.requests)


def test_a_server_without_schemas_is_asked_in_words() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        return Reply(400, "unknown field response_format") if "response_format" in request else "A bridge is open"

    with ChatServer(answer) as server:
        asked = generator(server.url, concurrency=1)
        assert outcomes_of(asked.generate(REQUESTS)) == ["A bridge is open"] * 12
        assert sum("response_format" in request for request in server.requests) == 1
        assert len(server.requests) == 13
        strict = generator(server.url, schema="yes").generate(REQUESTS[:1])
    assert outcomes_of(strict) == ["- request refused (400)"]


def test_a_bad_answer_is_mended_by_a_second_question() -> None:
    def answer(request: dict[str, Any]) -> str:
        return '{"push": "Bridge op' if len(request["messages"]) == 2 else '{"push": "Bridge open"}'

    with ChatServer(answer) as server:
        assert outcomes_of(generator(server.url).generate(REQUESTS[:2])) == ["Bridge open"] * 2
        assert outcomes_of(generator(server.url, repairs=0).generate(REQUESTS[:1])) == ["- half-written answer"]
    second = next(request for request in server.requests if len(request["messages"]) == 4)
    assert "half-written answer" in second["messages"][-1]["content"]


def test_tokens_and_cost_are_added_up_from_every_answer() -> None:
    def answer(request: dict[str, Any]) -> Reply:
        return completion("..." if number(request) == "3" else "A bridge is open", 100, 10)

    with ChatServer(answer) as server:
        asked = generator(server.url, prices=Prices(prompt=2.0, completion=10.0))
        accepted = sum(isinstance(o, Candidate) for o in asked.generate(REQUESTS))
    usage = asked.usage
    assert accepted == 11
    assert (usage.answers, usage.prompt_tokens, usage.completion_tokens, usage.unmetered) == (13, 1300, 130, 0)
    assert usage.cost == pytest.approx((1300 * 2 + 130 * 10) / 1e6)
    assert usage.per(accepted) == {"tokens_per_accepted": 1430 / 11, "cost_per_accepted": pytest.approx(0.0039 / 11)}
    assert usage.per(0) == {"tokens_per_accepted": None, "cost_per_accepted": None}
    assert "130 tokens per accepted push" in told(usage, accepted)
    with pytest.raises(ConfigurationError, match="both"):
        Prices(prompt=1.0)


def test_answers_without_a_count_are_counted_as_such() -> None:
    with ChatServer(lambda _: "A bridge is open") as server:
        asked = generator(server.url)
        asked.generate(REQUESTS)
    assert (asked.usage.unmetered, asked.usage.cost) == (12, None)


def test_as_many_requests_are_under_way_as_allowed() -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def answer(_: dict[str, Any]) -> str:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with lock:
            running[0] -= 1
        return "A bridge is open"

    with ChatServer(answer) as server:
        generator(server.url, concurrency=4).generate(REQUESTS)
    assert most[0] == 4


def test_the_rate_limit_is_kept() -> None:
    times: list[float] = []

    def answer(_: dict[str, Any]) -> str:
        times.append(time.monotonic())
        return "A bridge is open"

    with ChatServer(answer) as server:
        config = OpenAIConfig(requests_per_minute=1200)
        asked = OpenAIGenerator(config.chat(f"{server.url}#small"), config)
        began = time.monotonic()
        asked.generate(REQUESTS)
    assert max(times) - began >= 0.05 * 11


def test_slow_server_fails_its_request_only() -> None:
    def answer(request: dict[str, Any]) -> str | Reply:
        return Reply(body="{}", delay=1.5) if number(request) == "5" else "A bridge is open"

    with ChatServer(answer) as server:
        outcomes = generator(server.url, retries=0, timeout=0.8).generate(REQUESTS)
    assert [o.reason for o in outcomes if isinstance(o, GenerationFailure)] == ["server too slow"]
    assert isinstance(outcomes[5], GenerationFailure)


def test_a_server_that_goes_down_is_given_up_and_asked_again_in_the_next_batch() -> None:
    down = [False]

    def answer(_: dict[str, Any]) -> str | Reply:
        return Reply(503) if down[0] else "A bridge is open"

    with ChatServer(answer) as server:
        asked = generator(server.url, retries=0, give_up=3, concurrency=1)
        assert outcomes_of(asked.generate(REQUESTS)) == ["A bridge is open"] * 12
        down[0] = True
        assert outcomes_of(asked.generate(REQUESTS)) == ["- server error"] * 3 + ["- server not reachable"] * 9
        down[0] = False
        assert outcomes_of(asked.generate(REQUESTS[:2])) == ["A bridge is open"] * 2
        url = server.url
    outcomes = generator(url, retries=0, give_up=3, concurrency=1).generate(REQUESTS)
    assert outcomes_of(outcomes) == ["- server down"] * 3 + ["- server not reachable"] * 9
