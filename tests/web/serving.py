"""``portal serve`` as an operator starts it: a process group of its own, output read line by line."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.servers import ROOT, free_port

PATIENCE = 60  # seconds until a process that hangs fails its test


def environ(data_dir: Path, **settings: str) -> dict[str, str]:
    """An environment with these settings alone."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {**own, "PORTAL_DATA_DIR": str(data_dir), "PORTAL_BIND": f"127.0.0.1:{free_port()}", **settings}


def run_portal(*arguments: str, env: dict[str, str], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    command = [sys.executable, "-m", "portal", *arguments]
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False)


class Serving:
    """A started portal. Leaving the block ends whatever is left of it."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self.url = f"http://{env['PORTAL_BIND']}"
        self.port = int(self.url.rpartition(":")[2])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal", "serve", *arguments],
            env=env,
            cwd=ROOT,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Serving":
        self.greeting = self.await_line(self.process.stdout, "answers at")
        return self

    def __exit__(self, *_fault: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)

    def await_line(self, stream, words: str) -> str:
        """The first line that holds the words; everything before it is kept out of the way."""
        for line in stream:
            if words in line:
                return line
        raise AssertionError(f"the output ended without {words!r}: {self.process.stderr.read()}")

    def get(self, path: str) -> int:
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return answer.status

    def children(self) -> dict[str, int]:
        """Process ids by role: web and worker. The worker comes a moment after the first answer."""
        for _ in range(1_000):
            pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in pids}
            roles = {"gunicorn": "web", "worker": "worker"}
            found = {role: pid for word, role in roles.items() for pid, line in lines.items() if word in line}
            if len(found) == 2:
                return found
            self.get("/healthz")
        raise AssertionError(f"only these run: {found}")

    def interrupt_group(self) -> tuple[str, str]:
        """Ctrl-C in a terminal; returns what else was printed. Ends only when no child holds the output open."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.communicate(timeout=PATIENCE)
