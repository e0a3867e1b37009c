"""The inbox: finding, answering, assigning, closing, and two people at one message."""

from datetime import UTC, datetime

import pytest

from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.jobs.models import Mail
from portal.visits import messaging
from portal.visits.message_lists import PAGE
from portal.visits.messages import Told
from portal.visits.models import Message
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def make_message(record, *, reason="damaged", text="", name="", contact="", place=None):
    """A message as a visitor leaves it; every one from a client of its own."""
    count = db.session.query(Message).count()
    left = messaging.leave(
        db.session(),
        account_id=record.account_id,
        record_id=record.id,
        record_name=record.name,
        told=Told(reason, text, name, contact, place),
        photo_key="",
        recipient="",
        client=f"client {count}",
        now=NOW,
    )
    db.session.commit()
    return left.message.public_id


@pytest.fixture
def truck(app):
    """A company with an admin and two members, one of whom may answer; yields a function that leaves messages."""
    with app.app_context():
        account = make_account(contact_email="office@example.com")
        make_member(account)
        make_member(account, "mia@example.com", name="Mia", role="member", permissions=["messages.answer"])
        make_member(account, "tom@example.com", name="Tom", role="member")
        record_id = make_record(account, name="Flatbed 12").id

    def leave(**told):
        from portal.records.models import Record

        with app.app_context():
            return make_message(db.session.get(Record, record_id), **told)

    return leave


def read(app, public_id):
    with app.app_context():
        return db.session.query(Message).filter_by(public_id=public_id).one()


def act(client, public_id, verb, seen, **fields):
    return client.submit(f"/admin/messages/{public_id}/{verb}", {"seen": seen} | fields)


def seen(app, public_id):
    return messaging.seen_state(read(app, public_id))


def test_the_inbox_is_for_those_who_may_answer(client, truck):
    public_id = truck()
    client.sign_in("tom@example.com")
    for page in ("/admin/messages", f"/admin/messages/{public_id}"):
        assert client.get(page).status_code == 403
    assert "/admin/messages" not in client.get("/admin/").text
    client.sign_in("mia@example.com")
    assert client.get("/admin/messages").status_code == 200


def test_an_empty_inbox_says_what_will_stand_there(client, truck):
    client.sign_in("ada@example.com")
    assert "No open messages" in client.get("/admin/messages").text
    assert "Nothing matches" in client.get("/admin/messages?q=zzz").text


def test_messages_are_found_by_state_words_and_whose_they_are(app, client, truck):
    first = truck(text="Left mirror 100% gone", name="Vera")
    truck(text="Right mirror", contact="karl@example.net")
    client.sign_in("mia@example.com")
    act(client, first, "close", seen(app, first))

    def found(query):
        page = client.get(f"/admin/messages?{query}").text
        return [text for text in ("Left mirror", "Right mirror") if text in page]

    assert found("") == found("state=nonsense") == ["Right mirror"]
    assert found("state=closed") == ["Left mirror"] and found("state=all") == ["Left mirror", "Right mirror"]
    assert found("state=all&q=100%25") == found("state=all&q=VERA") == ["Left mirror"]
    assert found("state=all&q=karl@ mirror") == ["Right mirror"] and found("state=all&q=_") == []
    assert found("assigned=me") == [] and found("assigned=nobody") == ["Right mirror"]


def test_long_lists_have_pages(client, truck):
    for number in range(PAGE + 1):
        truck(text=f"number {number}.")
    client.sign_in("ada@example.com")
    page = client.get("/admin/messages").text
    assert f"number {PAGE}." in page and "number 0." not in page and f"{PAGE + 1} messages" in page
    [older] = [part for part in page.split('"') if "before=" in part]
    older = client.get(older.replace("&amp;", "&")).text
    assert "number 0." in older and "number 1." not in older


