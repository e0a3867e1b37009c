"""Sessions: opened alone, read with all that may have changed, refused in one order, ended for good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import structlog

from portal.accounts.models import Membership
from portal.audit.operations import OPERATOR
from portal.devices import operations, phones, sessions, tokens
from portal.devices.models import (
    BY_ADMIN,
    REPLACED,
    SUSPENDED,
    Device,
    DeviceSession,
    PhoneCookie,
)
from portal.devices.phones import Phone, Refusal
from portal.extensions import db
from portal.lib.secrets import digest
from tests.factories.people import make_account, make_member
from tests.factories.phones import access_token, make_phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def place(app):
    """A company with a member on a phone, and its open context: no client runs in these tests."""
    with app.app_context():
        account = make_account()
        member = make_member(account, "mia@example.com", role="member", name="Mia Member")
        yield account, member, make_phone(account, member.user_id, now=NOW)


@pytest.fixture
def find(app):
    def find(phone, now=NOW, **changes):
        own = app.extensions["portal"]
        claims = tokens.read(own.key_ring, own.settings.public_url, access_token(app, phone, now), now)
        return phones.find_phone(db.session(), replace(claims, **changes), now)

    return find


def change(model, row_id: int, **values) -> None:
    db.session.execute(sa.update(model).where(model.id == row_id).values(**values))
    db.session.commit()


def test_a_phone_is_read_with_its_person_in_one_statement(app, place, find):
    account, member, phone = place
    own = app.extensions["portal"]
    claims = tokens.read(own.key_ring, own.settings.public_url, access_token(app, phone, NOW), NOW)
    db.session.commit()
    statements = []
    listen = (db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    sa.event.listen(*listen)
    with db.engine.connect() as connection:
        found = phones.find_phone(connection, claims, NOW)
    sa.event.remove(*listen)
    assert isinstance(found, Phone)
    assert (found.account_id, found.user_id, found.user_name) == (account.id, member.user_id, "Mia Member")
    assert (found.device_id, found.session_id, found.scope) == (phone.device_id, phone.session_id, "app")
    assert len([text for text in statements if text.startswith("SELECT")]) == 1


def test_an_admins_phone_may_all_but_make_ways_in(app, place, find):
    account, _, _ = place
    ada = make_member(account, "ada@example.com")
    found = find(make_phone(account, ada.user_id, now=NOW))
    assert {"records.view", "devices.manage", "records.delete"} <= found.permissions
    assert not found.permissions & {"mobile.setup", "mobile.app", "codes.manage", "installation_key.rotate"}


def test_a_phone_without_a_person_may_nothing(place, find):
    account, _, _ = place
    found = find(make_phone(account, now=NOW))
    assert (found.user_id, found.permissions, found.scope) == (None, frozenset(), "paired")


@pytest.mark.parametrize(
    "changes",
    [{"sid": "unknown"}, {"device_id": "another"}, {"sub": "another"}, {"scope": "display"}, {"sub": "device:x"}],
)
def test_claims_that_do_not_fit_their_session_are_refused_and_logged_once(place, find, changes):
    _, _, phone = place
    with structlog.testing.capture_logs() as lines:
        assert find(phone, **changes) == Refusal("invalid")
    assert [line["event"] for line in lines] == ["access token refused"]


def test_a_token_with_the_device_of_another_account_is_refused(place, find):
    other = make_phone(make_account("Sister Company"), now=NOW)
    assert find(place[2], device_id=other.public_id) == Refusal("invalid")


def test_refusals_are_said_in_their_order(place, find):
    """Everything is wrong at once; one after the other is put right."""
    account, member, phone = place
    operations.revoke(db.session(), db.session.get_one(Device, phone.device_id), actor=OPERATOR, now=NOW)
    db.session.delete(member)
    account.requires_totp = True
    db.session.commit()
    change(Device, phone.device_id, pairing_next=2, pairing_ends_at=NOW)
    late = NOW + timedelta(days=366)
    assert find(phone, late) == Refusal("revoked")
    change(Device, phone.device_id, status=SUSPENDED)
    assert find(phone, late) == Refusal("revoked")
    change(DeviceSession, phone.session_id, ended_at=None)
    assert find(phone, late) == Refusal("suspended")
    change(Device, phone.device_id, status="active")
    assert find(phone, late) == Refusal("account_locked")
    db.session.execute(
        sa.insert(Membership).values(
            account_id=account.id, user_id=member.user_id, role="member", permissions=[], public_id="m", created_at=NOW
        )
    )
    assert find(phone, late) == Refusal("second_step")
    account.requires_totp = False
    db.session.commit()
    assert find(phone, late) == Refusal("key_rotated")
    change(Device, phone.device_id, pairing_ends_at=late + timedelta(seconds=1))
    assert find(phone, late) == Refusal("expired")
    change(DeviceSession, phone.session_id, idle_expires_at=None, absolute_expires_at=None)
    assert isinstance(find(phone, late), Phone)


def test_a_membership_of_another_company_does_not_count(place, find):
    _, member, phone = place
    sister = make_account("Sister Company")
    change(Membership, member.id, account_id=sister.id, role="admin")
    assert find(phone) == Refusal("account_locked")


@pytest.mark.parametrize("days", [89.99, 90, 91])
def test_ninety_days_of_silence_end_it(place, find, days):
    found = find(place[2], NOW + timedelta(days=days))
    assert isinstance(found, Phone) if days < 90 else found == Refusal("expired")


def test_a_new_session_replaces_the_one_before(place, find):
    _, member, phone = place
    device = db.session.get_one(Device, phone.device_id)
    sessions.make_phone_cookie(db.session(), phone.session_id, NOW)
    opened = sessions.open_session(db.session(), device=device, user_id=member.user_id, now=NOW)
    rows = db.session.execute(
        sa.select(DeviceSession.id, DeviceSession.end_reason).where(DeviceSession.device_id == device.id)
    ).all()
    assert sorted(map(tuple, rows)) == [(phone.session_id, REPLACED), (opened.device_session.id, "")]
    assert db.session.scalars(sa.select(PhoneCookie.revoked_at)).all() == [NOW]
    assert find(phone) == Refusal("invalid")


def test_signing_in_and_out_make_fresh_sessions(app, place, find):
    account, member, _ = place
    phone = make_phone(account, now=NOW)
    signed_in = sessions.sign_in_person(
        db.session(), device_session_id=phone.session_id, user_id=member.user_id, now=NOW
    )
    row = signed_in.device_session
    assert (row.user_id, row.scope, row.auth_at, row.device_id) == (member.user_id, "app", NOW, phone.device_id)
    refresh = {"ip": "", "now": NOW, "key_ring": app.extensions["portal"].key_ring}
    assert sessions.refresh(db.session(), secret=phone.refresh_token, **refresh) == Refusal("invalid")
    signed_out = sessions.sign_out_person(db.session(), device_session_id=row.id, now=NOW)
    assert (signed_out.device_session.user_id, signed_out.device_session.scope) == (None, "paired")
    assert sessions.refresh(db.session(), secret=signed_in.refresh_secret, **refresh) == Refusal("invalid")
    assert isinstance(sessions.refresh(db.session(), secret=signed_out.refresh_secret, **refresh), sessions.Opened)


def test_only_members_sign_in_and_only_on_a_phone_that_goes_on(place):
    account, member, _ = place
    phone, stranger = make_phone(account, now=NOW), make_member(make_account("Sister"), "eve@example.com")

    def sign_in(user_id: int):
        return sessions.sign_in_person(db.session(), device_session_id=phone.session_id, user_id=user_id, now=NOW)

    assert sign_in(stranger.user_id) == Refusal("account_locked")
    change(Device, phone.device_id, status=SUSPENDED)
    assert sign_in(member.user_id) == Refusal("suspended")
    operations.revoke(db.session(), db.session.get_one(Device, phone.device_id), actor=OPERATOR, now=NOW)
    assert sign_in(member.user_id) == Refusal("revoked")
    assert sessions.sign_out_person(db.session(), device_session_id=phone.session_id, now=NOW) == Refusal("revoked")
    assert sessions.sign_out_person(db.session(), device_session_id=987, now=NOW) == Refusal("invalid")


def test_the_phone_cookie_reads_only_its_companys_stickers_and_ends_with_its_session(place):
    account, member, phone = place
    sister = make_account("Sister Company")
    secret = sessions.make_phone_cookie(db.session(), phone.session_id, NOW)
    db.session.commit()

    def find(public_id: str, given: str = secret, now: datetime = NOW) -> Phone | None:
        with db.engine.connect() as connection:
            return phones.find_phone_by_cookie(connection, digest(given), public_id, now)

    assert find(account.public_id).user_id == member.user_id
    assert find(sister.public_id) is None
    assert find(account.public_id, "another") is None
    assert find(account.public_id, now=NOW + timedelta(days=91)) is None
    change(Device, phone.device_id, status=SUSPENDED)
    assert find(account.public_id) is None
    change(Device, phone.device_id, status="active")
    sessions.end_sessions(db.session(), phone.device_id, BY_ADMIN, NOW)
    db.session.commit()
    change(DeviceSession, phone.session_id, ended_at=None)
    assert find(account.public_id) is None, "the cookie's own row ended too"


def test_the_cookie_of_a_phone_without_a_person_opens_no_sticker(place):
    account = place[0]
    secret = sessions.make_phone_cookie(db.session(), make_phone(account, now=NOW).session_id, NOW)
    db.session.commit()
    assert phones.find_phone_by_cookie(db.session(), digest(secret), account.public_id, NOW) is None
