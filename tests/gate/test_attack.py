"""The whole portal under attack: many processes, forged addresses, clocks that move, processes that die."""

import http.client
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from urllib.parse import urlencode

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal.extensions import db
from portal.gate.models import Attempt, AttemptCounter
from tests.client import PortalClient
from tests.conftest import live_environ
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_record, scan_path
from tests.gate.test_known_devices import counts, post
from tests.servers import ROOT, LivePortal, free_port

GUESSES = 200


@pytest.fixture
def nodes(settings, fresh_database):
    """Two portals of four processes each on one database."""
    portals = [
        LivePortal(live_environ(settings) | {"PORTAL_BIND": f"127.0.0.1:{free_port()}"}, workers=4) for _ in range(2)
    ]
    yield portals
    for portal in portals:
        portal.stop()


def make_paths(app, count: int) -> list[str]:
    with app.app_context():
        account = make_account()
        return [scan_path(make_record(account, name=f"Truck {number}")) for number in range(count)]


def guess(port: int, path: str, source: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120, source_address=(source, 0))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, urlencode({"passcode": "5000"}), form | headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_200_guesses_at_once_over_two_nodes_of_four_processes_evaluate_exactly_100(nodes, live_app):
    paths = make_paths(live_app, 10)  # 20 guesses each: no sticker refuses, only the account does
    together = Barrier(GUESSES)

    def one(number: int) -> int:
        together.wait()
        return guess(nodes[number % 2].port, paths[number % 10], f"127.0.1.{number + 1}", {})

    with ThreadPoolExecutor(GUESSES) as crowd:
        statuses = Counter(crowd.map(one, range(GUESSES)))
    assert statuses == {403: 100, 429: 100}
    assert counts(live_app) == {"sticker": 100, "account": 100, "client-burst": 100, "client-day": 100}
    with live_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 100


@pytest.mark.parametrize(("trusted", "looked_at"), [("127.0.0.0/8", 20), ("", 5)], ids=["believed", "thrown away"])
def test_forged_addresses_give_no_more_guesses_than_a_sticker_has(settings, live_app, trusted, looked_at):
    """From one real address: behind a trusted proxy all look different, and without one all look alike."""
    environ = live_environ(settings) | {"PORTAL_TRUSTED_PROXIES": trusted}
    portal = LivePortal(environ, workers=1)
    try:
        (path,) = make_paths(live_app, 1)
        statuses = Counter(
            guess(
                portal.port,
                path,
                "127.0.0.1",
                {"X-Forwarded-For": f"{number}.7.7.7, 198.51.{number // 250}.{number % 250}"},
            )
            for number in range(100)
        )
    finally:
        portal.stop()
    assert statuses == {403: looked_at, 429: 100 - looked_at}


@pytest.mark.parametrize("skew", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=400)])
def test_a_clock_that_moves_widens_no_limit(app, skew):
    """The machine's clock jumps to and fro between guesses, as on two nodes that disagree."""
    paths = make_paths(app, 6)
    start = datetime.now(UTC)
    looked_at = 0
    is_sqlite = app.extensions["portal"].settings.database_url.startswith("sqlite")
    for number in range(60):
        with time_machine.travel(start + (skew if number % 2 else timedelta(0)), tick=True):
            looked_at += post(PortalClient(app), paths[0], "5000", f"198.51.100.{number}").status_code == 403
    # A jump ahead is believed once on SQLite, which has no other clock; it never comes back.
    days = max(skew.days, 0) if is_sqlite else 0
    assert looked_at <= 20 + min(days, 20)
    assert looked_at >= 20
    with app.app_context():
        highest = db.session.scalar(select(func.max(Attempt.at)))
    if not is_sqlite:
        assert abs(highest - start) < timedelta(minutes=5)


def test_a_client_limit_is_not_escaped_by_turning_the_clock_back(app):
    (path,) = make_paths(app, 1)
    start = datetime.now(UTC)
    for number in range(5):
        assert post(PortalClient(app), path, f"500{number}").status_code == 403
    for skew in (timedelta(hours=-1), timedelta(days=-2), timedelta(minutes=14)):
        with time_machine.travel(start + skew, tick=True):
            assert post(PortalClient(app), path, "5005").status_code == 429


KILLED = """
    import os, signal, sys
    from sqlalchemy import event
    from sqlalchemy.orm import Session
    from portal import create_app
    from portal.config import read_settings

    app = create_app(read_settings(os.environ))

    @event.listens_for(Session, "after_commit")
    def die(session):
        os.kill(os.getpid(), signal.SIGKILL)

    app.test_client().post(sys.argv[1], data={"passcode": sys.argv[2]}, base_url=os.environ["PORTAL_PUBLIC_URL"])
    print("still alive")
"""


@pytest.mark.parametrize("code", ["5000", PASSCODE])
def test_a_process_killed_between_reserving_and_looking_leaves_the_guess_spent(settings, live_app, code):
    """Another process dies by SIGKILL the moment its first commit is in the database, before the code is compared."""
    (path,) = make_paths(live_app, 1)
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), path, code],
        env={**os.environ, **live_environ(settings)},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert "still alive" not in died.stdout
    assert counts(live_app) == {"sticker": 1, "account": 1, "client-burst": 1, "client-day": 1}


def test_guesses_that_deaths_swallowed_do_not_reopen_the_account(settings, live_app):
    (path,) = make_paths(live_app, 1)
    post(PortalClient(live_app), path, "5000")
    with live_app.app_context():
        db.session.execute(update(AttemptCounter).where(AttemptCounter.scope == "account").values(count=100))
        db.session.commit()
    assert post(PortalClient(live_app), path, PASSCODE, "192.0.2.7").status_code == 429


def test_one_phones_success_leaves_anothers_failures(app):
    (path,) = make_paths(app, 1)
    other, mine = PortalClient(app), PortalClient(app)
    for client in (other, other, mine):
        assert post(client, path, "5000").status_code == 403
    assert post(mine, path).status_code == 303
    assert counts(app)["account"] == 2
    assert post(PortalClient(app), path).status_code == 303  # the same address, but not the same browser
    assert counts(app)["account"] == 2
    assert post(other, path).status_code == 303
    assert counts(app) == {}
