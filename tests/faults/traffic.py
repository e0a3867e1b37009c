"""People at work while something fails: signed-in members create records over HTTP and remember what was confirmed."""

import http.client
import queue
import re
import threading
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.client import PASSWORD

PATIENCE = 60  # seconds


class Member:
    """A signed-in browser of its own. Connections are not kept: each request meets the server as it is."""

    def __init__(self, port: int, email: str = "ada@example.com") -> None:
        self.port = port
        self.cookies = SimpleCookie()
        self.token = self._read_token("/sign-in")
        status, _ = self.ask("POST", "/sign-in", {"email": email, "password": PASSWORD, "csrf_token": self.token})
        assert status == 303
        self.token = self._read_token("/admin/records/new?kind=vehicle")

    def _read_token(self, path: str) -> str:
        _, page = self.ask("GET", path)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page[:500]
        return found[1]

    def cookie(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and page. Raises OSError or HTTPException when the server went away."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {"Cookie": self.cookie()}
            if form is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, urlencode(form) if form is not None else None, headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                self.cookies.load(cookie)
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def create(self, name: str) -> tuple[int, str]:
        """Creates a vehicle; 303 says that it is kept."""
        form = {"kind": "vehicle", "name": name, "form_key": name, "csrf_token": self.token}
        return self.ask("POST", "/admin/records/new", form)


class Traffic:
    """``count`` members who create records one after the other, until the block ends."""

    def __init__(self, port: int, count: int = 4) -> None:
        self.confirmed: list[str] = []
        self.failed: list[str] = []  # answered with something else, or not at all: kept or not kept
        self.news: queue.Queue[str] = queue.Queue()  # "confirmed" or what went wrong, in order
        self._stop = threading.Event()
        first = Member(port)
        self._threads = [threading.Thread(target=self._work, args=(first, number)) for number in range(count)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def await_confirmed(self, count: int) -> None:
        """Returns when so many more records were confirmed."""
        while count:
            count -= self.news.get(timeout=PATIENCE) == "confirmed"

    def _work(self, member: Member, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            name = f"Truck {number}-{turn}"
            try:
                status, _ = member.create(name)
            except (OSError, http.client.HTTPException) as fault:
                status = type(fault).__name__
            if status == 303:
                self.confirmed.append(name)
                self.news.put("confirmed")
            else:
                self.failed.append(name)
                self.news.put(str(status))
                self._stop.wait(0.05)  # a server that is away refuses at once: do not flood it
