"""The pages Outgoing mail and Jobs: what a company sees of its own, and another try for the dead."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.jobs.mails import post
from portal.jobs.models import DEAD, DONE, QUEUED, Job, Mail
from portal.jobs.operations import enqueue
from portal.lib.clock import utc_now
from portal.lib.mailserver import read_mail_server
from tests.factories.people import make_account, make_member

HOSTILE = "<b>Truck</b> 7"


@pytest.fixture
def account_id(app) -> int:
    with app.app_context():
        account = make_account()
        make_member(account, "ada@example.com")
        return account.id


@pytest.fixture
def with_server(app):
    """The portal with a mail server set up."""
    own = app.extensions["portal"]
    server = read_mail_server("smtp://ada:a-password@mail.example.com?from=portal@example.com")
    app.extensions["portal"] = replace(own, settings=replace(own.settings, mail_server=server))
    yield
    app.extensions["portal"] = own


def add_mail(app, account_id: int, subject: str = HOSTILE, state: str = QUEUED, **columns) -> str:
    with app.app_context():
        mail = post(
            db.session(), account_id=account_id, kind="test", recipient="olga@example.com", subject=subject,
            text_body=f"{HOSTILE} expires", html_body="", now=utc_now(),
        )  # fmt: skip
        mail.state = state
        for name, value in columns.items():
            setattr(mail, name, value)
        db.session.commit()
        return mail.public_id


def add_job(app, account_id: int, state: str, **columns) -> str:
    with app.app_context():
        job = enqueue(
            db.session(), kind="records.import", account_id=account_id, user_id=None,
            payload={"file_name": "fleet.csv"}, now=utc_now() - timedelta(hours=1),
        )  # fmt: skip
        job.state = state
        for name, value in columns.items():
            setattr(job, name, value)
        db.session.commit()
        return job.public_id


def test_without_a_server_mails_are_kept_and_readable(app, client, account_id):
    public_id = add_mail(app, account_id)
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/outgoing-mail").text
    assert "kept, not sent" in page and "PORTAL_SMTP_URL" in page and "older than a day" in page
    assert "&lt;b&gt;Truck&lt;/b&gt; 7" in page and "olga@example.com" in page
    text = client.get(f"/admin/settings/outgoing-mail/{public_id}").text
    assert "&lt;b&gt;Truck&lt;/b&gt; 7 expires" in text


@pytest.mark.usefixtures("with_server")
def test_with_a_server_the_page_names_it_and_keeps_its_password(app, client, account_id):
    add_mail(app, account_id)
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/outgoing-mail").text
    assert "mail.example.com" in page and "waiting" in page and "kept, not sent" not in page
    assert "a-password" not in page


def test_an_empty_page_says_what_will_stand_here(client, account_id):
    client.sign_in("ada@example.com")
    assert "No mail yet" in client.get("/admin/settings/outgoing-mail").text
    assert "No job yet" in client.get("/admin/settings/jobs").text


def test_a_dead_mail_says_why_and_gets_another_try(app, client, account_id):
    public_id = add_mail(app, account_id, state=DEAD, fault="The mail server said: 550 no", try_count=6)
    add_mail(app, account_id, "Arrived", state=DONE)
    client.sign_in("ada@example.com")
    assert "1 mail was" in client.get("/admin/settings/outgoing-mail").text
    dead = client.get("/admin/settings/outgoing-mail?state=dead").text
    assert "550 no" in dead and "Arrived" not in dead
    client.submit(f"/admin/settings/outgoing-mail/{public_id}/send")
    client.submit(f"/admin/settings/outgoing-mail/{public_id}/send")
    with app.app_context():
        mail = db.session.query(Mail).filter_by(public_id=public_id).one()
        assert (mail.state, mail.try_count, mail.fault) == (QUEUED, 0, "")
        assert db.session.query(AuditEvent).filter_by(action="mail.retry").count() == 1


def test_a_mail_that_may_have_arrived_says_so(app, client, account_id):
    public_id = add_mail(app, account_id, state=DEAD, handed_at=utc_now())
    client.sign_in("ada@example.com")
    assert "it may have arrived" in client.get(f"/admin/settings/outgoing-mail/{public_id}").text


def test_a_dead_job_says_why_and_gets_another_try(app, client, account_id):
    public_id = add_job(app, account_id, DEAD, fault="The storage is full.", try_count=5, finished_at=utc_now())
    add_job(app, account_id, DONE)
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/jobs").text
    assert "1 job has failed" in page and "The storage is full." in page and "fleet.csv" in page
    assert page.count("Try again") == 1
    client.submit(f"/admin/settings/jobs/{public_id}/run")
    with app.app_context():
        job = db.session.query(Job).filter_by(public_id=public_id).one()
        assert (job.state, job.try_count, job.finished_at) == (QUEUED, 0, None)
        assert db.session.query(AuditEvent).filter_by(action="job.retry").count() == 1


def test_lists_go_on_at_older_ones(app, client, account_id):
    for number in range(53):
        add_mail(app, account_id, f"Mail {number:02}")
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/outgoing-mail").text
    assert "Mail 52" in page and "Mail 03" in page and "Mail 02" not in page
    older = page.split('<a href="/admin/settings/outgoing-mail?before=')[1].split('"')[0]
    rest = client.get(f"/admin/settings/outgoing-mail?before={older}").text
    assert "Mail 02" in rest and "Mail 03" not in rest and "Older mails" not in rest
    assert client.get("/admin/settings/outgoing-mail?before=%F0%9F%98%80&state=zzz").status_code == 200


def test_a_member_needs_the_permission(app, client, account_id):
    with app.app_context():
        account = db.session.get(Account, account_id)
        make_member(account, "mia@example.com", role="member")
        make_member(account, "max@example.com", role="member", permissions=["mail.view"])
    client.sign_in("mia@example.com")
    assert client.get("/admin/settings/outgoing-mail").status_code == 403
    assert client.get("/admin/settings/jobs").status_code == 403
    client.sign_in("max@example.com")
    assert client.get("/admin/settings/outgoing-mail").status_code == 200
