"""Reminders: which stage when, who is told, one digest a day, and the answers behind a mail's link."""

import re
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from portal import timetable, worker
from portal.audit.models import AuditEvent
from portal.audit.operations import Actor
from portal.extensions import db
from portal.jobs.models import DONE, Job, Mail
from portal.records import expiring
from portal.records.expirations import Paper
from portal.records.models import Expiration, Reminder
from portal.records.reminders import readers, stage, write_digests
from portal.web.mailer import render
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record

DAY = date(2027, 3, 10)
ACTOR = Actor(None, "test")


@pytest.mark.parametrize(
    ("days", "reached"),
    [
        (-31, ""), (-30, "ahead"), (-1, "ahead"), (0, "day"), (1, "day"), (6, "day"), (7, "week-1"), (13, "week-1"),
        (14, "week-2"), (3650, "week-521"),
    ],
)  # fmt: skip
def test_stages(days, reached):
    assert stage(DAY, 30, DAY + timedelta(days=days)) == reached
    assert len(reached) <= 12


def test_no_days_of_warning_means_the_day_itself():
    assert [stage(DAY, 0, DAY + timedelta(days=days)) for days in (-1, 0)] == ["", "day"]


@pytest.mark.parametrize(
    ("chain", "reached", "told"),
    [
        (["o", "s"], "ahead", ["o"]),
        (["o", "s"], "day", ["o"]),
        (["o", "s"], "week-1", ["o", "s"]),
        (["", "s"], "ahead", ["s"]),
        (["o", ""], "week-3", ["o"]),
        (["", ""], "week-3", ["c"]),
    ],
)
def test_readers(chain, reached, told):
    assert readers(chain, ["c"], reached) == told


@pytest.fixture
def company(app):
    """Olga's supervisor is Sam; Truck 7 is Olga's."""
    with app.app_context():
        account = make_account(contact_email="office@example.com")
        sam = make_record(account, "contact", "Sam", email="sam@example.com")
        olga = make_record(account, "contact", "Olga", email="olga@example.com", supervisor_id=sam.id)
        truck = make_record(account, "vehicle", "Truck 7", tag="T-7", owner_id=olga.id)
        yield account, olga, truck


def digest(app, account, today: date) -> dict[str, Mail]:
    """Runs the day; the new mails by recipient."""
    before = {mail.id for mail in db.session.query(Mail)}
    write_digests(
        db.session(), app.extensions["portal"].key_ring, account=account, today=today,
        now=datetime(today.year, today.month, today.day, 7, tzinfo=UTC), public_url="https://qr.example.com",
        render=render,
    )  # fmt: skip
    db.session.commit()
    return {mail.recipient: mail for mail in db.session.query(Mail) if mail.id not in before}


def test_a_paper_is_spoken_of_once_per_stage_first_to_the_owner_then_also_to_the_supervisor(app, company):
    account, _, truck = company
    make_expiration(truck, "registration", DAY)
    told = {}
    for offset in range(-40, 30):
        for recipient in digest(app, account, DAY + timedelta(days=offset)):
            told.setdefault(offset, []).append(recipient)
    both = ["olga@example.com", "sam@example.com"]
    assert told == {-30: both[:1], 0: both[:1], 7: both, 14: both, 21: both, 28: both}


def test_one_digest_a_day_for_each_reader(app, company):
    account, olga, truck = company
    for number in range(5):
        van = make_record(account, "vehicle", f"Van {number}", owner_id=olga.id)
        make_expiration(van, "insurance", DAY + timedelta(days=number - 2))
    orphan = make_record(account, "equipment", "Pump")
    make_expiration(orphan, "inspection", DAY)
    make_expiration(olga, "licence", DAY)
    mails = digest(app, account, DAY)
    assert set(mails) == {"olga@example.com", "office@example.com"}
    text = mails["olga@example.com"].text_body
    assert all(f"Van {number}" in text for number in range(5)) and "Olga: licence" in text and "Pump" not in text
    assert text.index("Van 0") < text.index("Van 4"), "the most urgent stand first"
    assert mails["olga@example.com"].subject == "6 papers to look after: 2 expired, 2 today, 2 soon"
    assert mails["office@example.com"].subject == "Pump: inspection expires today"
    make_expiration(truck, "registration", DAY)
    assert digest(app, account, DAY) == {}, "a second digest on one day"
    assert set(digest(app, account, DAY + timedelta(days=1))) == {"olga@example.com"}


