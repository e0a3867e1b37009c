"""Sessions of devices: opened once, refreshed by rotation, read on every request, ended and never revived.

A session is one family of refresh tokens (facts: devices, section 4.2): *current*, then *rotated* (still good until
its successor is first used and 60 seconds after that: it gives the same successor again, so that a lost answer and two
tabs both heal), then *retired*, which ends the family when it is shown again. Rows are locked in the order device,
session, token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.queries import find_membership
from portal.audit.operations import Actor, record
from portal.devices import rotation, tokens
from portal.devices.models import (
    ACTIVE,
    APP,
    BY_USER,
    KEY_ROTATED,
    LOCKED,
    PAIRED,
    REPLACED,
    REUSED,
    Device,
    DeviceSession,
    PhoneCookie,
    RefreshToken,
)
from portal.devices.phones import (
    FACTS,
    GONE,
    INVALID,
    OLD_KEY,
    PERSON_GONE,
    SAID,
    STATUS,
    Found,
    Refusal,
    Reuse,
    why_refused,
)
from portal.lib.sealing import KeyRing
from portal.lib.secrets import digest, make_secret

log = structlog.get_logger()

CLIENT_ID = "portal-app"
IDLE_LIFE = timedelta(days=90)  # of phones (facts: devices, section 4.3)
LIFE = timedelta(days=365)
_ENDS = {PERSON_GONE: LOCKED, OLD_KEY: KEY_ROTATED}  # what a refused refresh ends for good, and why


@dataclass(frozen=True)
class DeviceFacts:
    """What a device says about itself when it is enrolled; "" where it says nothing."""

    name: str = ""
    platform: str = ""
    model: str = ""
    app_version: str = ""
    installation_uid: str = ""
    browser: str = ""
    ip: str = ""
    client_id: str = CLIENT_ID


@dataclass(frozen=True)
class Opened:
    """A session and the one copy of its refresh token's secret."""

    device_session: DeviceSession
    refresh_secret: str


@dataclass(frozen=True)
class SessionFacts:
    """What the access tokens of a session say."""

    session_public_id: str
    device_public_id: str
    user_public_id: str | None
    client_id: str
    scope: str
    generation: int | None


@dataclass(frozen=True)
class Tokens:
    """An access token; ``expires_in`` in seconds."""

    access_token: str
    expires_in: int
    scope: str


# Opening and ending


def open_session(
    session: Session, *, device: Device, user_id: int | None, now: datetime, client_id: str = CLIENT_ID
) -> Opened:
    """A new family for a phone, the only live one it has: whatever was open is replaced."""
    end_sessions(session, device.id, REPLACED, now)
    opened = DeviceSession(
        account_id=device.account_id,
        device_id=device.id,
        user_id=user_id,
        client_id=client_id,
        scope=PAIRED if user_id is None else APP,
        auth_at=None if user_id is None else now,
        created_at=now,
        last_used_at=now,
        idle_expires_at=now + IDLE_LIFE,
        absolute_expires_at=now + LIFE,
    )
    session.add(opened)
    session.flush()
    return Opened(opened, rotation.begin(session, opened.id, now))


def sign_in_person(session: Session, *, device_session_id: int, user_id: int, now: datetime) -> Opened | Refusal:
    """A fresh session with a person, in place of the one they signed in from. The caller has checked who they are."""
    held = _hold(session, device_session_id)
    if isinstance(held, Refusal):
        return held
    device, running = held
    if find_membership(session, device.account_id, user_id) is None:
        return Refusal(PERSON_GONE)
    return open_session(session, device=device, user_id=user_id, now=now, client_id=running.client_id)


def sign_out_person(session: Session, *, device_session_id: int, now: datetime) -> Opened | Refusal:
    """Back to a paired phone without a person: the person's session ends."""
    held = _hold(session, device_session_id)
    if isinstance(held, Refusal):
        return held
    device, running = held
    end_sessions(session, device.id, BY_USER, now)
    return open_session(session, device=device, user_id=None, now=now, client_id=running.client_id)


def end_sessions(session: Session, device_id: int, reason: str, now: datetime) -> int:
    """Ends what is open on a device, with its tokens and cookies. Returns how many sessions ended."""
    return _end(session, DeviceSession.device_id == device_id, reason, now)


def end_sessions_of_person(session: Session, user_id: int, reason: str, now: datetime) -> int:
    """Ends every session that a person is signed in with on a phone, in whichever company. Returns how many."""
    return _end(session, DeviceSession.user_id == user_id, reason, now)


def end_sessions_of_member(session: Session, account_id: int, user_id: int, now: datetime) -> int:
    """Ends every session that a person is signed in with on a company's phones: they leave it. Returns how many."""
    theirs = (DeviceSession.account_id == account_id) & (DeviceSession.user_id == user_id)
    return _end(session, theirs, LOCKED, now)


def end_session(session: Session, session_id: int, reason: str, now: datetime) -> bool:
    """Ends one session, with its tokens and cookies; False when it was over."""
    return _end(session, DeviceSession.id == session_id, reason, now) > 0


