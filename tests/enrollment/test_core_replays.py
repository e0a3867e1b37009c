"""A spent personal code that comes again is an event and one mail for each who can act."""

import threading

import pytest
from sqlalchemy import select

from portal import worker
from portal.audit.models import AuditEvent
from portal.enrollment import grants
from portal.extensions import db
from portal.jobs.models import Job, Mail
from tests.enrollment.ways import MINUTE, NOW, make_code, make_onboarding, reason, redeem
from tests.factories.people import make_account, make_member


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        yield account, make_member(account)


def replays():
    return db.session.scalars(select(AuditEvent).where(AuditEvent.action.endswith(".replay"))).all()


def mails(app):
    db.session.rollback()  # on SQLite an open transaction keeps the worker waiting
    while worker.work_once(app.extensions["portal"], threading.Event()):
        pass
    db.session.rollback()
    return db.session.scalars(select(Mail).order_by(Mail.recipient)).all()


def test_whoever_can_revoke_the_phone_is_told_once(app, company):
    account, member = company
    make_member(account, "bob@example.com", name="Bob", role="member", permissions=["devices.manage"])
    make_member(account, "carl@example.com", name="Carl", role="member")
    make_member(account, f"crew-001@{account.public_id}.invalid", name="Dora")
    made = make_onboarding(member)
    redeem(made.secret, name="Ada's iPhone")
    for text in (made.secret, made.typed_code, made.secret):
        assert reason(redeem(text, browser="Android, Chrome")) == grants.EXHAUSTED
    (event,) = replays()
    assert (event.action, event.target_public_id) == ("onboarding_code.replay", made.grant.public_id)
    sent = mails(app)
    assert [one.recipient for one in sent] == ["ada@example.com", "bob@example.com"]
    assert sent[0].subject == "North Yard Haulage: a used QR code was scanned again"
    for body in (sent[0].text_body, sent[0].html_body):
        assert "Android, Chrome" in body
        assert "https://qr.example.com/admin/devices" in body
        assert made.secret not in body
    assert "Ada's iPhone" in sent[0].text_body


def test_a_code_for_one_device_is_personal_and_a_shared_one_is_not(app, company):
    account, member = company
    personal = make_code(account, user_id=member.user_id, max_uses=1)
    shared = make_code(account, user_id=member.user_id, max_uses=2)
    for made in (personal, shared, shared):
        redeem(made.secret)
    for made in (personal, shared):
        assert reason(redeem(made.secret)) == grants.EXHAUSTED
    assert [one.target_public_id for one in replays()] == [personal.grant.public_id]


def test_an_unspent_code_that_expired_is_no_replay(app, company):
    _, member = company
    made = make_onboarding(member)
    assert reason(redeem(made.secret, now=NOW + 6 * MINUTE)) == grants.EXPIRED
    assert (list(replays()), list(db.session.scalars(select(Job)))) == ([], [])