def test_without_any_address_of_the_company_its_admins_are_told(app):
    with app.app_context():
        account = make_account()
        make_member(account, "ada@example.com")
        make_member(account, "mia@example.com", role="member")
        make_expiration(make_record(account), "registration", DAY)
        assert set(digest(app, account, DAY)) == {"ada@example.com"}


def test_what_is_renewed_archived_retired_deleted_or_another_companys_is_left_out(app, company):
    account, olga, _ = company
    rows = [make_expiration(make_record(account, name=f"Van {n}", owner_id=olga.id), "service", DAY) for n in range(4)]
    expiring.renew_expiration(db.session(), rows[0], DAY + timedelta(days=365), now=datetime.now(UTC), actor=ACTOR)
    rows[1].record.archived_at = datetime.now(UTC)
    rows[2].record.state = "retired"
    expiring.delete_expiration(db.session(), rows[3], now=datetime.now(UTC), actor=ACTOR)
    other = make_account("Other")
    make_expiration(make_record(other, name="Theirs"), "service", DAY)
    db.session.commit()
    assert digest(app, account, DAY) == {}


def test_an_archived_owner_is_stood_in_for(app, company):
    account, olga, truck = company
    make_expiration(truck, "registration", DAY)
    olga.archived_at = datetime.now(UTC)
    db.session.commit()
    assert set(digest(app, account, DAY)) == {"sam@example.com"}


def test_a_corrected_day_begins_anew(app, company):
    account, _, truck = company
    paper = make_expiration(truck, "registration", DAY)
    assert digest(app, account, DAY)
    paper.acknowledged_at = datetime.now(UTC)
    expiring.edit_expiration(
        db.session(), paper, Paper("registration", DAY + timedelta(days=10), 30), now=datetime.now(UTC), actor=ACTOR
    )
    db.session.commit()
    assert set(digest(app, account, DAY + timedelta(days=1))) == {"olga@example.com"}


def test_hostile_names_stay_text(app, company):
    account, olga, _ = company
    name = "<script>alert(1)</script> {{ 7*7 }}"
    make_expiration(make_record(account, name=name, owner_id=olga.id), "registration", DAY)
    mail = digest(app, account, DAY)["olga@example.com"]
    assert name in mail.text_body and name in mail.subject
    assert "<script>" not in mail.html_body and "&lt;script&gt;" in mail.html_body
    assert account.name in mail.html_body and mail.reply_to == "office@example.com"


# Behind the link


def link(mail: Mail) -> str:
    found = re.search(r"https://qr\.example\.com(/reminders/\S+)", mail.text_body)
    assert found and found[0] in mail.html_body
    return found[1]


@pytest.fixture
def asked(app, company):
    """A paper of Truck 7 that Olga was told of on its day, and the path of her link."""
    account, _, truck = company
    paper = make_expiration(truck, "registration", DAY)
    path = link(digest(app, account, DAY)["olga@example.com"])
    with time_machine.travel(datetime(2027, 3, 10, 12, tzinfo=UTC), tick=False):
        yield account.id, paper.id, path


def paper_of(asked) -> Expiration:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(Expiration, asked[1])


def test_looking_changes_nothing_and_needs_no_sign_in(client, asked):
    page = client.get(asked[2])
    assert page.status_code == 200 and "Truck 7" in page.text and "Expires today" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert paper_of(asked).acknowledged_at is None


def test_stop_ends_the_reminders_and_can_be_taken_back(app, company, client, asked):
    account = company[0]
    assert client.submit(asked[2], {"answer": "stop"}).status_code == 303
    assert paper_of(asked).acknowledged_at == datetime(2027, 3, 10, 12, tzinfo=UTC)
    assert digest(app, account, DAY + timedelta(days=7)) == {}
    event = db.session.query(AuditEvent).filter_by(action="reminder.acknowledge").one()
    assert (event.actor_name, event.target_name) == ("reminder mail to olga@example.com", "Truck 7")
    assert "Reminders of this expiry are stopped" in client.get(asked[2]).text
    client.submit(asked[2], {"answer": "resume"})
    paper_of(asked)
    assert digest(app, account, DAY + timedelta(days=7))


