"""What an admin does on pages, a program does by the API: devices are added, suspended and approved, keys planned."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import Account
from portal.accounts.permissions import DOORS
from portal.devices.models import PENDING, Device
from portal.extensions import db
from portal.jobs.models import BY_SMS, Mail
from tests.api.calling import bearer, make_phone, program
from tests.client import PortalClient
from tests.enrollment.pictures import read_svg
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

NEW = "/admin/devices"
PLAN = "/admin/installation-key/plan"


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account(country="PL")
        ada = make_member(account)
        crew = make_member(account, f"crew-001@{account.public_id}.invalid", role="member")
        crew.sign_in_name = "crew-001"
        db.session.commit()
        make_member(make_account("Elsewhere"), "cleo@example.com")
        token, device = make_phone(account, ada.user_id)
        return {"token": token, "device": f"/admin/app/devices/{device}", "id": device}


@pytest.fixture
def ada(app, company):
    found = program(app)
    found.sign_in()
    return found


def change_status(app, public_id, status):
    with app.app_context():
        db.session.query(Device).filter_by(public_id=public_id).one().status = status
        db.session.commit()


def mails(app):
    with app.app_context():
        return db.session.query(Mail).order_by(Mail.id).all()


class TestADeviceIsAdded:
    def test_with_its_code_which_installs_it(self, app, ada):
        made = ada.send("POST", NEW, json={"name": "  Gate   tablet ", "user_id": "ada@example.com"})
        assert made.status_code == 201, made.text
        device = made.json["device"]
        assert (device["name"], device["status"], device["person"]) == ("Gate tablet", "expected", "Ada Admin")
        assert made.json["sent_to"] is None and not mails(app)
        assert read_svg(made.json["svg"]) == made.json["link"]
        left = datetime.fromisoformat(made.json["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
        joined = PortalClient(app).post("/api/v1/enroll/redeem", json={"code": made.json["code"]})
        assert joined.json["device_id"] == device["id"]
        assert ada.send("GET", f"{NEW}/{device['id']}/code").status_code == 404, "it is used up"

    @pytest.mark.parametrize(
        ("sending", "recipient", "is_sms"),
        [
            ({"send_by": "email"}, "ada@example.com", False),
            ({"send_by": "email", "recipient": "olga@example.com"}, "olga@example.com", False),
            ({"send_by": "sms", "recipient": "512 345 678"}, "+48512345678", True),
        ],
    )
    def test_and_the_code_is_sent(self, app, ada, sending, recipient, is_sms):
        made = ada.send("POST", NEW, json={"name": "Tablet", "user_id": "ada@example.com", "days": 3, "send": sending})
        assert (made.status_code, made.json["sent_to"]) == (201, recipient)
        (mail,) = mails(app)
        assert (mail.recipient, mail.channel == BY_SMS) == (recipient, is_sms)

    def test_and_the_code_goes_to_a_contact_of_the_records(self, app, ada):
        with app.app_context():
            own = db.session.scalars(sa.select(Account).order_by(Account.id)).first()
            olga = make_record(own, "contact", "Olga", email="o@example.com")
            sending = {"send_by": "email", "contact_id": olga.public_id}
        assert ada.send("POST", NEW, json={"name": "Tablet", "send": sending}).json["sent_to"] == "o@example.com"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"user_id": "cleo@example.com"}, "user_id"),
            ({"user_id": "nobody"}, "user_id"),
            ({"send": {"send_by": "email"}}, "recipient"),
            ({"user_id": "crew-001", "send": {"send_by": "email"}}, "recipient"),
            ({"send": {"send_by": "sms", "recipient": "12"}}, "recipient"),
            ({"send": {"send_by": "email", "contact_id": "nobody"}}, "contact_id"),
        ],
    )
    def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_made(self, app, ada, fields, field):
        answer = ada.send("POST", NEW, json={"name": "Tablet"} | fields)
        assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
        assert list(answer.json["errors"]) == [field]
        assert ada.send("GET", "/admin/app/devices").json["total"] == 1 and not mails(app)

    @pytest.mark.parametrize(
        "fields",
        [{"name": ""}, {"days": 0}, {"days": 366}, {"role": "admin"}, {"send": {"send_by": "fax"}}, {"name": 5}],
    )
    def test_what_is_not_as_described_is_422(self, ada, fields):
        assert ada.send("POST", NEW, json={"name": "Tablet"} | fields).status_code == 422

    def test_its_code_is_shown_sent_again_and_renewed(self, app, ada):
        made = ada.send("POST", NEW, json={"name": "Tablet"}).json
        path = f"{NEW}/{made['device']['id']}/code"
        assert ada.send("GET", path).json["code"] == made["code"]
        sent = ada.send("POST", f"{path}/send", json={"send_by": "email", "recipient": "olga@example.com"})
        assert (sent.status_code, sent.json["sent_to"], sent.json["code"]) == (200, "olga@example.com", made["code"])
        renewed = ada.send("POST", path)
        assert renewed.status_code == 201 and renewed.json["code"] != made["code"]
        assert renewed.json["sent_to"] is None  # the code before it went there
        old = PortalClient(app).post("/api/v1/enroll/redeem", json={"code": made["code"]})
        assert old.status_code == 400

    def test_a_revoked_one_gets_no_code(self, ada, company):
        assert ada.send("DELETE", company["device"]).status_code == 204
        refused = ada.send("POST", f"{NEW}/{company['id']}/code")
        assert (refused.status_code, refused.json["reason"]) == (409, "revoked")
        sent = ada.send("POST", f"{NEW}/{company['id']}/code/send", json={"send_by": "email"})
        assert (sent.status_code, sent.json["reason"]) == (404, "no_code")


class TestADeviceIsActedOn:
    def test_suspended_and_resumed_at_its_next_request(self, app, ada, company):
        phone = PortalClient(app)
        for act, status, seen in (
            ("suspend", "suspended", 401), ("suspend", "suspended", 401), ("resume", "active", 200),
            ("resume", "active", 200),
        ):  # fmt: skip
            answer = ada.send("POST", f"{company['device']}/{act}")
            assert (answer.status_code, answer.json["status"]) == (200, status)
            assert phone.get("/api/v1/app/me", headers=bearer(company["token"])).status_code == seen

    def test_approved_when_it_waits(self, app, ada, company):
        change_status(app, company["id"], PENDING)
        for act in ("suspend", "resume"):
            refused = ada.send("POST", f"{company['device']}/{act}")
            assert (refused.status_code, refused.json["reason"]) == (409, "pending_approval"), act
        assert ada.send("POST", f"{company['device']}/approve").json["status"] == "active"

    def test_a_revoked_one_is_left_alone(self, ada, company):
        ada.send("DELETE", company["device"])
        for act in ("suspend", "resume", "approve"):
            assert ada.send("POST", f"{company['device']}/{act}").json["reason"] == "revoked"

    def test_a_phone_may_suspend_but_let_nobody_in(self, app, company):
        phone = program(app)
        phone.headers = bearer(company["token"])
        for act in ("resume", "approve"):
            assert phone.send("POST", f"{company['device']}/{act}").json["reason"] == "not_for_phones"
        assert phone.send("POST", f"{company['device']}/suspend").status_code == 200

    def test_addresses_are_kept_as_long_as_chosen(self, ada):
        assert ada.send("PATCH", "/admin/app/settings", json={"address_days": 0}).json == {"address_days": 0}
        assert ada.send("GET", "/admin/app/settings").json == {"address_days": 0}
        assert ada.send("PATCH", "/admin/app/settings", json={"address_days": 366}).status_code == 422


class TestTheInstallationKey:
    def test_is_planned_shown_and_cancelled(self, ada):
        at = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds").replace("+00:00", "Z")
        assert ada.send("GET", PLAN).json == {"plan": None}
        planned = {"next_at": at, "every_days": 90, "overlap_hours": 336}
        for answer in (ada.send("PUT", PLAN, json=planned), ada.send("GET", PLAN)):
            assert (answer.status_code, answer.json) == (200, {"plan": planned | {"planned_by": "Ada Admin"}})
        assert [ada.send("DELETE", PLAN).status_code for _ in range(2)] == [204, 204]
        assert ada.send("GET", PLAN).json == {"plan": None}

    @pytest.mark.parametrize(
        ("days", "more", "field"),
        [(-1, {}, "next_at"), (366, {}, "next_at"), (1, {"every_days": 1, "overlap_hours": 25}, "overlap_hours")],
    )
    def test_is_not_planned_where_it_does_not_fit(self, ada, days, more, field):
        at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        answer = ada.send("PUT", PLAN, json={"next_at": at} | more)
        assert (answer.status_code, list(answer.json["errors"])) == (409, [field])

    def test_goes_to_a_person_by_mail(self, app, ada):
        answer = ada.send("POST", "/admin/pairing-qr/send", json={"recipient": "ADA@example.com"})
        assert (answer.status_code, answer.json) == (202, {"recipient": "ada@example.com"})
        (mail,) = mails(app)
        assert (mail.recipient, mail.kind) == ("ada@example.com", "enrollment.pairing_qr")

    @pytest.mark.parametrize("recipient", ["cleo@example.com", "crew-001", "nobody"])
    def test_goes_to_nobody_without_a_mailbox_here(self, app, ada, recipient):
        answer = ada.send("POST", "/admin/pairing-qr/send", json={"recipient": recipient})
        assert (answer.status_code, list(answer.json["errors"])) == (409, ["recipient"])
        assert not mails(app)


class TestAOneTimeCode:
    def test_is_taken_back_within_60_seconds(self, app, ada):
        made = ada.send("POST", "/admin/app/generate-qr").json
        path = f"/admin/app/grants/{made['id']}"
        assert ada.send("POST", f"{path}/undo").json["reason"] == "too_late", "nobody has used it"
        phone = PortalClient(app)
        token = phone.post("/api/v1/admin/app/exchange-token", json={"token": made["token"]}).json["access_token"]
        for _ in range(2):
            undone = ada.send("POST", f"{path}/undo")
            assert (undone.status_code, undone.json["state"]) == (200, "revoked")
            assert phone.get("/api/v1/app/me", headers=bearer(token)).json["reason"] == "revoked"


def test_every_page_of_devices_and_codes_has_its_door():
    """A page that changes something and has no line here is one that programs cannot do."""
    by_api = {
        "devices": {
            "bulk": "devices.revoke", "keep_addresses": "device_acts.save_settings", "rename": "devices.rename",
            "suspend": "device_acts.suspend", "resume": "device_acts.resume", "approve": "device_acts.approve",
            "revoke": "devices.revoke", "index": "devices.index", "show": "devices.show", "ask": "devices.show",
        },
        "expected_devices": {
            "add": "expected_devices.add", "show_code": "expected_devices.show_code",
            "send_code": "expected_devices.send_code", "renew_code": "expected_devices.renew_code",
        },
        "mobile_setup": {
            "index": "mobile_setup.make_pairing_qr", "make_key": "mobile_setup.make_pairing_qr",
            "print_page": "mobile_setup.make_pairing_qr", "send": "key_plans.send",
        },
        "key_rotation": {
            "ask": "mobile_setup.show_progress", "rotate": "mobile_setup.rotate", "plan": "key_plans.show",
            "save_plan": "key_plans.save", "cancel_plan": "key_plans.cancel",
        },
        "mobile_app": {
            "index": "devices.index", "generate": "mobile_app.generate_qr", "undo": "mobile_app.undo",
            "rename": "devices.rename", "ask_revoke": "devices.show", "revoke": "devices.revoke",
        },
    }  # fmt: skip
    for room, doors in by_api.items():
        pages = {name.rpartition(".")[2] for name in DOORS if name.startswith(f"admin.{room}.")}
        assert pages == set(doors), room
        assert {f"api.{door}" for door in doors.values()} <= set(DOORS), room
