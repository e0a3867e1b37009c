"""Calendar feeds: what a calendar program reads, whose papers are in it, and when its address ends."""

from datetime import UTC, date, datetime

import pytest
import vobject

from portal.accounts.models import Account, Membership, User
from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.records.models import CalendarFeed, Expiration
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record

DAY = date(2030, 2, 28)


@pytest.fixture
def company(app):
    """Ada is an admin and a contact who supervises Olga; Mia is a member without a contact."""
    with app.app_context():
        account = make_account()
        make_member(account, "ada@example.com")
        make_member(account, "mia@example.com", name="Mia Member", role="member")
        ada = make_record(account, "contact", "Ada Admin", email="Ada@Example.com")
        olga = make_record(account, "contact", "Olga Owner", email="olga@example.com", supervisor_id=ada.id)
        for name, owner in (("Mine", ada), ("Olga's", olga), ("Nobody's", None)):
            record = make_record(account, "vehicle", name, owner_id=owner.id if owner else None)
            make_expiration(record, "registration", DAY)
        make_expiration(ada, "licence", DAY)
        other = make_account("Other")
        make_expiration(make_record(other, name="Theirs"), "registration", DAY)
        return account.id


def make(client, which: str = "own") -> str:
    """A new address' path, as the page shows it once."""
    page = client.submit(f"/admin/calendars/{which}")
    assert page.status_code == 200
    return "/calendar/" + page.text.split("https://qr.example.com/calendar/")[1].split("<")[0]


def names(client, path: str) -> set[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return {event.summary.value for event in vobject.readOne(answer.text).contents.get("vevent", [])}


def test_a_persons_feed_holds_what_they_own_and_supervise(company, client):
    client.sign_in("ada@example.com")
    mine = {"Mine: registration expires", "Olga's: registration expires", "Ada Admin: licence expires"}
    assert names(client, make(client)) == mine
    client.sign_in("mia@example.com")
    assert names(client, make(client)) == set()


def test_the_companys_feed_holds_all_its_papers_as_whole_days(company, client):
    client.sign_in("ada@example.com")
    path = make(client, "company")
    assert len(names(client, path)) == 4 and "Theirs: registration expires" not in names(client, path)
    event = vobject.readOne(client.get(path).text).vevent
    assert (event.dtstart.value, event.dtend.value) == (DAY, date(2030, 3, 1))
    assert "DTSTART;VALUE=DATE:20300228" in client.get(path).text
    assert event.url.value.startswith("https://qr.example.com/admin/records/")


def test_an_unchanged_feed_is_not_sent_twice(app, company, client):
    client.sign_in("ada@example.com")
    path = make(client, "company")
    first = client.get(path)
    assert (first.mimetype, first.headers["Cache-Control"]) == ("text/calendar", "private, no-cache")
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with app.app_context():
        db.session.query(Expiration).first().expires_on = date(2031, 1, 1)
        db.session.commit()
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_hostile_names_stay_one_text(app, company, client):
    evil = "A;B,C\\D:E\nEND:VEVENT\r\nATTENDEE:x@example.com\x07" + "ü" * 100
    with app.app_context():
        record = make_record(db.session.get(Account, company), "vehicle", "Van")
        record.name = evil
        make_expiration(record, "registration", DAY)
    client.sign_in("ada@example.com")
    answer = client.get(make(client, "company"))
    events = vobject.readOne(answer.text).contents["vevent"]
    assert len(events) == 5 and not any("attendee" in event.contents for event in events)
    found = next(event.summary.value for event in events if event.summary.value.startswith("A;B,C\\D:E"))
    assert "END:VEVENT" in found and "\x07" not in found
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n")), "RFC 5545, section 3.1"


def test_renewed_archived_and_retired_ones_are_absent(app, company, client):
    with app.app_context():
        papers = {paper.record.name: paper for paper in db.session.query(Expiration).filter_by(account_id=company)}
        papers["Mine"].renewed_at = papers["Olga's"].record.archived_at = datetime.now(UTC)
        papers["Nobody's"].record.state = "retired"
        db.session.commit()
    client.sign_in("ada@example.com")
    assert names(client, make(client, "company")) == {"Ada Admin: licence expires"}


def test_a_new_address_ends_the_old_one_and_revoking_ends_it(app, company, client):
    client.sign_in("ada@example.com")
    old, companys = make(client), make(client, "company")
    new = make(client)
    assert [client.get(path).status_code for path in (old, new, companys)] == [404, 200, 200]
    assert new.split("/")[2].removesuffix(".ics") not in client.get("/admin/calendars").text, "shown only once"
    client.submit("/admin/calendars/own/revoke")
    assert [client.get(path).status_code for path in (new, companys)] == [404, 200]
    assert client.submit("/admin/calendars/own/revoke").status_code == 404
    with app.app_context():
        actions = [event.action for event in db.session.query(AuditEvent).filter_by(target_kind="calendar")]
    assert actions == ["calendar.create"] * 3 + ["calendar.revoke"]


def test_whoever_left_the_company_reads_its_days_no_more(app, company, client):
    client.sign_in("mia@example.com")
    path = make(client)
    client.sign_in("ada@example.com")
    with app.app_context():
        mia = db.session.query(Membership).join(User).filter(User.email == "mia@example.com").one().public_id
    assert client.get(path).status_code == 200
    assert client.submit(f"/admin/settings/people/{mia}/remove").status_code == 303
    assert client.get(path).status_code == 404


def test_the_companys_feed_needs_its_permission(app, company, client):
    client.sign_in("mia@example.com")
    assert client.submit("/admin/calendars/company").status_code == 403
    assert client.submit("/admin/calendars/company/revoke").status_code == 403
    assert client.submit("/admin/calendars/else").status_code == 404
    assert "The company" not in client.get("/admin/calendars").text
    with app.app_context():
        assert db.session.query(CalendarFeed).count() == 0


@pytest.mark.parametrize("secret", ["x", "%00", "a" * 43, "%F0%9F%98%80"])
def test_a_guessed_address_answers_404(company, client, secret):
    assert client.get(f"/calendar/{secret}.ics").status_code == 404
