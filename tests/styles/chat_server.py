"""A real HTTP server on the loopback that speaks the OpenAI chat protocol; the test decides what it answers."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Reply:
    """An answer other than a good completion."""

    def __init__(self, status: int = 200, body: str = "", *, delay: float = 0.0, headers: dict[str, str] | None = None):
        self.status, self.body, self.delay, self.headers = status, body, delay, headers or {}


class ChatServer:
    """`answer` gets the request's JSON and returns the completion's text, or a `Reply`. Requests are kept."""

    def __init__(self, answer: Callable[[dict[str, Any]], str | Reply]) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append({**request, "path": self.path})
                outer.headers.append(dict(self.headers))
                reply = answer(request)
                if isinstance(reply, str):
                    body = {"object": "chat.completion", "choices": [{"message": {"content": reply}}]}
                    reply = Reply(body=json.dumps(body))
                time.sleep(reply.delay)
                data = reply.body.encode()
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(data)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that gave up waiting is part of the tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def asked_texts(request: dict[str, Any]) -> dict[str, str]:
    """The numbered texts in a labelling request."""
    return json.loads(request["messages"][-1]["content"])
