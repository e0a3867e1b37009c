"""A paired phone with a person on it stands before no gate of its company, as long as both may be there."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts.models import Account, Membership
from portal.devices import operations
from portal.devices.models import Device, DeviceSession, PhoneCookie
from portal.enrollment.installation_keys import rotate
from portal.extensions import db
from portal.lib.secrets import digest
from portal.visits.models import Scan
from tests.client import PASSWORD, PortalClient
from tests.enrollment.arriving import ADDRESS, ADMIN, Phone, installation_key, now, onboarding, post, ring
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path
from tests.statements import noted

OWN = {"Origin": "https://qr.example.com", "Sec_Fetch_Site": "same-origin"}
COOKIE = "__Host-phone"
PLATE = "RVC 4471"  # which visitors do not see


@pytest.fixture
def truck(app):
    """The path of a sticker of a company with Ada, its admin."""
    with app.app_context():
        account = make_account(visible_fields={"vehicle": ["tag"]})
        make_member(account)
        record = make_record(account, name="Truck 7", plate=PLATE)
        make_expiration(record)
        return scan_path(record)


@pytest.fixture
def phone(app, truck):
    """A browser that exchanged Ada's one-time code."""
    with app.app_context():
        secret = onboarding(db.session.scalar(sa.select(Membership))).secret
    client = PortalClient(app)
    answer = post(client, "/admin/app/exchange-token", {"token": secret, "refresh_in": "cookie"}, **OWN)
    assert answer.status_code == 200
    return Phone(client, answer.json)


def change(app, what):
    with app.app_context():
        device = db.session.scalar(sa.select(Device))
        if what == "suspended":
            operations.suspend(db.session(), device, actor=ADMIN, now=now())
        elif what == "revoked":
            operations.revoke(db.session(), device, actor=ADMIN, now=now())
        elif what == "removed":
            db.session.delete(db.session.scalar(sa.select(Membership)))
        elif what == "must set up a second step":
            db.session.execute(sa.update(Account).values(requires_totp=True))
        elif what == "cookie revoked":
            db.session.execute(sa.update(PhoneCookie).values(revoked_at=now()))
        db.session.commit()


def test_the_whole_record_without_a_passcode(phone, truck):
    answer = phone.client.get(truck)
    assert answer.status_code == 200 and "Truck 7" in answer.text
    assert PLATE in answer.text and "registration" in answer.text.lower()  # as a member, not as a visitor
    assert 'name="passcode"' not in answer.text
    assert 'href="/app"' in answer.text and "/admin/" not in answer.text  # which this browser could not open


def test_a_visitor_with_the_passcode_sees_less(app, truck):
    client = PortalClient(app)
    assert client.post(truck, data={"passcode": PASSCODE}).status_code == 303
    answer = client.get(truck)
    assert "Truck 7" in answer.text and PLATE not in answer.text


def test_a_stranger_stands_before_the_gate(app, truck):
    answer = PortalClient(app).get(truck)
    assert "Truck 7" not in answer.text and "passcode" in answer.text.lower()


def test_the_cookie_is_a_row_of_its_own_and_only_its_digest_is_kept(app, phone):
    secret = phone.client.get_cookie(COOKIE, domain="qr.example.com").value
    with app.app_context():
        (row,) = db.session.scalars(sa.select(PhoneCookie))
        assert row.secret_hash == digest(secret) and secret not in str(vars(row))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("door", ["", "/message"])
def test_all_pages_of_the_sticker_open_alike(phone, truck, method, door):
    assert phone.client.open(truck + door, method=method).status_code == 200


def test_the_contact_card_opens_alike(app, truck, phone):
    with app.app_context():
        account = db.session.scalar(sa.select(Account))
        contact = scan_path(make_record(account, "contact", "Olga Owner", phone="+12025550100", email="o@example.com"))
    for method in ("GET", "HEAD"):
        card = phone.client.open(f"{contact}/contact.vcf", method=method)
        assert card.status_code == 200 and card.mimetype == "text/vcard"
        assert PortalClient(app).open(f"{contact}/contact.vcf", method=method).status_code == 303
        assert (
            phone.client.open(f"{contact}/photo", method=method).status_code == 404
        )  # it has none, but no gate either


@pytest.mark.parametrize("what", ["suspended", "revoked", "removed", "must set up a second step", "cookie revoked"])
def test_whoever_may_not_any_more_stands_before_the_gate_at_once(app, phone, truck, what):
    assert "Truck 7" in phone.client.get(truck).text
    change(app, what)
    for path in (truck, f"{truck}/message", f"{truck}/contact.vcf"):
        answer = phone.client.get(path, follow_redirects=True)
        assert "Truck 7" not in answer.text and "passcode" in answer.text.lower()
    assert phone.client.get(f"{truck}/photo").status_code == 404


