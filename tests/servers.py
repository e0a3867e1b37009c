"""Real servers for tests: a PostgreSQL cluster of our own and the portal under gunicorn. Loopback only, ended by id."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; there its own user runs it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _postgres_bin(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    assert path, f"{name} is missing: install PostgreSQL (script/test names the packages)"
    return path


class Postgres:
    """A throwaway cluster on a free port, without durability unless ``changed`` settings say otherwise."""

    def __init__(self, **changed: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        data = str(self.folder / "data")
        subprocess.run(
            _as_postgres(
                [
                    _postgres_bin("initdb"),
                    "-D",
                    data,
                    "-U",
                    "portal",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "-N",
                ]
            ),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
        } | changed
        options = " ".join([f"-p {self.port}", *(f"-c {name}={value}" for name, value in settings.items())])
        self.control = [_postgres_bin("pg_ctl"), "-D", data, "-w"]
        self.starting = ["-o", options, "-l", f"{data}/log", "start"]
        self.start()

    def start(self) -> None:
        subprocess.run(
            _as_postgres([*self.control, *self.starting]),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://portal@127.0.0.1:{self.port}"

    def halt(self) -> None:
        """Ends it without a farewell to anybody; ``start`` brings it back."""
        subprocess.run(
            _as_postgres([*self.control, "-m", "immediate", "stop"]), check=False, stdout=subprocess.DEVNULL, cwd="/"
        )

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)


class LivePortal:
    """The portal under a real gunicorn, as an operator runs it: ``url`` answers when the constructor returns.

    ``within``: a command that prepares a place and becomes the one behind it.
    """

    def __init__(
        self,
        environ: dict[str, str],
        workers: int = 2,
        threads: int = 8,
        *,
        within: tuple[str, ...] = (),
        output: int | None = None,
    ) -> None:
        self.workers = workers
        self.port = int(environ["PORTAL_BIND"].rpartition(":")[2])
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [
                *within,
                sys.executable,
                "-m",
                "gunicorn",
                "-k",
                "gthread",
                "--workers",
                str(workers),
                "--threads",
                str(threads),
                "--bind",
                environ["PORTAL_BIND"],
                "--preload",
                "--no-control-socket",
                "--log-level",
                "warning",
                "wsgi:app",
            ],
            cwd=ROOT,
            env={**os.environ, **environ},
            start_new_session=True,
            stdout=output,
            stderr=output,
        )
        self._await()

    def _await(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, "gunicorn ended at its start"
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).read()
                wait_until(lambda: len(self.web_processes()) == self.workers)  # the others are forked a little later
                return
            except OSError:  # not yet listening, or too busy starting to answer in time
                self.process.poll()
                _wait_a_little()
        raise AssertionError("gunicorn never answered")

    def web_processes(self) -> list[int]:
        """The process ids of its web processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self) -> None:
        """Ends it. A web process that was forked this moment takes a signal for its master's, so it is told again."""
        for _ in range(60):
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=1)
                return
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError("gunicorn never ended")


def wait_until(holds: Callable[[], bool]) -> None:
    """Asks every 50 ms, for a minute at most: a busy machine starts two processes in that. Raises AssertionError."""
    for _ in range(1200):
        if holds():
            return
        _wait_a_little()
    raise AssertionError("what was waited for never came")


def _wait_a_little() -> None:
    """Blocks 50 ms on a socket nobody writes to: polling a foreign process has no event to wait for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as quiet:
        quiet.bind(("127.0.0.1", 0))
        quiet.settimeout(0.05)
        try:
            quiet.recv(1)
        except TimeoutError:
            return
