"""Many tabs at once, lost answers and kills: one successor for all, and nobody is signed out."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import OPERATOR
from portal.devices import operations, rotation, sessions
from portal.devices.models import Device, DeviceSession, RefreshToken
from portal.extensions import db
from tests.factories.people import make_account, make_member
from tests.factories.phones import Paired, make_phone

TABS = 32


@pytest.fixture
def phone(app) -> Paired:
    with app.app_context():
        account = make_account()
        return make_phone(account, make_member(account).user_id)


def at_once(app, work, count: int = TABS) -> list:
    """What each thread returned; each has a session of its own, and all begin together."""
    together = Barrier(count)
    with app.app_context():
        engine = db.engine

    def one(number: int):
        together.wait()
        with Session(engine) as session:
            found = work(session, number)
            session.commit()
            return found

    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(one, range(count)))


def refresher(app, secret: str):
    ring = app.extensions["portal"].key_ring

    def work(session: Session, _number: int):
        found = sessions.refresh(session, ring, secret=secret, ip="", now=datetime.now(UTC))
        return found.refresh_secret if isinstance(found, sessions.Opened) else found.reason

    return work


def test_32_tabs_get_the_same_successor_twice_over(app, phone):
    secret = phone.refresh_token
    for _ in range(2):
        answers = set(at_once(app, refresher(app, secret)))
        assert len(answers) == 1
        secret = answers.pop()
        assert len(secret) == 43
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RefreshToken)) == 3
        assert db.session.get_one(DeviceSession, phone.session_id).ended_at is None


def test_tabs_of_two_generations_at_once_sign_nobody_out(app, phone):
    """Half of them still hold the token before: it is in its window, and the chain stays one line."""
    older, newer = phone.refresh_token, at_once(app, refresher(app, phone.refresh_token), 1)[0]
    by_older, by_newer = refresher(app, older), refresher(app, newer)
    answers = at_once(app, lambda session, number: (by_newer if number % 2 else by_older)(session, number))
    assert set(answers[::2]) == {newer}
    assert len(set(answers[1::2])) == 1
    with app.app_context():
        assert db.session.get_one(DeviceSession, phone.session_id).ended_at is None


def test_a_process_killed_before_its_commit_has_changed_nothing(app, phone):
    ring = app.extensions["portal"].key_ring
    with app.app_context(), Session(db.engine) as session:
        lost = sessions.refresh(session, ring, secret=phone.refresh_token, ip="", now=datetime.now(UTC))
        assert isinstance(lost, sessions.Opened)
        # The process dies here: the database rolls back what was not committed.
    answer = at_once(app, refresher(app, phone.refresh_token), 1)[0]
    assert answer != lost.refresh_secret
    assert at_once(app, refresher(app, lost.refresh_secret), 1) == ["invalid"]


def test_refreshing_and_revoking_at_once_leaves_nothing_open(app, phone):
    refresh = refresher(app, phone.refresh_token)

    def work(session: Session, number: int):
        if number % 4:
            return refresh(session, number)
        device = session.get_one(Device, phone.device_id)
        return operations.revoke(session, device, actor=OPERATOR, now=datetime.now(UTC))

    answers = at_once(app, work, 16)
    assert answers.count(True) == 1, "of many who revoke, one has done it"
    assert at_once(app, refresh, 1) == ["revoked"]
    with app.app_context():
        assert db.session.get_one(DeviceSession, phone.session_id).end_reason == "admin"
        assert db.session.scalars(sa.select(RefreshToken.sealed_successor)).all().count("") >= 1
        assert not any(db.session.scalars(sa.select(RefreshToken.sealed_successor)))


def test_ending_a_session_and_refreshing_never_wait_crosswise(app, phone):
    """Both lock the session before its tokens: a deadlock would be a fault of one of them."""
    newer = at_once(app, refresher(app, phone.refresh_token), 1)[0]
    with app.app_context(), Session(db.engine) as ending, ThreadPoolExecutor(1) as other:
        ending.execute(sa.select(DeviceSession.id).where(DeviceSession.id == phone.session_id).with_for_update())
        refreshing = other.submit(at_once, app, refresher(app, newer), 1)
        until_somebody_waits(ending)
        rotation.forget(ending, [phone.session_id])
        ending.commit()
        assert len(refreshing.result()[0]) == 43


def until_somebody_waits(session: Session) -> None:
    """On SQLite everybody does from the first statement on."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while session.get_bind().dialect.name == "postgresql" and not session.scalar(waiting):
        continue


def test_32_tabs_by_cookie_against_a_live_portal(live, live_app):
    """The whole way, with several processes' worth of threads: one new cookie for all, and it works."""
    with live_app.app_context():
        account = make_account()
        phone = make_phone(account, make_member(account).user_id)
    together = Barrier(TABS)

    def refresh(secret: str, wait: bool = True) -> tuple[int, dict, str]:
        if wait:
            together.wait()
        connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=120)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"refresh={secret}",
            "Origin": live.url,
            "Sec-Fetch-Site": "same-origin",
        }
        connection.request("POST", "/oauth/token", "grant_type=refresh_token", headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, body, (answer.getheader("Set-Cookie") or "").partition(";")[0].removeprefix("refresh=")

    with ThreadPoolExecutor(TABS) as crowd:
        answers = list(crowd.map(refresh, [phone.refresh_token] * TABS))
    assert {status for status, _, _ in answers} == {200}
    cookies = {cookie for _, _, cookie in answers}
    assert len(cookies) == 1 and cookies != {phone.refresh_token}
    assert all("refresh_token" not in body for _, body, _ in answers)
    status, body, _ = refresh(cookies.pop(), wait=False)
    assert (status, body["scope"]) == (200, "app")