def test_putting_off_waits_for_its_day_and_then_reminds(app, company, client, asked):
    account = company[0]
    client.submit(asked[2], {"answer": "30"})
    assert paper_of(asked).snoozed_until_on == DAY + timedelta(days=30)
    assert [digest(app, account, DAY + timedelta(days=days)) for days in range(1, 30)] == [{}] * 29
    assert set(digest(app, account, DAY + timedelta(days=30))) == {"olga@example.com", "sam@example.com"}
    assert digest(app, account, DAY + timedelta(days=31)) == {}


def test_putting_off_within_a_stage_reminds_in_the_same_stage(app, company, client):
    account, _, truck = company
    make_expiration(truck, "registration", DAY)
    early = DAY - timedelta(days=25)
    path = link(digest(app, account, early)["olga@example.com"])
    with time_machine.travel(datetime(early.year, early.month, early.day, 12, tzinfo=UTC), tick=False):
        client.submit(path, {"answer": "7"})
    db.session.expire_all()
    told = [days for days in range(1, 20) if digest(app, account, early + timedelta(days=days))]
    assert told == [7]


@pytest.mark.parametrize("change", ["signature", "paper", "day", "unknown"])
def test_a_link_that_is_not_ours_answers_404(app, company, client, asked, change):
    _, _, public_id, signature = asked[2].split("/")
    if change == "signature":
        signature = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    if change == "paper":
        public_id = make_expiration(company[2], "insurance", DAY).public_id
    if change == "day":
        paper_of(asked).expires_on = DAY + timedelta(days=1)
        db.session.commit()
    if change == "unknown":
        public_id = "a" * 12
    path = f"/reminders/{public_id}/{signature}"
    assert client.get(path).status_code == 404
    assert client.submit(path, {"answer": "stop"}).status_code == 404
    assert client.get("/reminders/%00/%F0%9F%98%80").status_code == 404


def test_another_answer_is_refused(client, asked):
    assert client.submit(asked[2], {"answer": "365000"}).status_code == 400
    assert client.post(asked[2], data={"answer": "stop"}).status_code == 400, "without the token of the page"
    assert paper_of(asked).acknowledged_at is None


# The time of day


def test_seven_o_clock_is_the_companys_own_also_when_clocks_change():
    def hour(text: str, zone: str) -> str:
        return timetable.next_morning(zone, datetime.fromisoformat(text)).astimezone(UTC).isoformat()

    assert hour("2027-03-10T20:00+00:00", "America/Los_Angeles") == "2027-03-11T15:00:00+00:00"
    assert hour("2027-03-10T11:59+00:00", "America/New_York") == "2027-03-10T12:00:00+00:00"
    assert hour("2027-03-27T12:00+00:00", "Europe/Berlin") == "2027-03-28T05:00:00+00:00", (
        "summer time begins that night"
    )
    assert hour("2027-03-10T22:30+00:00", "Pacific/Auckland") == "2027-03-11T18:00:00+00:00"


def test_each_company_gets_its_digest_at_its_own_seven(app):
    parts = app.extensions["portal"]
    with app.app_context():
        for name, zone in (("Berlin", "Europe/Berlin"), ("Denver", "America/Denver")):
            account = make_account(name, timezone=zone, contact_email=f"{name.lower()}@example.com")
            make_expiration(make_record(account), "registration", DAY)
        db.session.remove()
        seen = {}
        with time_machine.travel(datetime(2027, 3, 10, 0, 30, tzinfo=UTC), tick=False) as clock:
            for quarter in range(4 * 24):
                worker.run_timetable(parts)
                while worker.work_once(parts, threading.Event()):
                    pass
                for mail in db.session.query(Mail):
                    seen.setdefault(mail.recipient, quarter)
                db.session.remove()
                clock.shift(timedelta(minutes=15))
        # 6:00 UTC is quarter 22 after 0:30; Denver's 7:00 is 14:00 UTC.
        assert seen == {"berlin@example.com": 22, "denver@example.com": 54}
        assert db.session.query(Reminder).count() == 2
        assert db.session.query(Job).filter_by(kind="records.remind", state=DONE).count() == 2
