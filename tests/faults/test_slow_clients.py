"""A thousand clients that drip: behind the documented nginx the portal does not notice them."""

import asyncio
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.proxy import HOST, Proxy, trusting

CLIENTS = 1_000
ROUNDS = 5  # one byte of each client in each round
AT_ONCE = 50  # handshakes at the same time


@pytest.fixture
def proxy(tmp_path, live) -> Iterator[Proxy]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    tmp_path.chmod(0o755)  # nginx works under a user of its own
    front = Proxy(tmp_path, live.port)
    yield front
    front.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def drip(port: int, number: int, gate: asyncio.Semaphore) -> asyncio.StreamWriter:
    """Half of the clients never end their headers, the other half never end their body."""
    async with gate:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(), server_hostname=HOST)
    head = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\n"
    if number % 2:
        head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n"
    writer.write(head.encode())
    await writer.drain()
    return writer


async def ask_health(port: int) -> float:
    """Seconds until /healthz has answered, a new connection and its handshake included."""
    begun = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(), server_hostname=HOST)
    writer.write(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:100]
    return time.monotonic() - begun


async def measure(port: int) -> tuple[int, list[float]]:
    """How many clients dripped to the end, and the answer times of /healthz in between."""
    gate = asyncio.Semaphore(AT_ONCE)
    clients = await asyncio.gather(*(drip(port, number, gate) for number in range(CLIENTS)))
    times = []
    for _ in range(ROUNDS):
        for client in clients:
            client.write(b"a")
        times += [await ask_health(port) for _ in range(4)]
    dripping = sum(not client.is_closing() for client in clients)
    for client in clients:
        client.transport.abort()
    return dripping, times


def test_health_answers_under_a_second_beside_1000_dripping_clients(proxy: Proxy, capsys) -> None:
    # In a thread of its own: a browser of another test may keep an event loop in this one.
    with ThreadPoolExecutor(max_workers=1) as beside:
        dripping, times = beside.submit(lambda: asyncio.run(measure(proxy.port))).result()
    with capsys.disabled():
        print(f"\nslow clients: {dripping} dripping, /healthz {len(times)} times, slowest {max(times) * 1000:.0f} ms")
    assert dripping == CLIENTS
    assert max(times) < 1
