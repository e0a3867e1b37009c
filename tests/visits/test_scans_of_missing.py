"""Lost and stolen things: whoever looks after them is told of a scan, once per browser, and not without end."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.extensions import db
from portal.jobs.models import Job, Mail
from portal.records.models import Record
from portal.records.states import IN_USE, LOST, OUT_OF_ORDER, RETIRED, STOLEN
from portal.visits import sightings
from portal.worker import work_once
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_record, scan_path


def arrange(app, state=STOLEN, **columns):
    """A thing with an owner; returns its path."""
    with app.app_context():
        account = make_account("Haulage & Sons", contact_email="office@example.com")
        boss = make_record(account, "contact", "Priya", email="priya@example.com")
        owner = make_record(account, "contact", "Olga", email="olga@example.com", supervisor_id=boss.id)
        path = scan_path(make_record(account, name="Truck <7>", tag="V-7", state=state, owner_id=owner.id))
        for name, value in columns.items():
            setattr(owner, name, value)
        db.session.commit()
        return path


def mails(app):
    """Every mail, after the log is written and all jobs are done."""
    app.extensions["scan_log"].flush()
    with app.app_context():
        while work_once(app.extensions["portal"], threading.Event()):
            pass
        assert db.session.scalars(select(Job.fault).where(Job.fault != "")).all() == []
        return list(db.session.scalars(select(Mail).where(Mail.kind == "sighting").order_by(Mail.id)))


@pytest.mark.parametrize("state", [LOST, STOLEN])
def test_the_owner_is_told_once_per_browser(app, client, state):
    path = arrange(app, state)
    client.get(path)
    client.post(path, data={"passcode": PASSCODE})
    client.get(path)
    PortalClient(app).get(path)
    told = mails(app)
    assert [mail.recipient for mail in told] == ["olga@example.com"] * 2
    assert told[0].subject == f"Seen: Truck <7> ({state})" and told[0].sender_name == "Haulage & Sons"
    assert "Truck <7> (V-7) was seen" in told[0].text_body and f"noted as {state}" in told[0].text_body
    assert "was not let in" in told[0].text_body
    assert "Truck &lt;7&gt;" in told[0].html_body and "Truck <7>" not in told[0].html_body
    with app.app_context():
        public_id = db.session.scalar(select(Record.public_id).where(Record.kind == "vehicle"))
    assert f"https://qr.example.com/admin/records/{public_id}" in told[0].text_body


def test_it_says_that_somebody_saw_the_record(app, client):
    path = arrange(app, IN_USE)
    client.post(path, data={"passcode": PASSCODE})
    with app.app_context():
        db.session.execute(update(Record).where(Record.kind == "vehicle").values(state=LOST))
        db.session.commit()
    client.get(path)
    assert "saw the record, with the note for the finder" in mails(app)[0].text_body


@pytest.mark.parametrize("state", [IN_USE, OUT_OF_ORDER, RETIRED])
def test_other_states_tell_nobody(app, client, state):
    client.get(arrange(app, state))
    assert mails(app) == []


@pytest.mark.parametrize(
    ("owner", "recipient"),
    [({"email": ""}, "priya@example.com"), ({"archived_at": datetime.now(UTC)}, "priya@example.com")],
)
def test_without_an_owner_to_mail_the_supervisor_is_told(app, client, owner, recipient):
    client.get(arrange(app, **owner))
    assert [mail.recipient for mail in mails(app)] == [recipient]


def test_without_both_the_published_contact_is_told_and_a_lost_badge_tells_its_own_person(app, client):
    with app.app_context():
        account = make_account(contact_email="office@example.com")
        thing = scan_path(make_record(account, state=LOST))
        badge = scan_path(make_record(account, "contact", "Dan", email="dan@example.com", state=LOST))
    client.get(thing)
    client.get(badge)
    told = mails(app)
    assert sorted(mail.recipient for mail in told) == ["dan@example.com", "office@example.com"]
    assert {mail.reply_to for mail in told} == {"office@example.com"}  # not the sender, which nobody reads


def test_what_was_found_meanwhile_is_not_told(app, client):
    path = arrange(app)
    client.get(path)
    app.extensions["scan_log"].flush()
    with app.app_context():
        db.session.execute(update(Record).values(state=IN_USE))
        db.session.commit()
    assert mails(app) == []


def test_reloading_without_cookies_does_not_fill_the_mailbox(app, monkeypatch):
    monkeypatch.setattr(sightings, "MOST_A_DAY", 3)
    path = arrange(app)
    for _ in range(6):
        PortalClient(app).get(path)
    told = mails(app)
    assert len(told) == 3
    assert ["last mail about it" in mail.text_body for mail in told] == [False, False, True]
    PortalClient(app).get(path)
    app.extensions["scan_log"].flush()
    with app.app_context():
        assert db.session.scalars(select(Job.state).where(Job.state == "queued")).all() == []
        db.session.execute(update(Mail).values(created_at=datetime.now(UTC) - timedelta(days=1, minutes=1)))
        db.session.commit()
    PortalClient(app).get(path)
    assert len(mails(app)) == 4


def test_a_job_that_runs_twice_mails_once(app, client):
    client.get(arrange(app))
    assert len(mails(app)) == 1
    with app.app_context():
        db.session.execute(update(Job).values(state="queued", run_at=datetime.now(UTC)))
        db.session.commit()
    assert len(mails(app)) == 1
