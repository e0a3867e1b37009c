"""A device that an admin adds gets its code by itself, and the code goes to whoever will carry the device."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from portal.accounts.models import Account
from portal.devices.models import ACTIVE, EXPECTED, REVOKED, Device
from portal.devices.sessions import DeviceFacts
from portal.enrollment import grants, redemption
from portal.enrollment.models import INSTALLATION_CODE, USE_EXISTING_DEVICE, Grant
from portal.extensions import db
from portal.jobs import mails
from portal.jobs.models import BY_SMS, QUEUED, Mail
from portal.lib.typed_codes import grouped
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

ADD = "/admin/devices/add"


def typed(**fields) -> dict[str, str]:
    whole = {"name": "Tablet of the north gate", "send_by": "email", "recipient": "olga@example.com", "days": "7"}
    return whole | fields


@pytest.fixture
def people(app):
    """Public ids by name: Ada, Mia with a mailbox, Crew without one."""
    with app.app_context():
        account = make_account(country="PL")
        members = {"Ada": make_member(account), "Mia": make_member(account, "mia@example.com", role="member")}
        crew = members["Crew"] = make_member(account, f"crew-001@{account.public_id}.invalid", role="member")
        crew.sign_in_name = "crew-001"
        db.session.commit()
        return {name: one.user.public_id for name, one in members.items()}


@pytest.fixture
def ada(people, client):
    client.sign_in("ada@example.com")
    return client


def rows(app, kind):
    with app.app_context():
        return db.session.query(kind).order_by(kind.id).all()


def code_of(app, grant: Grant) -> str:
    with app.app_context():
        return grouped(grants.reveal(app.extensions["portal"].key_ring, grant))


def opened(app, mail: Mail) -> mails.Opened:
    return mails.opened(app.extensions["portal"].key_ring, mail)


def add(app, ada, **fields) -> Device:
    answer = ada.submit(ADD, typed(**fields))
    assert answer.status_code == 303, answer.text
    return rows(app, Device)[-1]


def test_a_device_gets_a_code_for_itself_alone_that_works_once_for_7_days(app, ada):
    device = add(app, ada)
    (code,) = rows(app, Grant)
    assert (device.status, device.user_id, device.connected_at) == (EXPECTED, None, None)
    assert (code.kind, code.action, code.device_id, code.max_uses) == (
        INSTALLATION_CODE, USE_EXISTING_DEVICE, device.id, 1,
    )  # fmt: skip
    assert timedelta(days=6, hours=23) < code.expires_at - datetime.now(UTC) <= timedelta(days=7)


def test_the_mail_holds_link_code_host_and_expiry_and_the_database_none_of_them(app, ada):
    add(app, ada)
    (mail,), (grant,) = rows(app, Mail), rows(app, Grant)
    code = code_of(app, grant)
    content = opened(app, mail)
    assert (mail.recipient, mail.state) == ("olga@example.com", QUEUED)
    for body in (content.text, content.html):
        assert f"https://qr.example.com/app#v=1&k=code&t={code}&" in unescape(body)
        assert "open qr.example.com/app there" in body and "Tablet of the north gate" in body
        assert f"until {grant.expires_at:%-d %b %Y}" in body
    stored = " ".join(str(getattr(mail, column.name)) for column in Mail.__table__.columns)
    assert code not in stored and code.replace("-", "") not in stored


def test_by_sms_it_goes_to_the_number_and_without_a_gateway_stands_among_the_outgoing(app, ada):
    add(app, ada, send_by="sms", recipient="601 234 567")
    (mail,), (grant,) = rows(app, Mail), rows(app, Grant)
    code = code_of(app, grant)
    text = opened(app, mail).text
    assert mail.recipient == "+48601234567"
    assert f"t={code}&" in text and f"type {code}." in text and "qr.example.com/app" in text
    assert len(text) < mails.LONGEST_SMS
    assert (mail.state, mail.channel) == (QUEUED, BY_SMS)
    assert "+48601234567" in ada.get("/admin/settings/outgoing-mail").get_data(as_text=True)


def test_the_owners_mailbox_is_the_default_and_whoever_has_none_needs_an_address(app, ada, people):
    add(app, ada, owner=people["Mia"], recipient="")
    assert rows(app, Mail)[0].recipient == "mia@example.com"
    answer = ada.submit(ADD, typed(owner=people["Crew"], recipient=""))
    assert answer.status_code == 422 and "Type the e-mail address that the code goes to." in answer.text
    assert len(rows(app, Device)) == 1, "what was refused left nothing"


@pytest.fixture
def contacts(app, people):
    """Public ids by name: contacts of the records."""
    with app.app_context():
        account = db.session.query(Account).one()
        other = make_account("Theirs")
        made = [
            make_record(account, "contact", "Olga", email="olga@records.example", mobile="+48601000111"),
            make_record(account, "contact", "Deskless", phone="+48221234567"),
            make_record(account, "contact", "Hermit"),
            make_record(account, "contact", "Gone", email="gone@example.com", archived_at=datetime.now(UTC)),
            make_record(account, "vehicle", "Truck"),
            make_record(other, "contact", "Foreign", email="foreign@example.com"),
        ]
        return {one.name: one.public_id for one in made}


@pytest.mark.parametrize(
    "case",
    [
        ("email", "Olga", "olga@records.example"),
        ("sms", "Olga", "+48601000111"),
        ("sms", "Deskless", "+48221234567"),
    ],
)
def test_a_contact_of_the_records_gets_it_wherever_they_are_reached(app, ada, contacts, case):
    way, name, recipient = case
    page = ada.get(ADD).get_data(as_text=True)
    assert "Olga (olga@records.example)" in page and "Deskless (+48221234567)" in page
    assert not [name for name in ("Hermit", "Gone", "Truck", "Foreign") if name in page]
    device = add(app, ada, send_by=way, contact=contacts[name], recipient="")
    assert [mail.recipient for mail in rows(app, Mail)] == [recipient]
    again = {"send_by": "email", "contact": contacts["Olga"], "recipient": recipient}
    assert ada.submit(f"/admin/devices/{device.public_id}/code/send", again).status_code == 303
    assert rows(app, Mail)[-1].recipient == "olga@records.example", "the choice counts, not what stood there"


@pytest.mark.parametrize(
    "case",
    [
        ("email", "Deskless", "Deskless has no e-mail address. Type one below, or send an SMS."),
        ("sms", "Hermit", "Hermit has no phone number. Type one below."),
        ("email", "Gone", "Choose a contact from the list."),
        ("email", "Truck", "Choose a contact from the list."),
        ("email", "Foreign", "Choose a contact from the list."),
        ("email", "nobody", "Choose a contact from the list."),
    ],
)
def test_a_contact_that_nothing_reaches_is_refused_at_its_field(app, ada, contacts, case):
    way, name, sentence = case
    answer = ada.submit(ADD, typed(send_by=way, contact=contacts.get(name, name)))
    assert answer.status_code == 422 and sentence in answer.text
    assert rows(app, Device) == rows(app, Mail) == []


def test_it_may_be_shown_only_and_may_work_longer(app, ada):
    device = add(app, ada, send_by="", recipient="", days="365")
    assert rows(app, Mail) == []
    assert rows(app, Grant)[0].expires_at - datetime.now(UTC) > timedelta(days=364)
    page = ada.get(f"/admin/devices/{device.public_id}/code").get_data(as_text=True)
    assert code_of(app, rows(app, Grant)[0]) in page and "data:image/svg+xml" in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "Name the device"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"owner": "nobody000000"}, "Choose somebody of this company."),
        ({"recipient": "olga at home"}, "e-mail"),
        ({"send_by": "sms", "recipient": "12"}, "number"),
        ({"send_by": "pigeon"}, "Choose how the code is sent."),
        ({"days": "0"}, "from 1 to 365"),
        ({"days": "366"}, "from 1 to 365"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(app, ada, fields, sentence):
    answer = ada.submit(ADD, typed(**fields))
    assert answer.status_code == 422 and sentence in unescape(answer.text)
    assert rows(app, Device) == rows(app, Grant) == rows(app, Mail) == []


def test_it_is_sent_again_and_elsewhere(app, ada):
    device = add(app, ada)
    page = ada.get(f"/admin/devices/{device.public_id}/code").get_data(as_text=True)
    assert "Last sent to" in page and 'value="olga@example.com"' in page
    again = {"send_by": "email", "recipient": "olaf@example.com"}
    assert ada.submit(f"/admin/devices/{device.public_id}/code/send", again).status_code == 303
    first, second = rows(app, Mail)
    assert second.recipient == "olaf@example.com"
    assert opened(app, first).secret == opened(app, second).secret
    wrong = ada.submit(f"/admin/devices/{device.public_id}/code/send", {"send_by": "email", "recipient": "nowhere"})
    assert wrong.status_code == 422 and len(rows(app, Mail)) == 2


def test_a_new_code_ends_the_one_before(app, ada):
    device = add(app, ada)
    assert ada.submit(f"/admin/devices/{device.public_id}/code/renew").status_code == 303
    old, new = rows(app, Grant)
    assert old.revoked_at is not None and new.revoked_at is None
    page = ada.get(f"/admin/devices/{device.public_id}/code").get_data(as_text=True)
    assert code_of(app, new) in page and code_of(app, old) not in page
    assert "Not sent yet. The code before it went to" in page and "Last sent to" not in page
    assert 'value="olga@example.com"' in page and "Send again" not in page


def redeem(app, code: str):
    with app.app_context():
        facts = DeviceFacts(
            name="Phone", platform="Android", model="", app_version="", installation_uid="u1", browser="Chrome",
            ip="203.0.113.9",
        )  # fmt: skip
        done = redemption.redeem(
            db.session(), app.extensions["portal"].key_ring, text=code, kinds=(INSTALLATION_CODE,), facts=facts,
            now=datetime.now(UTC),
        )  # fmt: skip
        db.session.commit()
        return done if isinstance(done, redemption.Refusal) else done.device.public_id


def test_the_sent_code_installs_this_very_device_once(app, ada, people):
    device = add(app, ada, owner=people["Mia"])
    code = opened(app, rows(app, Mail)[0]).secret
    assert redeem(app, code) == device.public_id
    assert [(one.name, one.status) for one in rows(app, Device)] == [("Tablet of the north gate", ACTIVE)]
    assert isinstance(redeem(app, code), redemption.Refusal)
    page = ada.get(f"/admin/devices/{device.public_id}/code").get_data(as_text=True)
    assert "It is installed since" in page and "moves it to another phone" in page
    assert "1 of 1" in ada.get("/admin/installation-codes").get_data(as_text=True)


def test_a_code_whose_device_joined_again_by_another_does_not_say_that_none_joined(app, ada):
    device = add(app, ada)
    first = rows(app, Grant)[0]
    path = f"/admin/installation-codes/{first.public_id}"
    assert "None yet." in ada.get(path).text
    redeem(app, code_of(app, first))
    ada.submit(f"/admin/devices/{device.public_id}/code/renew")
    redeem(app, code_of(app, rows(app, Grant)[1]))
    page = ada.get(path).text
    assert "1 of 1" in page and "None any more" in page and "None yet." not in page


def test_the_code_of_a_device_behind_a_thousand_others_is_given_a_longer_time(app, ada):
    device = add(app, ada, name="Zulu tablet")
    with app.app_context():
        others = {"account_id": device.account_id, "status": EXPECTED, "created_at": device.created_at}
        db.session.add_all(Device(name=f"Tablet {number}", **others) for number in range(1000))
        db.session.commit()
    (grant,) = rows(app, Grant)
    path = f"/admin/installation-codes/{grant.public_id}/edit"
    assert re.search(rf'<option selected value="{device.public_id}">Zulu tablet<', ada.get(path).text)
    longer = {
        "version": "1", "description": "Longer", "action": USE_EXISTING_DEVICE, "device_id": device.public_id,
        "expires_at": (datetime.now(UTC) + timedelta(days=300)).strftime("%Y-%m-%dT%H:%M"), "max_uses": "0",
    }  # fmt: skip
    assert f'selected value="{device.public_id}"' in ada.submit(path, longer).text, "after a fault elsewhere too"
    assert ada.submit(path, longer | {"max_uses": "1"}).status_code == 303


def test_a_revoked_device_gets_no_code(app, ada):
    device = add(app, ada)
    with app.app_context():
        db.session.query(Device).update({"status": REVOKED, "revoked_at": datetime.now(UTC)})
        db.session.commit()
    ada.submit(f"/admin/devices/{device.public_id}/code/renew")
    sent = ada.submit(
        f"/admin/devices/{device.public_id}/code/send", {"send_by": "email", "recipient": "o@example.com"}
    )
    assert sent.status_code == 422 and len(rows(app, Mail)) == 1
    assert len(rows(app, Grant)) == 1
    page = ada.get(f"/admin/devices/{device.public_id}/code").get_data(as_text=True)
    assert "Add it as a new device" in page and not re.search(r">\s*New code\s*<", page)
    assert "is ready" not in page and "Send the code" not in page
    assert ada.get(f"/api/v1/admin/devices/{device.public_id}/code").status_code == 404


def test_another_companys_owner_cannot_be_chosen(app, ada):
    with app.app_context():
        other = make_member(make_account("Theirs"), "boris@example.com").user.public_id
    answer = ada.submit(ADD, typed(owner=other))
    assert answer.status_code == 422 and "Choose somebody of this company." in answer.text
    with app.app_context():
        assert db.session.query(Account).count() == 2


def test_who_may_only_manage_codes_adds_devices_and_is_led_nowhere_forbidden(app, people, client):
    with app.app_context():
        account = db.session.query(Account).one()
        make_member(account, "bob@example.com", name="Bob", role="member", permissions=["codes.manage"])
    client.sign_in("bob@example.com")
    assert f'href="{ADD}"' in client.get("/admin/installation-codes").text
    device = add(app, client)
    (grant,) = rows(app, Grant)
    assert redeem(app, code_of(app, grant)) == device.public_id
    pages = (ADD, f"/admin/devices/{device.public_id}/code", f"/admin/installation-codes/{grant.public_id}")
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200
        links = set(re.findall(r'href="(/admin/[^"#]*)"', answer.text))
        assert [link for link in links if client.get(link, follow_redirects=True).status_code == 403] == []
