"""Who a device is as of now, or why it is refused: one statement on every request, over all that may have changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Connection, Row, and_, bindparam, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account, Membership, User
from portal.accounts.permissions import BY_NAME, MOBILE_APP, RECORDS_VIEW, granted
from portal.devices import tokens
from portal.devices.models import (
    ACTIVE,
    APP,
    BY_ADMIN,
    BY_USER,
    IDLE,
    KEY_ROTATED,
    LOCKED,
    PENDING,
    REPLACED,
    REUSED,
    REVOKED,
    SUSPENDED,
    TOO_OLD,
    Device,
    DeviceSession,
    PhoneCookie,
)

log = structlog.get_logger()

# Why a device is refused, as its answers say it. The first to hold is said, in this order.
GONE = "revoked"
ASLEEP = "suspended"
WAITING = "pending_approval"
PERSON_GONE = "account_locked"
NEEDS_SECOND_STEP = "second_step"
OLD_KEY = "key_rotated"
EXPIRED = "expired"
INVALID = "invalid"

# Over for good: nothing brings this session back. From some the phone must also lose what it keeps of the company.
OVER = frozenset((GONE, PERSON_GONE, OLD_KEY, EXPIRED))
FOR_GOOD = frozenset((GONE, PERSON_GONE))

SAID = {
    BY_ADMIN: GONE,
    REUSED: GONE,
    LOCKED: PERSON_GONE,
    KEY_ROTATED: OLD_KEY,
    IDLE: EXPIRED,
    TOO_OLD: EXPIRED,
    # The phone itself did it: another tab has its new session already, and must not be told to empty its stores.
    BY_USER: INVALID,
    REPLACED: INVALID,
}
STATUS = {REVOKED: GONE, SUSPENDED: ASLEEP, PENDING: WAITING}

Found: TypeAlias = Row[*tuple[Any, ...]]  # of FACTS


@dataclass(frozen=True)
class Reuse:
    """A retired refresh token came again: whom to tell about which device."""

    account_id: int
    account_name: str
    device_name: str
    device_public_id: str
    session_public_id: str


@dataclass(frozen=True)
class Refusal:
    """Why a device is refused: one of the words above. ``reuse`` is what the admins must hear of."""

    reason: str
    reuse: Reuse | None = None


@dataclass(frozen=True)
class Phone:
    """Who calls: a device of an account, with a person or without. ``permissions`` hold none that makes ways in;
    ``connects_phones``: the person has that of own phones, which on a phone shows and revokes them."""

    account_id: int
    account_public_id: str
    account_name: str
    user_id: int | None
    user_public_id: str
    user_name: str
    email: str
    sign_in_name: str
    role: str
    permissions: frozenset[str]
    device_id: int
    device_public_id: str
    device_name: str
    session_id: int
    session_public_id: str
    scope: str
    last_active_at: datetime | None
    networks: tuple[str, ...]
    connects_phones: bool


FACTS = (
    select(
        DeviceSession.id.label("session_id"),
        DeviceSession.public_id.label("session_public_id"),
        DeviceSession.user_id,
        DeviceSession.scope,
        DeviceSession.ended_at,
        DeviceSession.end_reason,
        DeviceSession.idle_expires_at,
        DeviceSession.absolute_expires_at,
        Device.id.label("device_id"),
        Device.public_id.label("device_public_id"),
        Device.name.label("device_name"),
        Device.status,
        Device.pairing_next,
        Device.pairing_ends_at,
        Device.last_active_at,
        Device.networks,
        User.public_id.label("user_public_id"),
        User.name.label("user_name"),
        User.email,
        (User.sealed_totp != "").label("has_second_step"),
        Membership.role,
        Membership.permissions,
        Membership.sign_in_name,
        Account.id.label("account_id"),
        Account.public_id.label("account_public_id"),
        Account.name.label("account_name"),
        Account.requires_totp,
        Account.device_address_days,
    )
    .select_from(DeviceSession)
    .join(Device, Device.id == DeviceSession.device_id)
    .join(Account, Account.id == DeviceSession.account_id)
    .outerjoin(User, User.id == DeviceSession.user_id)
    .outerjoin(Membership, and_(Membership.user_id == User.id, Membership.account_id == DeviceSession.account_id))
)

# Built once: SQLAlchemy then knows the statement again at no cost, which on a small database is most of the cost.
_BY_SESSION = FACTS.where(DeviceSession.public_id == bindparam("session_public_id"))
_BY_COOKIE = FACTS.join(PhoneCookie, PhoneCookie.session_id == DeviceSession.id).where(
    PhoneCookie.secret_hash == bindparam("secret_hash"),
    PhoneCookie.revoked_at.is_(None),
    Account.public_id == bindparam("account_public_id"),
)


def find_phone(connection: Connection | Session, claims: tokens.Claims, now: datetime) -> Phone | Refusal:
    """Who shows this token, as of now: one statement over everything that may have changed since it was made."""
    row = connection.execute(_BY_SESSION, {"session_public_id": claims.sid}).first()
    if row is None or not _is_about(claims, row):
        log.warning("access token refused", reason="unknown session" if row is None else "claims of another session")
        return Refusal(INVALID)
    reason = why_refused(row, now)
    return Refusal(reason) if reason else _phone(row)


def find_phone_by_cookie(
    connection: Connection | Session, secret_hash: str, account_public_id: str, now: datetime
) -> Phone | None:
    """The account's phone with this cookie, if a person is signed in on it who may see records. One statement."""
    parameters = {"secret_hash": secret_hash, "account_public_id": account_public_id}
    row = connection.execute(_BY_COOKIE, parameters).first()
    if row is None or why_refused(row, now):
        return None
    phone = _phone(row)
    return phone if RECORDS_VIEW.name in phone.permissions else None


