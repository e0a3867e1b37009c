"""A device that another phone takes over is told to whoever used it (threat 14)."""

import threading

import pytest
from sqlalchemy import select

from portal import worker
from portal.devices import sessions
from portal.enrollment.models import USE_EXISTING_DEVICE
from portal.enrollment.redemption import Redeemed
from portal.extensions import db
from portal.jobs.models import Job, Mail
from tests.enrollment.ways import NOW, make_code, redeem
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        make_member(account)
        yield account


def mails(app):
    db.session.rollback()  # on SQLite an open transaction keeps the worker waiting
    while worker.work_once(app.extensions["portal"], threading.Event()):
        pass
    db.session.rollback()
    return db.session.scalars(select(Mail).order_by(Mail.recipient)).all()


def take_over(account, device):
    made = make_code(account, USE_EXISTING_DEVICE, device_id=device.id, max_uses=1)
    assert isinstance(redeem(made.secret, browser="Android, Chrome"), Redeemed)
    return made


def test_the_owner_of_a_replaced_device_is_told(app, company):
    olga = make_member(company, "olga@example.com", name="Olga", role="member")
    device = make_device(company, olga, "Olga's iPhone")
    made = take_over(company, device)
    (mail,) = mails(app)
    assert (mail.recipient, mail.account_id) == ("olga@example.com", company.id)
    assert mail.subject == "Olga's iPhone is another phone now"
    for body in (mail.text_body, mail.html_body):
        assert "Android, Chrome" in body and f"/admin/devices/{device.public_id}" in body
        assert made.secret not in body


def test_whoever_was_signed_in_on_it_is_told_too(app, company):
    olga = make_member(company, "olga@example.com", name="Olga", role="member")
    paul = make_member(company, "paul@example.com", name="Paul", role="member")
    device = make_device(company, olga)
    sessions.open_session(db.session(), device=device, user_id=paul.user_id, now=NOW)
    db.session.commit()
    take_over(company, device)
    assert [one.recipient for one in mails(app)] == ["olga@example.com", "paul@example.com"]


def test_without_a_reader_among_them_it_is_told_to_those_who_manage_devices(app, company):
    crew = make_member(company, f"crew-001@{company.public_id}.invalid", name="Dora", role="member")
    make_member(company, "bob@example.com", name="Bob", role="member", permissions=["devices.manage"])
    take_over(company, make_device(company, crew))
    assert [one.recipient for one in mails(app)] == ["ada@example.com", "bob@example.com"]


def test_a_device_that_was_never_connected_replaces_nobody(app, company):
    olga = make_member(company, "olga@example.com", name="Olga", role="member")
    device = make_device(company, olga, status="expected", connected_at=None)
    take_over(company, device)
    assert list(db.session.scalars(select(Job))) == []
