"""The public door to the owner: who may write, to whom it goes, how often, and what is kept."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image

from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.gate.models import AttemptCounter
from portal.jobs.models import Mail
from portal.visits import message_limits
from portal.visits.models import Message
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path


@pytest.fixture
def path(app):
    """A truck with an owner and a supervisor; its scan address."""
    with app.app_context():
        account = make_account(contact_email="office@example.com")
        make_member(account)
        boss = make_record(account, "contact", "Priya Raman", email="priya@example.com")
        owner = make_record(account, "contact", "Olga Owner", email="olga@example.com", supervisor_id=boss.id)
        return scan_path(make_record(account, name="Flatbed 12", tag="NY-12", owner_id=owner.id))


def admit(client, path):
    assert client.post(path, data={"passcode": PASSCODE}).status_code == 303


def tell(client, path, **fields):
    return client.post(f"{path}/message", data={"reason": "expired"} | fields)


def kept(app, table=Message):
    with app.app_context():
        return db.session.query(table).order_by(table.id).all()


def picture():
    data = io.BytesIO()
    Image.new("RGB", (640, 480), "red").save(data, "JPEG")
    data.seek(0)
    return data, "photo.jpg"


def test_a_message_is_kept_and_mailed_to_the_owner(app, client, path):
    admit(client, path)
    fields = {"text": "The plate says 2024.", "name": "Vera", "contact": "vera@example.net"}
    answer = tell(client, path, **fields, latitude="52.229676", longitude="21.012229")
    assert answer.status_code == 303
    thanks = client.get(answer.location)
    assert thanks.status_code == 200 and "Thank you" in thanks.text
    [message], [mail] = kept(app), kept(app, Mail)
    assert (message.reason, message.text, message.sender_name) == ("expired", "The plate says 2024.", "Vera")
    assert (message.latitude, message.longitude, message.state) == (52.23, 21.01, "open")
    assert (mail.recipient, mail.reply_to, mail.kind) == ("olga@example.com", "vera@example.net", "visits.message")
    assert mail.subject == "Flatbed 12 (NY-12): Papers expired"
    for words in ("The plate says 2024.", "Vera", "52.23, 21.01", f"/admin/messages/{message.public_id}"):
        assert words in mail.text_body
    [event] = [one for one in kept(app, AuditEvent) if one.action == "message.receive"]
    assert event.actor_name == "visitor" and "vera" not in str(event.after).lower()


def test_hostile_text_is_text_in_page_and_mail(app, client, path):
    admit(client, path)
    hostile = "<script>alert(1)</script>"
    tell(client, path, text=hostile, name=hostile)
    [mail] = kept(app, Mail)
    assert hostile not in mail.html_body and "&lt;script&gt;" in mail.html_body and hostile in mail.text_body


def test_the_owners_address_is_nowhere_in_what_the_visitor_gets(client, path):
    admit(client, path)
    answers = [client.get(f"{path}/message"), tell(client, path), tell(client, path, reason="x")]
    answers.append(client.get(answers[1].location))
    for answer in answers:
        for address in ("olga@", "priya@", "office@"):
            assert address not in answer.text + str(answer.headers)


@pytest.mark.parametrize("missing", range(5))
def test_it_goes_to_the_first_who_has_an_address(app, client, missing):
    """Owner, supervisor, duty contact, company; ``missing`` of them, from the first on, have none."""
    addresses = ["" if at < missing else f"{at}@example.com" for at in range(4)]
    with app.app_context():
        account = make_account(contact_email=addresses[3])
        boss = make_record(account, "contact", "Boss", email=addresses[1])
        who = make_record(account, "contact", "Owner", email=addresses[0], supervisor_id=boss.id)
        account.duty_contact_id = make_record(account, "contact", "Duty", email=addresses[2]).id
        path = scan_path(make_record(account, owner_id=who.id))
    admit(client, path)
    assert tell(client, path).status_code == 303
    assert [mail.recipient for mail in kept(app, Mail)] == addresses[missing : missing + 1]
    assert [message.recipient for message in kept(app)] == (addresses[missing : missing + 1] or [""])


def test_a_message_for_the_supervisor_and_one_from_a_contacts_own_sticker(app, client, path):
    admit(client, path)
    tell(client, path, to="supervisor")
    with app.app_context():
        account = make_account("Other", passcode="7391")
        other = scan_path(make_record(account, "contact", "Karl", email="karl@example.com"))
    client.post(other, data={"passcode": "7391"})
    tell(client, other)
    assert [mail.recipient for mail in kept(app, Mail)] == ["priya@example.com", "karl@example.com"]


def test_an_archived_duty_contact_is_passed_over(app, client):
    with app.app_context():
        account = make_account(contact_email="office@example.com")
        duty = make_record(account, "contact", "Duty", email="duty@example.com", archived_at=datetime.now(UTC))
        account.duty_contact_id = duty.id
        path = scan_path(make_record(account))
    admit(client, path)
    tell(client, path)
    assert [mail.recipient for mail in kept(app, Mail)] == ["office@example.com"]


def test_nobody_writes_without_the_passcode_but_members(app, client, path):
    assert client.get(f"{path}/message").status_code == 303
    assert tell(client, path).status_code == 303
    assert kept(app) == []
    client.sign_in("ada@example.com")
    assert client.get(f"{path}/message").status_code == 200
    tell(client, path)
    assert len(kept(app)) == 1


def test_unknown_stickers_and_foreign_forms_are_refused(app, client, path):
    assert client.get("/q/0000000000000000/message").status_code == 404
    admit(client, path)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(f"{path}/message", data={"reason": "expired"}, headers=headers).status_code == 403
    assert kept(app) == []


def test_papers_expired_is_chosen_when_a_paper_is(app, client, path):
    admit(client, path)
    assert " checked" not in client.get(f"{path}/message").text
    with app.app_context():
        account = make_account("Late", passcode="7391")
        late = make_record(account)
        make_expiration(late, expires_on=date(2020, 1, 1))
        other = scan_path(late)
    client.post(other, data={"passcode": "7391"})
    assert re.findall(r'value="(\w+)" checked', client.get(f"{other}/message").text) == ["expired"]


def test_a_refused_message_keeps_what_was_typed_and_stores_nothing(app, client, path):
    admit(client, path)
    answer = tell(client, path, text="Careful now", contact="no address", photo=(io.BytesIO(b"<svg/>"), "a.svg"))
    assert answer.status_code == 422
    assert "Careful now" in answer.text and "SVG drawings are not accepted" in answer.text
    assert 'id="contact-error"' in answer.text and kept(app) == []


def test_a_photo_is_written_anew_and_its_deletion_elsewhere_leaves_it(app, client, path):
    admit(client, path)
    tell(client, path, photo=picture())
    [message] = kept(app)
    photos = app.extensions["portal"].photos
    assert photos.path(message.photo_key, "full").read_bytes()[:4] == b"RIFF"
    with app.app_context():
        account = make_account("Same picture")
        make_member(account, "pia@example.com")
        record = make_record(account, photo_key=message.photo_key)
        address = f"/admin/records/{record.public_id}"
    client.sign_in("pia@example.com")
    assert client.submit(f"{address}/delete", {}).status_code == 303
    assert photos.path(message.photo_key, "full") is not None


def test_one_form_sent_twice_leaves_one_message(app, client, path):
    admit(client, path)
    key = re.search(r'name="form_key" value="(\w+)"', client.get(f"{path}/message").text)[1]
    assert [tell(client, path, form_key=key).status_code for _ in range(3)] == [303] * 3
    assert (len(kept(app)), len(kept(app, Mail))) == (1, 1)
    [spent] = [one.count for one in kept(app, AttemptCounter) if one.scope == "message-client"]
    assert spent == 1


def test_one_form_sent_by_two_at_once_leaves_one_message(app, path):
    """A nervous finger on a slow line: both are thanked, one is kept, mailed and counted."""

    def send(_number):
        client = PortalClient(app)
        admit(client, path)
        return tell(client, path, form_key="the same").status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(4))) == [303] * 4
    assert (len(kept(app)), len(kept(app, Mail))) == (1, 1)
    assert [one.count for one in kept(app, AttemptCounter) if one.scope == "message-client"] == [1]


def test_a_client_sends_five_an_hour_and_keeps_its_text_when_refused(app, client, path):
    admit(client, path)
    for _ in range(5):
        assert tell(client, path).status_code == 303
    answer = tell(client, path, text="One more thing")
    assert answer.status_code == 429 and 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert "One more thing" in answer.text and "try again in 60 minutes" in answer.text
    assert len(kept(app)) == 5
    with app.app_context():
        db.session.query(AttemptCounter).filter_by(scope="message-client").update(
            {"since_at": datetime.now(UTC) - timedelta(hours=1, seconds=1)}
        )
        db.session.commit()
    assert tell(client, path).status_code == 303


def fill(app, count):
    """As if the account had got so many messages today."""
    with app.app_context():
        db.session.query(AttemptCounter).filter_by(scope="message-account").update({"count": count})
        db.session.commit()


def test_an_account_is_mailed_thirty_and_takes_a_hundred_a_day(app, client, path):
    admit(client, path)
    tell(client, path)
    fill(app, message_limits.MOST_MAILED - 1)
    tell(client, path)
    tell(client, path)
    mails = kept(app, Mail)
    assert len(kept(app)) == 3 and len(mails) == 2
    assert "are not mailed" in mails[1].text_body and "are not mailed" not in mails[0].text_body
    fill(app, message_limits.ACCOUNT.most)
    answer = tell(client, path)
    assert answer.status_code == 429 and "This company has many messages already" in answer.text
    assert len(kept(app)) == 3


def test_a_program_that_fills_the_hidden_field_is_thanked_and_not_heard(app, client, path):
    admit(client, path)
    assert tell(client, path, website="https://spam.example").status_code == 303
    assert kept(app) == []


def test_the_place_may_be_asked_for_on_this_page_only(client, path):
    admit(client, path)
    form = client.get(f"{path}/message")
    assert "geolocation=(self)" in form.headers["Permissions-Policy"]
    assert "geolocation=()" in client.get(path).headers["Permissions-Policy"]
    assert (
        "nonce-" in form.headers["Content-Security-Policy"] and "unsafe" not in form.headers["Content-Security-Policy"]
    )


def test_a_deleted_record_leaves_its_messages(app, client, path):
    client.sign_in("ada@example.com")
    tell(client, path)
    [message] = kept(app)
    with app.app_context():
        from portal.records.models import Record

        public_id = db.session.get(Record, message.record_id).public_id
    assert client.submit(f"/admin/records/{public_id}/delete", {}).status_code == 303
    [message] = kept(app)
    assert (message.record_id, message.record_name) == (None, "Flatbed 12")
    assert "Flatbed 12</bdi> (deleted)" in client.get(f"/admin/messages/{message.public_id}").text
