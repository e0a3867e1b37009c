"""What time ends, and what it must not: displays, lost answers, addresses that may still be kept."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts.models import Account
from portal.devices import cleanup, operations, phones, sessions
from portal.devices.models import DISPLAY, Device, DeviceSession, PhoneCookie, RefreshToken
from portal.extensions import db
from portal.lib.clock import utc_now
from tests.factories.people import make_account, make_member
from tests.factories.phones import Paired, make_phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def account(app):
    with app.app_context():
        yield make_account()


@pytest.fixture
def refresh(app):
    def refresh(secret: str, now: datetime):
        return sessions.refresh(db.session(), app.extensions["portal"].key_ring, secret=secret, ip="", now=now)

    return refresh


def make_display(account) -> Paired:
    display = make_phone(account, now=NOW, device_class=DISPLAY)
    row = db.session.get_one(DeviceSession, display.session_id)
    row.idle_expires_at = row.absolute_expires_at = None
    db.session.commit()
    return display


def end_of(phone: Paired) -> str:
    return db.session.get_one(DeviceSession, phone.session_id, populate_existing=True).end_reason


def test_after_91_days_silent_phones_end_and_displays_do_not(account, refresh):
    member = make_member(account)
    silent, display = make_phone(account, member.user_id, now=NOW), make_display(account)
    used = make_phone(account, now=NOW)
    refresh(used.refresh_token, NOW + timedelta(days=30))
    sessions.make_phone_cookie(db.session(), silent.session_id, NOW)
    with time_machine.travel(NOW + timedelta(days=91)):
        assert cleanup.tidy(db.session(), utc_now()).sessions == 1
        assert cleanup.tidy(db.session(), utc_now()).sessions == 0
    assert [end_of(one) for one in (silent, display, used)] == ["idle_expired", "", ""]
    assert db.session.scalars(sa.select(PhoneCookie.revoked_at)).one() == NOW + timedelta(days=91)
    assert db.session.get_one(Device, silent.device_id).status == "active", "the device stays; it may be paired again"


def test_after_366_days_every_phone_ends_and_displays_do_not(account, refresh):
    busy, display = make_phone(account, now=NOW), make_display(account)
    secret = busy.refresh_token
    for days in range(60, 366, 60):
        secret = refresh(secret, NOW + timedelta(days=days)).refresh_secret
    with time_machine.travel(NOW + timedelta(days=366)):
        cleanup.tidy(db.session(), utc_now())
    assert [end_of(one) for one in (busy, display)] == ["expired", ""]
    with time_machine.travel(NOW + timedelta(days=400)):
        assert isinstance(refresh(display.refresh_token, utc_now()), sessions.Opened)
    assert cleanup.tidy(db.session(), NOW + timedelta(days=4000)).sessions == 0


def test_a_phone_is_told_why_after_the_cleanup_too(account, refresh):
    phone = make_phone(account, now=NOW)
    for days in (91, 400):  # facts: devices, section 5, threat 24
        cleanup.tidy(db.session(), NOW + timedelta(days=days))
        assert refresh(phone.refresh_token, NOW + timedelta(days=days)) == phones.Refusal("expired")


def test_sessions_that_ended_go_after_400_days_and_their_phone_must_be_paired_again(account, refresh):
    phone, display = make_phone(account, now=NOW), make_display(account)
    sessions.make_phone_cookie(db.session(), phone.session_id, NOW)
    sessions.end_sessions(db.session(), phone.device_id, "admin", NOW)
    assert cleanup.tidy(db.session(), NOW + timedelta(days=399)).old_sessions == 0
    assert cleanup.tidy(db.session(), NOW + timedelta(days=400)).old_sessions == 1
    assert db.session.scalars(sa.select(DeviceSession.id)).all() == [display.session_id]
    assert refresh(phone.refresh_token, NOW + timedelta(days=400)) == phones.Refusal(phones.INVALID)
    assert db.session.get_one(Device, phone.device_id).status == "active", "the device stays in the list"


def test_passed_links_go_after_a_week(account, refresh):
    phone = make_phone(account, now=NOW)
    first = refresh(phone.refresh_token, NOW)
    second = refresh(first.refresh_secret, NOW + timedelta(minutes=10))

    def count_after(days: float) -> int:
        cleanup.retire(db.session(), NOW + timedelta(days=days))
        return db.session.scalar(sa.select(sa.func.count()).select_from(RefreshToken))

    assert [count_after(6.9), count_after(7), count_after(60)] == [3, 2, 2]
    # The last answer may have been lost: weeks later the token before it still gives the same.
    assert refresh(first.refresh_secret, NOW + timedelta(days=60)).refresh_secret == second.refresh_secret
    assert refresh(phone.refresh_token, NOW + timedelta(days=60)) == phones.Refusal("invalid")
    assert end_of(phone) == ""


def test_dead_cookies_go_after_a_week(account):
    phone = make_phone(account, now=NOW)
    sessions.make_phone_cookie(db.session(), phone.session_id, NOW)
    sessions.end_sessions(db.session(), phone.device_id, "admin", NOW)
    kept = make_phone(account, now=NOW)
    sessions.make_phone_cookie(db.session(), kept.session_id, NOW)
    cleanup.retire(db.session(), NOW + timedelta(days=7))
    assert db.session.scalars(sa.select(PhoneCookie.session_id)).all() == [kept.session_id]


def test_addresses_go_when_each_companys_days_are_over(app, account):
    forgetful, other = make_account("Forgetful"), make_account("Other")
    db.session.execute(sa.update(Account).where(Account.id == forgetful.id).values(device_address_days=1))
    phones = [make_phone(one, now=NOW) for one in (account, forgetful, other)]
    for phone in phones:
        operations.note_seen(
            db.session(),
            app.extensions["portal"].key_ring,
            device_id=phone.device_id,
            session_id=phone.session_id,
            ip="198.51.100.7",
            now=NOW,
        )
    db.session.execute(sa.update(Account).where(Account.id == other.id).values(device_address_days=0))

    def known_after(days: float) -> list[bool]:
        cleanup.forget_addresses(db.session(), NOW + timedelta(days=days))
        devices = [db.session.get_one(Device, phone.device_id, populate_existing=True) for phone in phones]
        assert all((device.last_ip == "") == (device.last_ip_at is None) for device in devices)
        return [device.last_ip != "" for device in devices]

    assert known_after(0) == [True, True, False]
    assert known_after(1) == [True, False, False]
    assert known_after(29.9) == [True, False, False]
    assert known_after(30) == [False, False, False]


def test_each_transaction_does_a_chunk(account, monkeypatch):
    monkeypatch.setattr(cleanup, "CHUNK", 2)
    held = [make_phone(account, now=NOW, last_ip="198.51.100.7", last_ip_at=NOW) for _ in range(5)]
    for phone in held:
        sessions.make_phone_cookie(db.session(), phone.session_id, NOW)
    later = NOW + timedelta(days=91)
    done = [cleanup.tidy(db.session(), later) for _ in range(4)]
    assert [(one.sessions, one.addresses) for one in done] == [(2, 2), (2, 2), (1, 1), (0, 0)]
    assert [end_of(phone) for phone in held] == ["idle_expired"] * 5
    a_week_on = [cleanup.tidy(db.session(), later + timedelta(days=7)).rows for _ in range(4)]
    assert a_week_on == [2, 2, 1, 0]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PhoneCookie)) == 0
