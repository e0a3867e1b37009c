"""What is done to devices: audited, idempotent, inside one account; and the note that one was seen."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.audit.operations import Actor
from portal.devices import operations, phones, queries, sessions, tokens
from portal.devices.models import Device, DeviceSession, PhoneCookie
from portal.devices.queries import DeviceFilter
from portal.errors import NotFound
from portal.extensions import db
from tests.factories.people import make_account, make_member
from tests.factories.phones import access_token, make_phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = Actor(None, "Ada Admin")


@pytest.fixture
def account(app):
    with app.app_context():
        yield make_account()


def device_of(phone) -> Device:
    return db.session.get_one(Device, phone.device_id, populate_existing=True)


def events() -> list[tuple]:
    rows = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action.like("device.%")).order_by(AuditEvent.id))
    return [(row.action, row.target_name, row.before, row.after) for row in rows]


def test_rename(account):
    device = device_of(make_phone(account))
    assert operations.rename(db.session(), device, name="  Anna's \n phone " + "x" * 90, actor=ADA, now=NOW)
    assert device.name == ("Anna's phone " + "x" * 90)[:80]
    assert not operations.rename(db.session(), device, name=device.name, actor=ADA, now=NOW)
    assert not operations.rename(db.session(), device, name=" \t", actor=ADA, now=NOW)
    assert events() == [("device.rename", device.name, {"name": "Pixel 9"}, {"name": device.name})]


def test_suspended_and_resumed_its_session_waits(account):
    phone = make_phone(account)
    device = device_of(phone)
    assert operations.suspend(db.session(), device, actor=ADA, now=NOW)
    assert not operations.suspend(db.session(), device, actor=ADA, now=NOW)
    assert device_of(phone).status == "suspended"
    assert operations.resume(db.session(), device, actor=ADA, now=NOW)
    assert not operations.resume(db.session(), device, actor=ADA, now=NOW)
    assert device_of(phone).status == "active"
    assert db.session.get_one(DeviceSession, phone.session_id).ended_at is None
    assert [event[0] for event in events()] == ["device.suspend", "device.resume"]


def test_only_a_waiting_device_is_approved(account):
    waiting = device_of(make_phone(account, status="pending_approval"))
    assert operations.approve(db.session(), waiting, actor=ADA, now=NOW)
    assert waiting.status == "active"
    assert not operations.approve(db.session(), waiting, actor=ADA, now=NOW)
    suspended = device_of(make_phone(account, status="suspended"))
    assert not operations.approve(db.session(), suspended, actor=ADA, now=NOW)
    assert suspended.status == "suspended"


def test_revoking_ends_all_it_has_once(account):
    phone = make_phone(account)
    sessions.make_phone_cookie(db.session(), phone.session_id, NOW)
    device = device_of(phone)
    assert operations.revoke(db.session(), device, actor=ADA, now=NOW)
    assert not operations.revoke(db.session(), device, actor=ADA, now=NOW + timedelta(days=1))
    assert (device.status, device.revoked_at) == ("revoked", NOW)
    row = db.session.get_one(DeviceSession, phone.session_id, populate_existing=True)
    assert (row.ended_at, row.end_reason) == (NOW, "admin")
    assert db.session.scalars(sa.select(PhoneCookie.revoked_at)).all() == [NOW]
    assert events() == [("device.revoke", "Pixel 9", {"status": "active"}, {"status": "revoked"})]


@pytest.mark.parametrize("verb", [operations.suspend, operations.resume, operations.approve])
def test_what_is_revoked_never_comes_back(account, verb):
    device = device_of(make_phone(account, status="revoked"))
    assert not verb(db.session(), device, actor=ADA, now=NOW)
    assert device.status == "revoked"


def test_many_at_once_stay_inside_the_account(account):
    mine = [device_of(make_phone(account)) for _ in range(3)]
    theirs = device_of(make_phone(make_account("Sister Company")))
    operations.suspend(db.session(), mine[0], actor=ADA, now=NOW)
    every = {"account_id": account.id, "actor": ADA, "now": NOW}
    assert operations.suspend_many(db.session(), [*mine, theirs], **every) == 2
    assert operations.revoke_many(db.session(), [*mine, theirs], **every) == 3
    assert operations.revoke_many(db.session(), [*mine, theirs], **every) == 0
    assert operations.revoke_many(db.session(), [], **every) == 0
    assert [device.status for device in (*mine, theirs)] == ["revoked"] * 3 + ["active"]
    with pytest.raises(NotFound):
        queries.get_device(db.session(), account.id, theirs.public_id)


def see(app, phone, ip: str, now: datetime = NOW) -> Device:
    operations.note_seen(
        db.session(),
        app.extensions["portal"].key_ring,
        device_id=phone.device_id,
        session_id=phone.session_id,
        ip=ip,
        now=now,
    )
    return device_of(phone)


def test_a_look_is_noted_every_five_minutes_at_most_but_a_new_network_at_once(app, account):
    made = make_phone(account, make_member(account).user_id, now=NOW)
    own = app.extensions["portal"]

    def is_due(at: datetime, ip: str) -> bool:
        claims = tokens.read(own.key_ring, own.settings.public_url, access_token(app, made, at), at)
        return operations.is_seen_due(own.key_ring, phones.find_phone(db.session(), claims, at), ip, at)

    assert is_due(NOW, "198.51.100.7"), "never seen"
    see(app, made, "198.51.100.7", NOW)
    assert not is_due(NOW + timedelta(minutes=4, seconds=59), "198.51.7.200")
    assert is_due(NOW + timedelta(minutes=5), "198.51.100.7")
    assert is_due(NOW + timedelta(seconds=1), "203.0.113.9")


def test_seen_moves_the_idle_limit(app, account):
    phone = make_phone(account, now=NOW)
    later = NOW + timedelta(days=50)
    assert see(app, phone, "198.51.100.7", later).last_active_at == later
    row = db.session.get_one(DeviceSession, phone.session_id, populate_existing=True)
    assert (row.last_used_at, row.idle_expires_at) == (later, later + timedelta(days=90))


def test_addresses_are_kept_only_where_the_company_keeps_them(app, account):
    phone = make_phone(account)
    assert see(app, phone, "198.51.100.7").last_ip == "198.51.100.7"
    db.session.execute(sa.update(Account).values(device_address_days=0))
    assert see(app, make_phone(account), "198.51.100.7").last_ip == ""


def test_only_another_network_is_new(app, account):
    phone = make_phone(account)
    assert see(app, phone, "198.51.100.7").new_network_at is None, "the first is home"
    assert see(app, phone, "198.51.7.200").new_network_at is None, "the same provider"
    device = see(app, phone, "203.0.113.9")
    assert device.new_network_at == NOW
    later = NOW + timedelta(days=1)
    assert see(app, phone, "198.51.100.7", later).new_network_at == NOW, "known by now"
    assert see(app, phone, "2001:db8:1::7", later).new_network_at == later
    assert see(app, phone, "2001:db8:ffff::9", later + timedelta(days=1)).new_network_at == later
    assert len(device_of(phone).networks) == 3
    assert not any("198.51" in digest or "203.0" in digest for digest in device_of(phone).networks)
    assert see(app, phone, "no address", later).new_network_at == later


def test_a_device_remembers_twenty_networks(app, account):
    phone = make_phone(account)
    for number in range(25):
        see(app, phone, f"10.{number}.0.1")
    assert len(device_of(phone).networks) == 20


def test_the_list_tells_what_asks_for_a_look(app, account):
    mia = make_member(account, "mia@example.com", name="Mia Member", role="member")
    quiet = make_phone(account, mia.user_id, name="Quiet", now=NOW - timedelta(days=85))
    fresh = make_phone(account, name="Fresh", now=NOW - timedelta(days=60), new_network_at=NOW - timedelta(days=7))
    gone = make_phone(account, name="Gone", status="revoked", now=NOW)
    make_phone(make_account("Sister Company"), now=NOW)
    listed = queries.list_devices(db.session(), account.id, NOW, DeviceFilter())
    assert [one.device.name for one in listed] == ["Fresh", "Quiet"]
    assert [(one.person, one.is_stale, one.is_new_network) for one in listed] == [
        ("", False, True),
        ("Mia Member", True, False),
    ]
    assert [one.ends_at for one in listed] == [None, NOW + timedelta(days=5)]
    assert [one.device.id for one in queries.list_ending(db.session(), account.id, NOW)] == [quiet.device_id]
    assert queries.list_ending(db.session(), account.id, NOW + timedelta(days=5)) == []
    later = queries.list_devices(db.session(), account.id, NOW + timedelta(seconds=1), DeviceFilter(text="fre"))
    assert [(one.device.id, one.is_stale, one.is_new_network) for one in later] == [(fresh.device_id, True, False)]
    by_status = queries.list_devices(db.session(), account.id, NOW, DeviceFilter(status="revoked"))
    assert [one.device.id for one in by_status] == [gone.device_id]
    by_person = queries.list_devices(db.session(), account.id, NOW, DeviceFilter(text="mia quiet"))
    assert [one.device.id for one in by_person] == [quiet.device_id]
    assert queries.list_devices(db.session(), account.id, NOW, DeviceFilter(text="mia fresh")) == []
    assert queries.list_devices(db.session(), account.id, NOW, DeviceFilter(text="%")) == []
    assert queries.count_devices(db.session(), account.id, DeviceFilter()) == 2