def test_an_answer_is_mailed_in_the_companys_name(app, client, truck):
    public_id = truck(text="Mirror gone", contact="vera@example.net", place=(52.23, 21.01))
    client.sign_in("mia@example.com")
    page = client.get(f"/admin/messages/{public_id}").text
    assert 'href="geo:52.23,21.01"' in page and "Mirror gone" in page
    answer = act(client, public_id, "answer", seen(app, public_id), text="Thank you.\r\nWe come today.")
    assert answer.status_code == 303
    with app.app_context():
        mail = db.session.query(Mail).filter_by(kind="visits.answer").one()
    assert (mail.recipient, mail.reply_to, mail.sender_name) == (
        "vera@example.net",
        "office@example.com",
        "North Yard Haulage",
    )
    assert "Thank you.\nWe come today." in mail.text_body and "mia@example.com" not in mail.text_body + mail.html_body
    message = read(app, public_id)
    assert (message.state, message.answered_by_name) == ("answered", "Mia")
    assert "Your answer goes to vera@example.net" in client.get(answer.location).text


def test_without_an_address_the_answer_is_a_note(app, client, truck):
    public_id = truck(contact="+12025550123")
    client.sign_in("ada@example.com")
    page = client.get(f"/admin/messages/{public_id}").text
    assert 'href="tel:+12025550123"' in page and "Note answer" in page
    act(client, public_id, "answer", seen(app, public_id), text="Called back.")
    assert read(app, public_id).state == "answered"
    with app.app_context():
        assert db.session.query(Mail).count() == 0


def test_an_empty_answer_is_refused(app, client, truck):
    public_id = truck(contact="vera@example.net")
    client.sign_in("ada@example.com")
    answer = act(client, public_id, "answer", seen(app, public_id), text=" \n ")
    assert answer.status_code == 422 and "Type an answer." in answer.text
    assert read(app, public_id).state == "open"


def test_the_second_of_two_who_answer_is_told_and_keeps_the_text(app, client, truck):
    public_id = truck(contact="vera@example.net")
    shown = seen(app, public_id)
    client.sign_in("mia@example.com")
    assert act(client, public_id, "answer", shown, text="From Mia").status_code == 303
    client.sign_in("ada@example.com")
    late = act(client, public_id, "answer", shown, text="From Ada")
    assert late.status_code == 409
    assert "Mia</bdi> was faster" in late.text and "From Ada</textarea>" in late.text and "From Mia" in late.text
    with app.app_context():
        assert db.session.query(Mail).count() == 1
    for verb in ("close", "reopen", "assign"):
        assert act(client, public_id, verb, shown).status_code == 409
    assert act(client, public_id, "answer", seen(app, public_id), text="From Ada").status_code == 303


def test_close_reopen_and_assign_leave_their_trail(app, client, truck):
    public_id = truck()
    client.sign_in("ada@example.com")
    with app.app_context():
        from portal.accounts.models import Membership, User

        members = {
            user.email: member.public_id
            for member, user in db.session.query(Membership, User).join(User, User.id == Membership.user_id)
        }
    assert act(client, public_id, "assign", seen(app, public_id), member=members["mia@example.com"]).status_code == 303
    assert "assigned to <bdi>Mia</bdi>" in client.get("/admin/messages").text
    # Who may not answer is not offered, and cannot be named by hand.
    assert act(client, public_id, "assign", seen(app, public_id), member=members["tom@example.com"]).status_code == 404
    act(client, public_id, "close", seen(app, public_id))
    assert read(app, public_id).state == "closed"
    act(client, public_id, "reopen", seen(app, public_id))
    act(client, public_id, "assign", seen(app, public_id), member="")
    message = read(app, public_id)
    assert (message.state, message.assigned_to_id) == ("open", None)
    with app.app_context():
        events = db.session.query(AuditEvent).filter_by(target_public_id=public_id).order_by(AuditEvent.id).all()
    assert [event.action.partition(".")[2] for event in events] == ["receive", "assign", "close", "reopen", "assign"]
    assert events[1].after == {"assigned_to": "Mia"} and events[1].actor_name == "Ada Admin"
