"""Replays the attackers of the passcode against a running portal, and prints what they got and what crews felt.

It starts a portal of its own on SQLite in a temporary folder and sends it about 1,600 requests from loopback addresses.
An attacker holds some stickers and addresses and guesses in turn, at most 300 times. What a month adds (a sticker
forgets one wrong code a day, an address its 20 a day) is computed, not waited for; so are the usual schemes beside it.
"""

import http.client
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from portal.config import read_settings  # noqa: E402  the folder above is needed first
from portal.extensions import db  # noqa: E402
from portal.gate.throttle import ACCOUNT, CLIENT_BURST, CLIENT_DAY, STICKER  # noqa: E402
from portal.jobs.models import Mail  # noqa: E402
from portal.lib.sealing import make_key_ring, write_key_ring  # noqa: E402
from portal.migration import create_app  # noqa: E402
from tests.factories.people import PASSCODE, make_account, make_member  # noqa: E402
from tests.factories.things import make_record, scan_path  # noqa: E402
from tests.servers import LivePortal, free_port  # noqa: E402

CODES = 9_000  # of the 10,000, those without a pattern
DAYS = 30
MOST_GUESSES = 300
SAMPLES = 60
ATTACKERS = ((1, 1), (1, 100), (5, 1), (5, 100), (50, 250))  # stickers, addresses


def post(port: int, path: str, code: str, source: str, cookies: dict[str, str]) -> int:
    """One typed code; what cookies the answer sets are kept, as a browser does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    connection.request("POST", path, urlencode({"passcode": code}), headers)
    answer = connection.getresponse()
    answer.read()
    for line in answer.headers.get_all("Set-Cookie") or []:
        name, _, value = line.partition(";")[0].partition("=")
        cookies[name] = value
    connection.close()
    return answer.status


def replay(app: Flask, port: int, number: int, stickers: int, addresses: int) -> None:
    """One attacker against a company of its own with a crew phone that was there before, and a newcomer after."""
    with app.app_context():
        account = make_account(f"Company {number}")
        make_member(account, f"admin{number}@example.com")
        account_id = account.id
        paths = [scan_path(make_record(account, name=f"Truck {one}")) for one in range(stickers)]
    crew: dict[str, str] = {}
    post(port, paths[0], PASSCODE, f"127.9.{number}.1", crew)
    statuses = Counter(
        post(port, paths[one % stickers], str(5000 + one), f"127.{10 + number}.1.{one % addresses + 1}", {})
        for one in range(MOST_GUESSES)
    )
    known = post(port, paths[0], PASSCODE, f"127.{10 + number}.1.1", crew)  # from the attacker's own address
    stranger = post(port, paths[0], PASSCODE, f"127.9.{number}.2", {})
    with app.app_context():
        alerts = db.session.scalar(select(func.count()).select_from(Mail).where(Mail.account_id == account_id))
    month = in_a_month(statuses[403], stickers, addresses)
    print(
        f"  {stickers:>3} stickers {addresses:>4} addresses: {statuses[403]:>4} looked at now, {month:>4} in {DAYS} "
        f"days = {month / CODES:6.2%}; {alerts} alerts; known phone {felt(known)}, newcomer {felt(stranger)}"
    )


def in_a_month(now: int, stickers: int, addresses: int) -> int:
    """The guesses of 30 days: bounded by the account, by what the stickers hold and leak, and by the addresses."""
    return max(now, min(ACCOUNT.most, stickers * (STICKER.most + DAYS), addresses * CLIENT_DAY.most * DAYS))


def felt(status: int) -> str:
    return {303: "let in", 429: "turned away"}.get(status, str(status))


def usual_schemes() -> None:
    """What an attacker with one valid sticker gets in 30 days under the schemes that others use."""
    schemes = (
        ("no limit, 50 a second", 50 * 86_400 * DAYS),
        *((f"per address, 20 a day: {count} addresses", 20 * DAYS * count) for count in (1, 10, 100)),
        ("per sticker, 10 a day: 1 sticker", 10 * DAYS),
        ("per sticker, 10 a day: 34 stickers", 34 * 10 * DAYS),
        ("100 in a row, reset by any success", 86_400 * DAYS),
        ("account locked after 100 (and every crew with it)", 100),
    )
    for name, guesses in schemes:
        print(f"  {name:52} {min(guesses / CODES, 1):7.1%}")


def timing(app: Flask, port: int) -> None:
    """Medians of right, wrong and closed answers: they should not tell apart more than the page itself does."""
    with app.app_context():
        account = make_account("Timing")
        paths = [scan_path(make_record(account, name=f"Truck {one}")) for one in range(6)]
    crew: dict[str, str] = {}
    times: dict[str, list[float]] = {"right": [], "wrong": [], "closed": []}
    for one in range(SAMPLES):
        for name, path, code, cookies in (("right", paths[0], PASSCODE, crew), ("wrong", paths[one % 5], "5000", {})):
            times[name].append(timed(port, path, code, f"127.30.{name == 'wrong':d}.{one + 1}", cookies))
    for one in range(100):
        post(port, paths[one % 6], "5001", f"127.31.1.{one + 1}", {})
    for one in range(SAMPLES):
        times["closed"].append(timed(port, paths[5], PASSCODE, f"127.32.1.{one + 1}", {}))
    for name, values in times.items():
        print(f"  {name:8} {statistics.median(values) * 1e3:6.1f} ms median of {len(values)}")


def timed(port: int, path: str, code: str, source: str, cookies: dict[str, str]) -> float:
    start = time.perf_counter()
    post(port, path, code, source, cookies)
    return time.perf_counter() - start


def run(folder: Path) -> None:
    write_key_ring(folder / "keys.json", make_key_ring())
    bind = f"127.0.0.1:{free_port()}"
    environ = {"PORTAL_DATA_DIR": str(folder), "PORTAL_BIND": bind, "PORTAL_PUBLIC_URL": f"http://{bind}"}
    app = create_app(read_settings(environ))
    with app.app_context():
        upgrade()
    portal = LivePortal(environ)
    try:
        limits = f"{ACCOUNT.most} per passcode, {STICKER.most} per sticker, {CLIENT_BURST.most} per address at once"
        print(f"This portal (at most {limits})")
        for number, (stickers, addresses) in enumerate(ATTACKERS):
            replay(app, portal.port, number, stickers, addresses)
        print(f"Usual schemes, {DAYS} days, {CODES:,} codes, computed")
        usual_schemes()
        print("Time of an answer")
        timing(app, portal.port)
    finally:
        portal.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        run(Path(name))