def end_listed(session: Session, session_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Ends many sessions, at most 1,000, with their tokens and cookies. Returns how many were open."""
    return _end(session, DeviceSession.id.in_(session_ids), reason, now)


def make_phone_cookie(session: Session, device_session_id: int, now: datetime) -> str:
    """The secret of a new cookie for reading stickers; its digest is kept, and dies with the session."""
    secret = make_secret()
    session.add(PhoneCookie(session_id=device_session_id, secret_hash=digest(secret), created_at=now))
    session.flush()
    return secret


def _end(session: Session, which: ColumnElement[bool], reason: str, now: datetime) -> int:
    ended = session.scalars(
        update(DeviceSession)
        .where(DeviceSession.ended_at.is_(None), which)
        .values(ended_at=now, end_reason=reason)
        .returning(DeviceSession.id)
    ).all()
    if ended:
        session.execute(
            update(PhoneCookie)
            .where(PhoneCookie.session_id.in_(ended), PhoneCookie.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        rotation.forget(session, list(ended))
    return len(ended)


def _hold(session: Session, device_session_id: int) -> tuple[Device, DeviceSession] | Refusal:
    """The device of a running session, locked, or why it may not go on."""
    found = session.get(DeviceSession, device_session_id)
    if found is None:
        return Refusal(INVALID)
    device = session.get_one(Device, found.device_id, with_for_update=True, populate_existing=True)
    running = session.get_one(DeviceSession, device_session_id, populate_existing=True)
    if device.status != ACTIVE:
        return Refusal(STATUS.get(device.status, INVALID))
    return Refusal(SAID[running.end_reason]) if running.ended_at else (device, running)


# Tokens


def facts_of(session: Session, device_session: DeviceSession) -> SessionFacts:
    """What ``issue`` writes into this session's access tokens."""
    row = session.execute(
        select(Device.public_id, Device.pairing_generation, User.public_id)
        .select_from(DeviceSession)
        .join(Device, Device.id == DeviceSession.device_id)
        .outerjoin(User, User.id == DeviceSession.user_id)
        .where(DeviceSession.id == device_session.id)
    ).one()
    return SessionFacts(
        session_public_id=device_session.public_id,
        device_public_id=row[0],
        user_public_id=row[2],
        client_id=device_session.client_id,
        scope=device_session.scope,
        generation=row[1],
    )


def issue(key_ring: KeyRing, issuer: str, facts: SessionFacts, now: datetime) -> Tokens:
    """An access token for a session."""
    claims = tokens.Claims(
        sub=facts.user_public_id or f"device:{facts.device_public_id}",
        client_id=facts.client_id,
        scope=facts.scope,
        sid=facts.session_public_id,
        device_id=facts.device_public_id,
        gen=facts.generation,
    )
    return Tokens(tokens.mint(key_ring, issuer, claims, now), int(tokens.LIFE.total_seconds()), facts.scope)


def refresh(session: Session, key_ring: KeyRing, *, secret: str, ip: str, now: datetime) -> Opened | Refusal:
    """The successor of a refresh token, with its session. Whatever is shown, it returns; the caller commits."""
    shown = session.execute(
        select(RefreshToken.id, RefreshToken.session_id, DeviceSession.device_id)
        .join(DeviceSession, DeviceSession.id == RefreshToken.session_id)
        .where(RefreshToken.token_hash == digest(secret))
    ).first()
    if shown is None:
        log.warning("refresh token refused", reason=INVALID)
        return Refusal(INVALID)
    session.execute(select(Device.id).where(Device.id == shown.device_id).with_for_update())
    # Before any token, as whoever ends the session does: else the two would wait for each other.
    session.execute(select(DeviceSession.id).where(DeviceSession.id == shown.session_id).with_for_update())
    row = session.execute(FACTS.where(DeviceSession.id == shown.session_id)).one()
    reason = why_refused(row, now)
    if reason:
        if reason in _ENDS:
            end_session(session, row.session_id, _ENDS[reason], now)
        return Refusal(reason)
    successor = rotation.advance(session, key_ring, token_id=shown.id, session_id=shown.session_id, now=now)
    if successor is None:
        return _end_family(session, row, ip, now)
    _go_on(session, row, now)
    return Opened(session.get_one(DeviceSession, row.session_id, populate_existing=True), successor)


def _end_family(session: Session, row: Found, ip: str, now: datetime) -> Refusal:
    """A copy of a refresh token is about: thief and owner look alike, so both are out (RFC 9700, section 4.14.2)."""
    end_session(session, row.session_id, REUSED, now)
    record(
        session,
        account_id=row.account_id,
        actor=Actor(None, row.device_name),
        action="device.token_reuse",
        now=now,
        target_kind="device",
        target_public_id=row.device_public_id,
        target_name=row.device_name,
    )
    if row.device_address_days:
        # Where from is forgotten with the device's other addresses; the audit forgets nothing.
        session.execute(update(Device).where(Device.id == row.device_id).values(last_ip=ip, last_ip_at=now))
    log.warning("refresh token refused", reason=REUSED, device=row.device_public_id)
    reuse = Reuse(row.account_id, row.account_name, row.device_name, row.device_public_id, row.session_public_id)
    return Refusal(GONE, reuse)


def _go_on(session: Session, row: Found, now: datetime) -> None:
    """The session was used; during an overlap a phone with a person moves to the new installation key by this."""
    session.execute(
        update(DeviceSession)
        .where(DeviceSession.id == row.session_id)
        # What absence does not end, as a display, use does not make end either.
        .values(last_used_at=now, idle_expires_at=row.idle_expires_at and now + IDLE_LIFE)
    )
    if row.pairing_next is not None and row.user_id is not None:
        session.execute(
            update(Device)
            .where(Device.id == row.device_id)
            .values(pairing_generation=row.pairing_next, pairing_next=None, pairing_ends_at=None)
        )
