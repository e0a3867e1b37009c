"""Two companies: every door for programs, walked with the other company's ids, answers 404, to programs and phones."""

import pytest
import sqlalchemy as sa

from portal.accounts.models import Account, Membership, User
from portal.accounts.permissions import DOORS
from portal.devices.models import ACTIVE, EXPECTED, Device
from portal.enrollment.models import Grant
from portal.extensions import db
from tests.api.calling import bearer, make_phone, program
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

# What the id in the address of each blueprint's doors is of.
OF = {
    "records": "record",
    "devices": "device",
    "device_acts": "device",
    "expected_devices": "added",
    "mobile_app": "onboarding",
    "installation_codes": "code",
    "provisioning": "token",
}
BODIES = {"PATCH": {"name": "Mine now"}, "POST": {}}
EDITS = {
    "api.installation_codes.edit": {"description": "Mine now"},
    "api.provisioning.edit": {"description": "Mine now"},
    "api.expected_devices.send_code": {"send_by": "email", "recipient": "boris@example.com"},
}


@pytest.fixture
def ids(app):
    """One of everything in Ada's company; Boris is the admin of another one and has a phone."""
    with app.app_context():
        ours, theirs = make_account("Ours"), make_account("Theirs")
        ada = make_member(ours)
        boris = make_member(theirs, "boris@example.com", name="Boris")
        record = make_record(ours).public_id
        device = make_phone(ours, ada.user_id)[1]
        phone = bearer(make_phone(theirs, boris.user_id)[0])
    admin = program(app)
    admin.sign_in()
    made = {
        name: admin.send("POST", f"/admin/{path}", json=body)
        for name, path, body in (
            ("onboarding", "app/generate-qr", None),
            ("code", "installation-codes", {"description": "Yard", "action": "create_account_and_device"}),
            ("token", "provisioning-tokens", {"description": "Tablets"}),
        )
    }
    assert {answer.status_code for answer in made.values()} == {201}, made["code"].text
    added = admin.send("POST", "/admin/devices", json={"name": "Gate tablet"})
    made["added"] = admin.send("GET", f"/admin/app/devices/{added.json['device']['id']}")
    return {"record": record, "device": device, "phone": phone} | {name: one.json["id"] for name, one in made.items()}


def walked(app, ids):
    """(endpoint, method, path, body) of every door under /api with an id in its address, filled with Ada's."""
    for rule in app.url_map.iter_rules():
        room = rule.endpoint.split(".")[1] if rule.endpoint.startswith("api.") else ""
        if room and rule.arguments:
            path = rule.build(dict.fromkeys(rule.arguments, ids[OF[room]]))[1].removeprefix("/api/v1")
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, path, EDITS.get(rule.endpoint, BODIES.get(method))


def snapshot(app):
    with app.app_context():
        tables = (Device, Grant, Account, Membership, User)
        quiet = {"last_active_at", "last_ip", "last_ip_at", "networks", "new_network_at"}
        return [
            tuple(
                db.session.execute(
                    sa.select(*[c for c in table.__table__.c if c.name not in quiet]).order_by(table.id)
                ).all()
            )
            for table in tables
        ]


def test_another_companys_ids_answer_404_to_a_program_and_to_a_phone(app, client, ids):
    boris = program(app)
    boris.sign_in("boris@example.com")
    before = snapshot(app)
    seen = 0
    for endpoint, method, path, body in walked(app, ids):
        answers = [boris.send(method, path, json=body)]
        if DOORS[endpoint].phone:
            answers.append(client.open(f"/api/v1{path}", method=method, json=body, headers=ids["phone"]))
        for answer in answers:
            assert answer.status_code == 404, f"{method} {path} answered {answer.status_code}: {answer.text}"
            assert answer.mimetype == "application/problem+json"
            seen += 1
    assert seen > 20
    assert snapshot(app) == before


def test_the_same_doors_open_for_the_company_itself(app, ids):
    ada = program(app)
    ada.sign_in()
    for _, method, path, body in walked(app, ids):
        if method == "GET" and not path.endswith("/photo"):
            assert ada.send(method, path, json=body).status_code == 200, path


def test_lists_hold_nothing_of_the_other_company(app, ids):
    boris = program(app)
    boris.sign_in("boris@example.com")
    for path in ("/records", "/admin/app/devices", "/admin/installation-codes", "/admin/provisioning-tokens"):
        answer = boris.send("GET", path)
        assert answer.status_code == 200
        assert not any(value in answer.text for value in ids.values() if isinstance(value, str)), path


GREEDY = ("id", "public_id", "account_id", "user", "role", "is_admin", "permissions", "status", "scope", "__class__")


def test_fields_that_are_not_described_are_refused_everywhere(app, ids):
    """Mass assignment: no body may name a column or a right that its description does not."""
    ada = program(app)
    ada.sign_in()
    before, asked = snapshot(app), 0
    for endpoint, method, path, _ in walked(app, ids):
        if method != "PATCH":
            continue
        for field in GREEDY:
            answer = ada.send(method, path, json={field: "admin"})
            assert answer.status_code == 422, f"{endpoint} took {field}"
            assert answer.json["errors"][field] == ["There is no such field."]
            asked += 1
    with app.app_context():
        token = bearer(make_phone(db.session.scalars(sa.select(Account)).first())[0])
    for path, headers in (("/session", {}), ("/app/sign-in", token), ("/pair", {}), ("/enroll/redeem", {})):
        answer = app.test_client().post(
            f"/api/v1{path}", json=dict.fromkeys(GREEDY, "x"), headers=headers, base_url="https://qr.example.com"
        )
        assert answer.status_code == 422, path
        assert all(answer.json["errors"][field] == ["There is no such field."] for field in GREEDY), path
    assert asked > 20
    with app.app_context():
        assert {one.status for one in db.session.scalars(sa.select(Device))} == {ACTIVE, EXPECTED}
    assert snapshot(app)[1:] == before[1:]
