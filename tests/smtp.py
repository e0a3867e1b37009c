"""A real, small SMTP server for tests (RFC 5321): records what it is told, and can be slow, refuse or drop."""

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Received:
    """One message with its envelope."""

    sender: str
    recipient: str
    message: EmailMessage


@dataclass
class Mood:
    """How the server answers. ``refuse`` maps a verb to the whole answer given instead of the usual one."""

    refuse: dict[str, str] = field(default_factory=dict)
    drops_after_text: bool = False  # takes the text, keeps it, and hangs up without a word
    text_taken: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)  # cleared: it thinks after the text
    at_recipient: Callable[[], None] = lambda: None
    extensions: tuple[str, ...] = ("8BITMIME",)


class SmtpServer:
    """Listens on a free port of loopback while the ``with`` block runs."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.talks = 0
        self.mood = Mood()
        self.mood.answers.set()
        outer = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.talks += 1
                try:
                    outer._talk(self)
                except (ConnectionError, ValueError):
                    return  # the client was killed

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Talk)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=portal@example.com&tls=none"

    def __enter__(self) -> "SmtpServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.mood.answers.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _talk(self, talk: socketserver.StreamRequestHandler) -> None:
        def say(line: str) -> None:
            talk.wfile.write(f"{line}\r\n".encode())

        sender = recipient = ""
        say("220 test ESMTP")
        while line := talk.rfile.readline():
            words = line.decode().strip()
            verb = words.upper().split(":")[0].split(" ")[0]
            if verb in self.mood.refuse:
                say(self.mood.refuse[verb])
            elif verb == "EHLO":
                for one in self.mood.extensions:
                    say(f"250-{one}")
                say("250 HELP")
            elif verb == "MAIL":
                sender = words.split("<")[1].split(">")[0]
                say("250 ok")
            elif verb == "RCPT":
                self.mood.at_recipient()
                recipient = words.split("<")[1].split(">")[0]
                say("250 ok")
            elif verb == "DATA":
                say("354 go on")
                self._take_text(talk, sender, recipient)
                if self.mood.drops_after_text:
                    return
                self.mood.answers.wait(30)
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("500 what")

    def _take_text(self, talk: socketserver.StreamRequestHandler, sender: str, recipient: str) -> None:
        lines = []
        while (line := talk.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            assert line.endswith(b"\r\n") and len(line) <= 1000, line  # RFC 5321, section 4.5.3.1.6
            lines.append(line[1:] if line.startswith(b".") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        self.received.append(Received(sender, recipient, message))
        self.mood.text_taken.set()
