"""Runs the portal: the web server and the worker as two child processes, ended together.

The port is taken here, before anything else happens, and handed to the web server as an open socket: whoever else has
it is named at once, and whoever connects during the start is answered when it is done.
"""

import ctypes
import http.client
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

import click

from portal.config import ROOT, Settings
from portal.errors import SettingError

WEB_WORKERS = 2
WEB_THREADS = 8
BACKLOG = 2048
GRACE_SECONDS = 30  # for requests under way; the supervisor waits a little longer before it ends a child the hard way
RESTART_SECONDS = 1  # between starts of a worker that keeps dying

_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ANSWERED = signal.SIGUSR1  # sent by the thread that waits for the first answer
_SIGNALS = (*_END, _ANSWERED, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1  # prctl(2)


def take_port(bind: tuple[str, int]) -> socket.socket:
    """A listening socket. Raises SettingError, naming PORTAL_BIND, when the address cannot be had."""
    host, port = bind
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as fault:
        raise SettingError(f"PORTAL_BIND names {host}:{port}, which cannot be had ({fault.strerror}).") from None
    return listener


def lan_settings(settings: Settings) -> Settings:
    """The settings for a room with phones in it: all addresses, and this machine's LAN address as public URL."""
    port = settings.bind[1]
    # Connecting a datagram socket only asks the routing table; nothing is sent (192.0.2.0/24: RFC 5737).
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            raise SettingError("--lan needs a network, and this machine is on none.") from None
    return replace(settings, bind=("0.0.0.0", port), public_url=f"http://{address}:{port}")  # noqa: S104  asked for


def is_public(bind: tuple[str, int]) -> bool:
    """Whether others than this machine can reach the address."""
    try:
        return not ipaddress.ip_address(bind[0]).is_loopback
    except ValueError:
        return bind[0] != "localhost"


def run(settings: Settings, listener: socket.socket, announce: Callable[[], None]) -> int:
    """Serves until a signal ends it (0), or until the web server dies (1). Calls ``announce`` at the first answer."""
    # Blocked in every thread and taken one by one below, so that none is lost between two checks.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    children = {"web": start_web(settings, listener)}
    listener.close()
    threading.Thread(target=_await_answer, args=(settings.bind,), daemon=True).start()
    try:
        while True:
            number = signal.sigwait(_SIGNALS)
            if number in _END:
                return 0
            if number == _ANSWERED:
                announce()
                children["worker"] = start_worker(settings)  # only now: the first answer has the machine for itself
            if children["web"].poll() is not None:
                click.echo("The web server has ended; the worker is ended too.", err=True)
                return 1
            if "worker" in children and children["worker"].poll() is not None:
                click.echo("The worker has ended and is started again.", err=True)
                if signal.sigtimedwait(_END, RESTART_SECONDS) is not None:
                    return 0
                children["worker"] = start_worker(settings)
    finally:
        end(*children.values())


def start_web(settings: Settings, listener: socket.socket) -> subprocess.Popen[bytes]:
    """gunicorn on the open socket; the limits are those of facts: security, last paragraph."""
    number = listener.fileno()
    options = {
        "bind": f"fd://{number}",
        "worker-class": "gthread",
        "workers": WEB_WORKERS,
        "threads": WEB_THREADS,
        "graceful-timeout": GRACE_SECONDS,
        "keep-alive": 5,
        "limit-request-line": 4094,
        "max-requests": 10_000,
        "max-requests-jitter": 1_000,
        "forwarded-allow-ips": "",  # TrustedProxies alone decides whom to believe
        "log-level": "warning",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "gunicorn", *flags, "--preload", "--no-control-socket", "wsgi:app"]
    return _start(command, settings, keep_open=(number,))


def start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    return _start([sys.executable, "-m", "portal", "worker"], settings)


def end(*children: subprocess.Popen[bytes]) -> None:
    """Asks all to end, then waits for each."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(GRACE_SECONDS + 5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _start(command: list[str], settings: Settings, keep_open: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in the terminal reaches only the supervisor, which then ends both in order.
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **settings.as_environ()},
        pass_fds=keep_open,
        start_new_session=True,
        preexec_fn=_before_exec,  # noqa: PLW1509  the only other thread of this process waits for one answer
    )


_libc = ctypes.CDLL(None)


def _before_exec() -> None:
    """In the child: signals flow again, and it ends when the supervisor is killed (Linux).

    They end it at once until it has its own handlers: a Ctrl-C that came during the fork is no fault of Python's.
    """
    for number in _END:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _await_answer(bind: tuple[str, int]) -> None:
    """One request: the open socket holds it until the web server takes it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind[0], bind[0])  # noqa: S104  compared, not listened on
    connection = http.client.HTTPConnection(host, bind[1])
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
        os.kill(os.getpid(), _ANSWERED)
    except OSError:
        return  # the web server died: the supervisor says so
    finally:
        connection.close()
