import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.styles.chat_server import ChatServer, Reply, asked_texts

from pushgen.errors import ConfigurationError, ServiceError
from pushgen.styles import load_taxonomy, open_labeller
from pushgen.styles.chat import ChatClient, ChatConf
from pushgen.styles.language_model import LanguageModelConf, LanguageModelLabeller, parse_answer

Answer = Callable[[dict[str, Any]], str | Reply]
TEXTS = [f"Text number {number}" for number in range(25)]


def right(request: dict[str, Any]) -> str:
    """Labels a text by the last digit of its number."""
    ids = load_taxonomy().ids
    return json.dumps({number: ids[int(text[-1])] for number, text in asked_texts(request).items()})


def labeller(server: ChatServer, *, timeout: float = 10.0, **config: Any) -> LanguageModelLabeller:
    conf = ChatConf(url=server.url, model="small", key="secret-key", retries=3, backoff=0.01, timeout=timeout)
    return LanguageModelLabeller(ChatClient(conf), config=LanguageModelConf(**config))


EXPECTED = [load_taxonomy().ids[number % 10] for number in range(25)]


def test_batches_and_key_reach_the_server() -> None:
    with ChatServer(right) as server:
        labels = labeller(server, batch=10).label([*TEXTS, *TEXTS])
    assert [label.style for label in labels] == EXPECTED * 2
    assert {label.confidence for label in labels} == {1.0}
    assert sorted(len(asked_texts(request)) for request in server.requests) == [5, 10, 10]
    assert {request["path"] for request in server.requests} == {"/v1/chat/completions"}
    assert server.requests[0]["model"] == "small"
    assert server.headers[0]["Authorization"] == "Bearer secret-key"
    instruction = server.requests[0]["messages"][0]["content"]
    assert all(style in instruction for style in load_taxonomy().ids)


@pytest.mark.parametrize(
    "garbage",
    [
        "I am sorry, I cannot do that.",
        "",
        "{}",
        "[1, 2, 3]",
        '{"1": 7, "2": null, "3": ["plain"]}',
        '{"1": "sarcasm"}',
        '{"1": "plain", "2": "pl',
    ],
)
def test_garbage_for_a_batch_is_asked_again_alone(garbage: str) -> None:
    with ChatServer(lambda request: garbage if len(asked_texts(request)) > 1 else right(request)) as server:
        labels = labeller(server).label(TEXTS)
    assert [label.style for label in labels] == EXPECTED


def test_what_never_gets_an_answer_is_plain_with_confidence_zero_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stubborn(request: dict[str, Any]) -> str:
        return "no" if any(text in TEXTS[:2] for text in asked_texts(request).values()) else right(request)

    with ChatServer(stubborn) as server:
        asked = labeller(server, batch=5)
        labels = asked.label(TEXTS)
    assert [(label.style, label.confidence) for label in labels[:2]] == [("plain", 0.0)] * 2
    assert [label.style for label in labels[2:]] == EXPECTED[2:]
    assert asked.unanswered == 2
    assert "2 of 25 texts got no valid style" in capsys.readouterr().err


def failing(times: int, reply: Reply) -> Answer:
    calls: list[int] = []

    def answer(request: dict[str, Any]) -> str | Reply:
        calls.append(1)
        return reply if len(calls) <= times else right(request)

    return answer


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(500, "oops"),
        Reply(429, "slow down", headers={"Retry-After": "0"}),
        Reply(200, "<html>a proxy's page</html>"),
        Reply(200, '{"choices": []}'),
        Reply(200, "{}", delay=0.6),
        Reply(200, "{}", headers={"Content-Length": "500", "Connection": "close"}),
    ],
    ids=["500", "429", "html", "no choice", "slow", "cut off"],
)
def test_trouble_that_passes_is_tried_again(trouble: Reply) -> None:
    with ChatServer(failing(2, trouble)) as server:
        labels = labeller(server, timeout=0.3, parallel=1).label(TEXTS[:5])
    assert [label.style for label in labels] == EXPECTED[:5]
    assert len(server.requests) == 3


def test_trouble_that_stays_names_server_and_cause_and_not_the_key() -> None:
    with (
        ChatServer(lambda _: Reply(503, "busy")) as server,
        pytest.raises(ServiceError, match=r"gave no usable answer in 4 tries; the last: status 503") as caught,
    ):
        labeller(server).label(TEXTS[:1])
    assert server.url in str(caught.value)
    assert "secret-key" not in str(caught.value) + repr(ChatConf(key="secret-key"))
    assert len(server.requests) == 4


def test_a_refusal_is_not_tried_again() -> None:
    with (
        ChatServer(lambda _: Reply(401, "bad key")) as server,
        pytest.raises(ServiceError, match=r"401: 'bad key'. Check the URL, the model 'small' and OPENAI_API_KEY"),
    ):
        labeller(server).label(TEXTS[:1])
    assert len(server.requests) == 1


def test_no_server_at_all() -> None:
    with ChatServer(right) as server:
        asked = labeller(server)
    with pytest.raises(ServiceError, match="Check that the server runs"):
        asked.label(TEXTS[:1])


def test_from_a_name_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    with ChatServer(right) as server:
        assert open_labeller(f"openai:{server.url}/#large").label(["Text 2"])[0].style == "practical"
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("PUSHGEN_CHAT_MODEL", "tiny")
        assert open_labeller("openai:").label(["Text 3"])[0].style == "humour"
    assert [request["model"] for request in server.requests] == ["large", "tiny"]
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer from-environment"}


def test_missing_url_model_or_style(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("PUSHGEN_CHAT_MODEL", raising=False)
    with pytest.raises(ConfigurationError, match="needs a URL"):
        open_labeller("openai:")
    with pytest.raises(ConfigurationError, match="name the model"):
        open_labeller("openai:http://127.0.0.1:1/v1")
    with pytest.raises(ConfigurationError, match="no style 'bland'"):
        LanguageModelLabeller(
            ChatClient(ChatConf(url="http://127.0.0.1:1", model="m")), config=LanguageModelConf(fallback="bland")
        )


def test_parse_answer_reads_the_object_in_whatever_stands_around_it() -> None:
    taxonomy = load_taxonomy()
    answer = 'Sure! {broken} Here:\n```json\n{"2": " Social Proof ", "1": "PLAIN", "9": "offer"}\n```'
    assert parse_answer(answer, 3, taxonomy) == ["plain", "social_proof", None]