def _is_about(claims: tokens.Claims, row: Found) -> bool:
    """Whether the token's other claims agree with its session."""
    subject = row.user_public_id or f"device:{row.device_public_id}"
    return (claims.sub, claims.device_id, claims.scope) == (subject, row.device_public_id, row.scope)


def why_refused(row: Found, now: datetime) -> str:
    """Why the session is refused, or ""; in the order of facts: devices, section 4.4."""
    if row.status == REVOKED:
        return GONE
    if row.ended_at is not None:
        return SAID[row.end_reason]
    if row.status != ACTIVE:
        return STATUS.get(row.status, INVALID)
    if row.user_id is not None and row.role is None:
        return PERSON_GONE
    if row.user_id is not None and row.requires_totp and not row.has_second_step:
        return NEEDS_SECOND_STEP
    if row.pairing_ends_at is not None and row.pairing_ends_at <= now:
        return OLD_KEY
    limits = [limit for limit in (row.idle_expires_at, row.absolute_expires_at) if limit is not None]
    return EXPIRED if any(limit <= now for limit in limits) else ""


def _phone(row: Found) -> Phone:
    rights = granted(row.role, row.permissions) if row.role and row.scope == APP else frozenset()
    return Phone(
        account_id=row.account_id,
        account_public_id=row.account_public_id,
        account_name=row.account_name,
        user_id=row.user_id,
        user_public_id=row.user_public_id or "",
        user_name=row.user_name or "",
        email=row.email or "",
        sign_in_name=row.sign_in_name or "",
        role=row.role or "",
        permissions=frozenset(name for name in rights if not BY_NAME[name].mints),
        device_id=row.device_id,
        device_public_id=row.device_public_id,
        device_name=row.device_name,
        session_id=row.session_id,
        session_public_id=row.session_public_id,
        scope=row.scope,
        last_active_at=row.last_active_at,
        networks=tuple(row.networks),
        connects_phones=MOBILE_APP.name in rights,
    )
