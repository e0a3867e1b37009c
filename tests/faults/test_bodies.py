"""Odd and huge bodies against a real server: each is refused for what it is, and the memory stays flat."""

import socket
from pathlib import Path

import pytest

from tests.factories.people import make_account
from tests.factories.things import make_record, scan_path

MEGABYTE = 1_000_000
PATIENCE = 30  # seconds
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


@pytest.fixture
def path(live_app) -> str:
    with live_app.app_context():
        return scan_path(make_record(make_account()))


def send(live, path: str, content_type: str, body, *, length: int | None = None, chunked: bool = False) -> int:
    """The status of a POST whose body is given in pieces. A server may answer and hang up before it has everything."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nConnection: close\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n" if chunked else f"Content-Length: {length}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE) as connection:
        answer = b""
        try:
            connection.sendall(head.encode())
            for piece in body:
                connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if chunked else piece)
            connection.sendall(b"0\r\n\r\n" if chunked else b"")
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer may be here all the same
        try:
            while piece := connection.recv(65_536):
                answer += piece
        except ConnectionResetError:
            pass
    return int(answer.split()[1]) if answer else 0


def pieces(megabytes: int):
    return (b"a" * MEGABYTE for _ in range(megabytes))


def field(name: str, content: bytes) -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"


def memory(live) -> int:
    """Resident bytes of all web processes that stand behind no file (proc(5), RssAnon)."""
    states = [Path(f"/proc/{pid}/status").read_text() for pid in live.web_processes()]
    return sum(int(state.partition("RssAnon:")[2].split()[0]) * 1024 for state in states)


def test_huge_bodies_are_refused_and_cost_no_memory(live, path, capsys) -> None:
    assert send(live, path, URLENCODED, [b"passcode=0000"], length=13) == 403
    before = memory(live)
    for address in (path, "/sign-in", "/admin/records/new", "/nowhere"):
        for content_type in (URLENCODED, MULTIPART, "text/plain"):
            assert send(live, address, content_type, pieces(2), length=30 * MEGABYTE) in (413, 404), address
    grown = memory(live) - before
    with capsys.disabled():
        print(f"\nhuge bodies: web processes grew by {grown / MEGABYTE:.1f} MB")
    assert grown < 20 * MEGABYTE


@pytest.mark.parametrize("size", [65_000, 600_000, 5 * MEGABYTE])
def test_a_large_field_at_the_gate(live, path, size: int) -> None:
    body = b"passcode=" + b"1" * size
    assert send(live, path, URLENCODED, [body], length=len(body)) == 413
    form = field("passcode", b"1" * size) + b"--b--\r\n"
    assert send(live, path, MULTIPART, [form], length=len(form)) == 413


def test_chunks_without_a_length_are_counted(live, path) -> None:
    assert send(live, path, URLENCODED, [b"passcode=", b"0000"], chunked=True) == 403
    assert send(live, path, URLENCODED, pieces(3), chunked=True) == 413


def test_1500_parts(live, path) -> None:
    form = b"".join(field(f"f{number}", b"1") for number in range(1_500)) + b"--b--\r\n"
    assert send(live, f"{path}/message", MULTIPART, [form], length=len(form)) == 413


def test_lengths_that_lie(live, path) -> None:
    body = b"passcode=0000"
    assert send(live, path, URLENCODED, [body], length=-5) == 400
    assert send(live, path, URLENCODED, [body], length=8) in (400, 403)  # the rest belongs to no request
    # A body that ends early is a form that ends early, never a right one.
    assert send(live, path, URLENCODED, [body], length=5_000) in (400, 403)


def test_both_lengths_at_once_are_refused(live, path) -> None:
    """Request smuggling (RFC 9112, section 6.1)."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n"
            f"Content-Type: {URLENCODED}\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        )
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\n\r\nok" not in answer


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=", "x/y; boundary=b"])
def test_forms_that_cannot_be_read(live, path, content_type: str) -> None:
    body = field("passcode", b"4826")
    assert send(live, path, content_type, [body], length=len(body)) in (400, 403)


def test_good_forms_are_still_answered_after_all_this(live, path) -> None:
    assert send(live, path, URLENCODED, [b"passcode=4826"], length=13) == 303