def test_a_key_that_was_cut_closes_the_gate_too(app, truck):
    with app.app_context():
        key = installation_key(db.session.scalar(sa.select(Account)))
    client = PortalClient(app)
    token = post(client, "/pair", {"key": key, "refresh_in": "cookie"}, **OWN).json["access_token"]
    body = {"username": "ada@example.com", "password": PASSWORD, "refresh_in": "cookie"}
    assert post(client, "/app/sign-in", body, token=token, **OWN).status_code == 200
    assert "Truck 7" in client.get(truck).text
    with app.app_context():
        account_id = db.session.scalar(sa.select(Account.id))
        rotate(db.session(), ring(), account_id=account_id, overlap_hours=0, actor=ADMIN, now=now())
        db.session.commit()
    assert "Truck 7" not in client.get(truck).text


def test_a_paired_phone_without_a_person_stands_before_the_gate(app, truck):
    with app.app_context():
        key = installation_key(db.session.scalar(sa.select(Account)))
    client = PortalClient(app)
    assert post(client, "/pair", {"key": key, "refresh_in": "cookie"}, **OWN).status_code == 200
    assert "Truck 7" not in client.get(truck).text


def test_signing_out_closes_the_gate(phone, truck):
    phone.post("/app/sign-out", {"refresh_in": "cookie"}, **OWN)
    assert "Truck 7" not in phone.client.get(truck).text


def test_a_kept_copy_of_the_cookie_is_dead_after_signing_out(app, phone, truck):
    secret = phone.client.get_cookie(COOKIE, domain="qr.example.com").value
    phone.post("/app/sign-out", {"refresh_in": "cookie"}, **OWN)
    other = PortalClient(app)
    other.set_cookie(COOKIE, secret, domain="qr.example.com", secure=True)
    assert "Truck 7" not in other.get(truck).text


def test_another_company_asks_for_its_own_passcode(app, phone):
    with app.app_context():
        path = scan_path(make_record(make_account("South Yard", passcode="7391"), name="Digger 3"))
    answer = phone.client.get(path)
    assert "Digger 3" not in answer.text and "South Yard" in answer.text


@pytest.mark.parametrize("value", ["", "x", "a" * 43, "ä" * 40, "a" * 5000])
def test_a_made_up_cookie_opens_nothing(app, truck, value):
    client = PortalClient(app)
    answer = client.get(truck, headers={"Cookie": f"{COOKIE}={value}".encode().decode("latin-1")})
    assert answer.status_code == 200 and "Truck 7" not in answer.text


def test_the_phone_is_looked_up_only_when_its_cookie_is_there(app, phone, truck):
    with noted(app) as without:
        PortalClient(app).get(truck)
    with noted(app) as with_it:
        phone.client.get(truck)
    assert [sum("device_session" in one for one in asked) for asked in (without, with_it)] == [0, 1]


def test_the_scan_is_logged_as_a_members(app, phone, truck):
    phone.client.get(truck)
    phone.client.head(truck)
    app.extensions["scan_log"].flush()
    with app.app_context():
        assert [(one.outcome, one.is_admitted) for one in db.session.scalars(sa.select(Scan))] == [("record", True)]


def test_reading_stickers_moves_last_active_at_most_every_five_minutes(app, phone, truck):
    joined = now()

    def seen_after(minutes, address=ADDRESS):
        with time_machine.travel(joined + timedelta(minutes=minutes), tick=False), noted(app) as asked:
            assert "Truck 7" in phone.client.get(truck, environ_overrides={"REMOTE_ADDR": address}).text
            app.extensions["scan_log"].flush()
        with app.app_context():
            device = db.session.scalar(sa.select(Device))
            idle = db.session.scalar(sa.select(DeviceSession.idle_expires_at))
            writes = sum(one.lower().startswith("update device ") for one in asked)
            return device.last_active_at, device.last_ip, device.new_network_at is not None, idle, writes

    first = seen_after(1)
    later = seen_after(60)
    assert first[4] == 0 and later[4] == 1
    assert later[0] == joined + timedelta(minutes=60) and later[3] == later[0] + timedelta(days=90)
    assert seen_after(64)[:4] == later[:4]
    assert seen_after(64, "198.51.100.7")[:3] == (joined + timedelta(minutes=64), "198.51.100.7", True)
