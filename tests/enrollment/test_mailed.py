"""Mails that carry a way in: one that has ended goes out no more, neither by itself nor by hand."""

from datetime import timedelta

import pytest

from portal import postman
from portal.accounts.models import Account
from portal.enrollment import code_sending, installation_keys
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, Grant
from portal.extensions import db
from portal.jobs import mails
from portal.jobs.models import DEAD, QUEUED, Mail
from portal.lib.clock import utc_now
from portal.lib.mailserver import read_mail_server
from tests.enrollment.pairing_page import PAGE, ask
from tests.enrollment.ways import make_code
from tests.smtp import SmtpServer

BY_HAND = "The mail server said: 550 no"


@pytest.fixture
def address(app, with_key) -> str:
    """The page of a mail with the company's key, which waits."""
    with_key.submit(f"{PAGE}/send", {"recipient": "tom@example.com"})
    with app.app_context():
        return f"/admin/settings/outgoing-mail/{db.session.query(Mail).one().public_id}"


def change(app, row, **columns) -> None:
    with app.app_context():
        db.session.query(row).update(columns)
        db.session.commit()


def only(app) -> tuple[str, str]:
    with app.app_context():
        mail = db.session.query(Mail).one()
        return mail.state, mail.fault


def rotate(client, hours: int = 0) -> None:
    assert ask(client, "installation-key/rotate", {"overlap_hours": hours}).status_code == 200


@pytest.mark.parametrize("fault", ["", BY_HAND])
def test_a_mail_whose_key_was_cut_is_not_sent_again(app, with_key, address, fault):
    if fault:
        change(app, Mail, state=DEAD, fault=fault)
    rotate(with_key)
    page = with_key.get(address).text
    assert installation_keys.OUTDATED in page and "Send again" not in page
    assert "Send again" not in with_key.get("/admin/settings/outgoing-mail").text
    with_key.submit(f"{address}/send")
    assert only(app) == (DEAD, fault or installation_keys.OUTDATED)
    assert installation_keys.OUTDATED in with_key.get(address).text


def test_a_mail_whose_key_still_pairs_is_sent_again(app, with_key, address):
    change(app, Mail, state=DEAD, fault=BY_HAND)
    rotate(with_key, hours=5)
    for page in (address, "/admin/settings/outgoing-mail"):
        assert "Send again" in with_key.get(page).text
    with_key.submit(f"{address}/send")
    assert only(app) == (QUEUED, "")


@pytest.mark.parametrize(("ended", "state"), [(timedelta(seconds=1), DEAD), (-timedelta(hours=1), "done")])
def test_the_worker_holds_back_what_ended_while_it_waited(app, with_key, address, ended, state):
    rotate(with_key, hours=5)
    with app.app_context():
        db.session.query(Grant).filter_by(generation=1).update({"superseded_at": utc_now() - ended})
        db.session.commit()
        with SmtpServer() as smtp:
            postman.send_once(app.extensions["portal"], read_mail_server(smtp.url))
            assert len(smtp.received) == (state == "done")
    assert only(app) == (state, installation_keys.OUTDATED if state == DEAD else "")


def test_a_mail_whose_code_was_revoked_is_not_sent_again(app, with_key, account_id):
    with app.app_context():
        made = make_code(db.session.get(Account, account_id), CREATE_ACCOUNT_AND_DEVICE)
        mails.post(
            db.session(), account_id=account_id, kind=code_sending.KIND, recipient="tom@example.com", subject="Code",
            text_body=mails.SECRET_MARK, html_body="", now=utc_now(),
            secret=mails.Secret(app.extensions["portal"].key_ring, made.typed_code),
        )  # fmt: skip
        address = f"/admin/settings/outgoing-mail/{db.session.query(Mail).one().public_id}"
        db.session.commit()
    change(app, Mail, state=DEAD, fault=BY_HAND)
    assert "Send again" in with_key.get(address).text
    change(app, Grant, revoked_at=utc_now())
    assert "Send again" not in with_key.get(address).text
    with_key.submit(f"{address}/send")
    assert only(app)[0] == DEAD
