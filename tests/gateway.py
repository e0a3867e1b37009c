"""A real, small SMS gateway for tests: records what it is told, and can refuse, redirect, drip or hang up."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Taken:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Mood:
    """How the gateway answers. ``answers`` cleared: it thinks; ``drips``: it sends a byte now and then, for ever."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"id": "1"}'
    hangs_up: bool = False
    drips: bool = False
    taken: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)


class SmsServer:
    """Listens on a free port of loopback while the ``with`` block runs."""

    def __init__(self) -> None:
        self.received: list[Taken] = []
        self.mood = Mood()
        self.mood.answers.set()
        outer = self

        class Talk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                try:
                    outer._talk(self)
                except ConnectionError:
                    return  # the client hung up

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                """Nothing on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    def __enter__(self) -> "SmsServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.mood.answers.set()
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _talk(self, talk: BaseHTTPRequestHandler) -> None:
        body = talk.rfile.read(int(talk.headers.get("Content-Length", 0)))
        self.received.append(Taken(talk.path, dict(talk.headers.items()), json.loads(body or b"{}")))
        self.mood.taken.set()
        self.mood.answers.wait(30)
        if self.mood.hangs_up:
            talk.close_connection = True
            return
        if self.mood.drips:
            while not self._ended.wait(0.05):
                talk.wfile.write(b"X")
            return
        talk.send_response(self.mood.status)
        for name, value in self.mood.headers.items():
            talk.send_header(name, value)
        talk.send_header("Content-Length", str(len(self.mood.body)))
        talk.end_headers()
        talk.wfile.write(self.mood.body)
