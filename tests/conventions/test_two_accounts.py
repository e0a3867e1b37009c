"""Two companies on one installation: every door, walked with the other company's ids, answers 404."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Invitation
from portal.enrollment.models import Grant
from portal.extensions import db
from portal.gate.known_devices import make_crew_link, use_link
from portal.gate.models import KnownDevice
from portal.jobs.mails import post
from portal.jobs.operations import enqueue
from portal.lib.secrets import digest
from portal.routes import audience_of
from portal.stickers.queries import get_current_sticker
from portal.visits.models import Message
from tests.factories.codes import make_code, make_token
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record

UPLOAD = {"kind": "vehicle", "mode": "dry-run", "file_name": "a.csv"}
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def ids(app: Flask) -> dict[str, str]:
    """One of everything in company A, by what it is; B's admin is boris@example.com."""
    with app.app_context():
        ours = make_account("Ours")
        admin = make_member(ours, "ada@example.com")
        member = make_member(ours, "mia@example.com", name="Mia Member", role="member")
        contact = make_record(ours, "contact", "Olga Owner", email="olga@example.com", phone="+12025550123")
        truck = make_record(ours, "vehicle", "Truck 7", owner_id=contact.id, photo_key="a" * 64)
        expiration = make_expiration(truck)
        session = db.session()
        invitation = Invitation(
            account_id=ours.id,
            secret_hash=digest("x"),
            email="new@example.com",
            role="member",
            permissions=[],
            invited_by_id=member.user_id,
            created_at=NOW,
            expires_at=NOW + timedelta(days=7),
        )
        session.add(invitation)
        jobs = {
            kind: enqueue(session, kind=kind, account_id=ours.id, user_id=member.user_id, payload=UPLOAD, now=NOW)
            for kind in ("labels.print", "records.import")
        }
        mail = post(
            session, account_id=ours.id, kind="test", recipient="olga@example.com", subject="Hello", text_body="Hello",
            html_body="", now=NOW,
        )  # fmt: skip
        message = Message(
            account_id=ours.id,
            record_id=truck.id,
            record_name=truck.name,
            reason="found",
            created_at=NOW,
            changed_at=NOW,
        )
        session.add(message)
        link, secret = make_crew_link(
            session,
            account_id=ours.id,
            label="Crew",
            most_uses=1,
            life=timedelta(days=1),
            created_by_name="Ada",
            now=datetime.now(UTC),
        )
        use_link(session, secret, "iPhone, Safari", datetime.now(UTC))
        phone = make_device(ours, admin, "Ada's phone")
        code, token = make_code(ours, admin), make_token(ours, admin)
        session.commit()
        theirs = make_account("Theirs")
        make_member(theirs, "boris@example.com", name="Boris")
        return {
            "record": truck.public_id,
            "contact": contact.public_id,
            "expiration": expiration.public_id,
            "invitation": invitation.public_id,
            "member": member.public_id,
            "mail": mail.public_id,
            "message": message.public_id,
            "crew link": link.public_id,
            "device": phone.public_id,
            "installation code": code.grant.public_id,
            "provisioning token": token.grant.public_id,
            "onboarding": session.scalars(select(Grant.public_id).where(Grant.id == phone.grant_id)).one(),
            "known device": session.scalars(select(KnownDevice.public_id)).one(),
            "sticker": get_current_sticker(session, ours.id, truck.id).public_id,
            "labels job": jobs["labels.print"].public_id,
            "import job": jobs["records.import"].public_id,
        }


# What the first argument of each blueprint's doors is an id of; an endpoint may say it more exactly.
ARGUMENTS = {
    "admin.records": {"public_id": "record", "expiration_id": "expiration"},
    "admin.stickers": {"public_id": "record", "act": "=revoke"},
    "admin.labels": {"public_id": "labels job"},
    "admin.transfer": {"public_id": "import job", "kind": None},
    "admin.calendars": {"which": None},
    "admin.outgoing": {"public_id": "mail"},
    "admin.outgoing.run_again": {"public_id": "labels job"},
    "admin.messages": {"public_id": "message"},
    "admin.people": {"public_id": "member"},
    "admin.devices": {"public_id": "device", "act": "=revoke"},
    "admin.expected_devices": {"public_id": "device"},
    "admin.installation_codes": {"public_id": "installation code", "act": "=suspend"},
    "admin.provisioning": {"public_id": "provisioning token", "act": "=suspend"},
    "admin.mobile_app": {"public_id": "device"},
    "admin.mobile_app.undo": {"public_id": "onboarding"},
    "admin.gate_settings.revoke_link": {"public_id": "crew link"},
    "admin.gate_settings.rename_device": {"public_id": "known device"},
    "admin.gate_settings.revoke_device": {"public_id": "known device"},
    "admin.gate_settings.reopen_sticker": {"public_id": "sticker"},
    "admin.people.revoke_invitation": {"public_id": "invitation"},
}
OWN = {"admin.profile.end_session"}  # ids of one's own sessions: tests/accounts walks them


def filled(rule, ids: dict[str, str]) -> str | None:
    """The address of a door with company A's ids in it; None when it takes no id."""
    known = ARGUMENTS.get(rule.endpoint) or ARGUMENTS.get(rule.endpoint.rpartition(".")[0], {})
    values = {}
    for argument in rule.arguments:
        assert argument in known, f"{rule.rule}: say in ARGUMENTS what <{argument}> is an id of"
        what = known[argument]
        if what is None:
            return None
        values[argument] = what[1:] if what.startswith("=") else ids[what]
    _, path = rule.build(values)
    return path


def doors(app: Flask, ids: dict[str, str]):
    for rule in app.url_map.iter_rules():
        if audience_of(rule.endpoint) == "admin" and rule.arguments and rule.endpoint not in OWN:
            path = filled(rule, ids)
            if path:
                for method in sorted(rule.methods & {"GET", "POST", "DELETE"}):
                    yield method, path


def test_another_companys_ids_answer_404_on_every_door(app, client, ids):
    client.sign_in("boris@example.com")
    walked = list(doors(app, ids))
    assert len(walked) > 20
    for method, path in walked:
        answer = (
            client.get(path)
            if method == "GET"
            else client.submit(path, {"name": "Mine now", "version": "1"}, method=method)
        )
        assert answer.status_code == 404, f"{method} {path} answered {answer.status_code}"


def test_the_same_doors_open_for_the_company_itself(app, client, ids):
    client.sign_in("ada@example.com")
    for method, path in doors(app, ids):
        if method == "GET" and not path.endswith(("/photo", "labels.pdf")):
            assert client.get(path).status_code in (200, 303), path


def test_another_companys_records_cannot_be_named_in_a_form(app, client, ids):
    client.sign_in("boris@example.com")
    truck, contact = ids["record"], ids["contact"]
    assert client.submit("/admin/labels.pdf", {"record": truck, "stock": "L7160"}).status_code == 404
    assert client.submit("/admin/labels", {"record": truck}).status_code == 404
    refused = client.submit("/admin/records/new?kind=vehicle", {"kind": "vehicle", "name": "Van", "owner_id": contact})
    assert refused.status_code == 422
    assert "Olga" not in refused.text
    for page in (
        f"/admin/records?owner={contact}",
        "/admin/records?q=truck",
        "/admin/records/choices?kind=contact&q=olga",
    ):
        assert "Truck 7" not in client.get(page).text and "Olga" not in client.get(page).text
