"""Typed codes that rest for everybody: every admin of the installation hears of it, once for each pause."""

import threading

import pytest
from sqlalchemy import select, update

from portal import worker
from portal.enrollment.api import joining
from portal.enrollment.models import EnrollmentCounter
from portal.extensions import db
from portal.jobs.models import Mail
from tests.client import PortalClient
from tests.enrollment.arriving import installation_code, now, post
from tests.enrollment.ways import MINUTE
from tests.factories.people import make_account, make_member

WRONG = {"code": "BCDF-GHJK"}


@pytest.fixture
def code(app):
    """Two companies, of one of which this is a code of 9 uses."""
    with app.app_context():
        yard = make_account()
        make_member(yard)
        make_member(yard, "bob@example.com", name="Bob", role="member", permissions=["codes.manage"])
        other = make_account(name="South Yard")
        make_member(other, "zoe@example.com", name="Zoe")
        make_member(other, f"boss-001@{other.public_id}.invalid", name="Boss")
        return installation_code(yard, max_uses=9).typed_code


def try_codes(app, count, sent=WRONG, door="/enroll/redeem"):
    """One try of each address; their statuses."""
    addresses = [f"198.51.100.{number}" for number in range(count)]
    return [post(PortalClient(app), door, sent, address=address).status_code for address in addresses]


def mails(app):
    with app.app_context():
        while worker.work_once(app.extensions["portal"], threading.Event()):
            pass
        return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def recipients(app):
    return [mail.recipient for mail in mails(app)]


@pytest.mark.parametrize(("door", "wrong"), [("/enroll/redeem", 400), ("/enroll/inspect", 404)])
def test_every_admin_is_told_once_for_a_pause(app, code, door, wrong):
    assert try_codes(app, 59, door=door) == [wrong] * 59
    assert recipients(app) == []
    assert try_codes(app, 3, door=door) == [wrong, 429, 429]
    first, second = mails(app)
    assert (first.recipient, second.recipient) == ("ada@example.com", "zoe@example.com")
    assert first.subject == "qr.example.com: typed codes rest after many wrong ones"
    for body in (first.text_body, first.html_body):
        assert "60 wrong codes" in body and "https://qr.example.com/admin/installation-codes" in body


def test_the_next_pause_is_told_again(app, code):
    try_codes(app, 61)
    with app.app_context():
        db.session.execute(update(EnrollmentCounter).values(since_at=now() - 11 * MINUTE))
        db.session.commit()
    assert len(mails(app)) == 2
    try_codes(app, 61)
    assert len(mails(app)) == 4


def test_right_codes_begin_no_pause(app, code):
    try_codes(app, 59)
    assert try_codes(app, 9, {"code": code}) == [200] * 9
    assert recipients(app) == []


def test_no_password_is_hashed_for_a_code_that_asks_for_none(app, code, monkeypatch):
    """Hashing takes our processor's time, and a wrong code is free for whoever changes addresses."""
    hashed = []
    monkeypatch.setattr(joining, "hash_password", hashed.append)
    newcomer = {"name": "Nina New", "email": "nina@example.com", "password": "a long enough pass phrase 7"}
    assert try_codes(app, 3, WRONG | {"newcomer": newcomer}) == [400] * 3
    assert try_codes(app, 1, {"code": code, "newcomer": newcomer}) == [200]
    assert hashed == []
