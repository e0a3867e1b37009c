"""Refresh tokens: rotated at each use, healed after a lost answer, and a copy ends the family."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import Account, Membership
from portal.audit.models import AuditEvent
from portal.devices import sessions
from portal.devices.models import Device, DeviceSession, RefreshToken
from portal.devices.phones import Refusal
from portal.devices.sessions import Opened
from portal.extensions import db
from portal.lib.secrets import digest
from tests.factories.people import make_account, make_member
from tests.factories.phones import make_phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def phone(app):
    with app.app_context():
        account = make_account()
        yield make_phone(account, make_member(account).user_id, now=NOW)


@pytest.fixture
def refresh(app):
    def refresh(secret: str, now: datetime = NOW, ip: str = "198.51.100.7"):
        found = sessions.refresh(db.session(), app.extensions["portal"].key_ring, secret=secret, ip=ip, now=now)
        db.session.commit()
        return found

    return refresh


def sealed() -> list[bool]:
    """Which links still hold their successor, from the first."""
    return [
        text != "" for text in db.session.scalars(sa.select(RefreshToken.sealed_successor).order_by(RefreshToken.id))
    ]


def test_each_use_gives_another_token_that_is_stored_as_a_digest_alone(phone, refresh):
    first = refresh(phone.refresh_token)
    second = refresh(first.refresh_secret, NOW + timedelta(minutes=10))
    secrets = [phone.refresh_token, first.refresh_secret, second.refresh_secret]
    assert [len(secret) for secret in secrets] == [43] * 3
    rows = db.session.scalars(sa.select(RefreshToken).order_by(RefreshToken.id)).all()
    assert [row.token_hash for row in rows] == [digest(secret) for secret in secrets]
    assert not any(secret in str(vars(row)) for row in rows for secret in secrets)


def test_a_lost_answer_is_given_again_however_late(phone, refresh):
    first = refresh(phone.refresh_token)
    for late in (timedelta(seconds=1), timedelta(hours=1), timedelta(days=80)):
        assert refresh(phone.refresh_token, NOW + late).refresh_secret == first.refresh_secret


def test_the_same_successor_for_sixty_seconds_after_its_first_use(phone, refresh):
    first = refresh(phone.refresh_token)
    used = NOW + timedelta(minutes=10)
    second = refresh(first.refresh_secret, used)
    assert refresh(phone.refresh_token, used + timedelta(seconds=59)).refresh_secret == first.refresh_secret
    # Whoever got it walks on along the chain.
    assert refresh(first.refresh_secret, used + timedelta(seconds=59)).refresh_secret == second.refresh_secret


def test_the_window_begins_with_the_first_use_however_fast_the_chain_goes_on(phone, refresh):
    first = refresh(phone.refresh_token)
    second = refresh(first.refresh_secret, NOW + timedelta(seconds=10))
    refresh(second.refresh_secret, NOW + timedelta(seconds=50))
    assert isinstance(refresh(phone.refresh_token, NOW + timedelta(seconds=69)), Opened)
    assert isinstance(refresh(phone.refresh_token, NOW + timedelta(seconds=70)), Refusal)


def test_a_retired_token_ends_the_family(phone, refresh):
    first = refresh(phone.refresh_token)
    used = NOW + timedelta(minutes=10)
    second = refresh(first.refresh_secret, used)
    found = refresh(phone.refresh_token, used + timedelta(seconds=60))
    assert isinstance(found, Refusal)
    assert (found.reason, found.reuse.device_name) == ("revoked", "Pixel 9")
    row = db.session.get_one(DeviceSession, phone.session_id)
    assert (row.end_reason, row.ended_at) == ("rotation_reuse", used + timedelta(seconds=60))
    assert refresh(second.refresh_secret, used) == Refusal("revoked"), "thief and owner are both out, told once"
    assert refresh(phone.refresh_token, used) == Refusal("revoked")
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "device.token_reuse")).one()
    assert (event.target_public_id, event.after) == (phone.public_id, {}), "an address must be forgotten some day"
    assert db.session.get_one(Device, phone.device_id).last_ip == "198.51.100.7"


def test_no_address_is_noted_where_none_is_kept(phone, refresh):
    device = db.session.get_one(Device, phone.device_id)
    account_id = device.account_id
    db.session.execute(sa.update(Account).where(Account.id == account_id).values(device_address_days=0))
    refresh(refresh(phone.refresh_token).refresh_secret)
    refresh(phone.refresh_token, NOW + timedelta(minutes=2))
    assert db.session.scalars(sa.select(AuditEvent.after).where(AuditEvent.action == "device.token_reuse")).one() == {}
    assert device.last_ip == ""


def test_a_successor_is_kept_sealed_only_as_long_as_it_may_be_asked_for(phone, refresh):
    first = refresh(phone.refresh_token)
    assert sealed() == [True, False]
    second = refresh(first.refresh_secret, NOW + timedelta(minutes=10))
    assert sealed() == [True, True, False]
    refresh(second.refresh_secret, NOW + timedelta(minutes=20))
    assert sealed() == [False, True, True, False]
    sessions.end_sessions(db.session(), phone.device_id, "admin", NOW)
    assert sealed() == [False] * 4


def test_an_unknown_token_is_refused(phone, refresh):
    assert refresh("x" * 43) == Refusal("invalid")
    assert refresh("") == Refusal("invalid")
    assert refresh("\0") == Refusal("invalid")


def test_use_moves_the_idle_limit_and_never_the_absolute_one(phone, refresh):
    secret = phone.refresh_token
    for days in (80, 160, 240, 320, 364):
        secret = refresh(secret, NOW + timedelta(days=days)).refresh_secret
    row = db.session.get_one(DeviceSession, phone.session_id)
    assert row.idle_expires_at == NOW + timedelta(days=364 + 90)
    assert row.absolute_expires_at == NOW + timedelta(days=365)
    assert refresh(secret, NOW + timedelta(days=365)) == Refusal("expired")


def test_a_removed_person_is_out_for_good(phone, refresh):
    session = db.session()
    session.execute(sa.delete(Membership))
    assert refresh(phone.refresh_token) == Refusal("account_locked")
    row = session.get_one(DeviceSession, phone.session_id, populate_existing=True)
    assert row.end_reason == "account_locked"
    session.add(Membership(account_id=row.account_id, user_id=row.user_id, role="member", created_at=NOW))
    assert refresh(phone.refresh_token) == Refusal("account_locked"), "a session is never revived"


def test_a_missing_second_step_refuses_without_ending(phone, refresh):
    db.session.execute(sa.update(Account).values(requires_totp=True))
    assert refresh(phone.refresh_token) == Refusal("second_step")
    db.session.execute(sa.update(Account).values(requires_totp=False))
    assert isinstance(refresh(phone.refresh_token), Opened)


def test_a_suspended_phone_keeps_its_token_for_later(phone, refresh):
    db.session.execute(sa.update(Device).values(status="suspended"))
    assert refresh(phone.refresh_token) == Refusal("suspended")
    db.session.execute(sa.update(Device).values(status="pending_approval"))
    assert refresh(phone.refresh_token) == Refusal("pending_approval")
    db.session.execute(sa.update(Device).values(status="active"))
    assert isinstance(refresh(phone.refresh_token), Opened)


def test_with_a_person_it_moves_to_the_new_key_during_the_overlap(phone, refresh):
    db.session.execute(
        sa.update(Device).values(pairing_generation=1, pairing_next=2, pairing_ends_at=NOW + timedelta(hours=1))
    )
    refresh(phone.refresh_token)
    device = db.session.get_one(Device, phone.device_id, populate_existing=True)
    assert (device.pairing_generation, device.pairing_next, device.pairing_ends_at) == (2, None, None)


def test_without_a_person_it_goes_on_until_the_overlap_ends_and_must_scan_again(app, phone, refresh):
    account_id = db.session.get_one(Device, phone.device_id).account_id
    ends = NOW + timedelta(hours=1)
    bare = make_phone(
        db.session.get_one(Account, account_id),
        now=NOW,
        pairing_generation=1,
        pairing_next=2,
        pairing_ends_at=ends,
    )
    found = refresh(bare.refresh_token, ends - timedelta(seconds=1))
    assert isinstance(found, Opened)
    assert db.session.get_one(Device, bare.device_id).pairing_generation == 1
    assert refresh(found.refresh_secret, ends) == Refusal("key_rotated")
    assert db.session.get_one(DeviceSession, bare.session_id, populate_existing=True).end_reason == "key_rotated"
