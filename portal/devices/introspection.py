"""What is known of a token that somebody shows: an access token or a refresh token (RFC 7662, RFC 7009)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from portal.devices import tokens
from portal.devices.models import Device, DeviceSession, RefreshToken
from portal.devices.phones import FACTS, Phone, find_phone, why_refused
from portal.devices.rotation import WINDOW
from portal.lib.sealing import KeyRing
from portal.lib.secrets import digest


@dataclass(frozen=True)
class Shown:
    """A token that is good now. ``iat`` and ``exp`` in seconds since 1970; ``jti`` of access tokens alone."""

    account_id: int
    session_id: int
    session_public_id: str
    device_public_id: str
    sub: str
    client_id: str
    scope: str
    iat: int
    exp: int
    jti: str = ""


def find_token(session: Session, key_ring: KeyRing, issuer: str, text: str, now: datetime) -> Shown | None:
    """The token, or None when it is none of ours or not good any more. Looking changes nothing."""
    if text.count(".") == 2:
        return _find_access(session, key_ring, issuer, text, now)
    return _find_refresh(session, text, now)


def find_session(session: Session, key_ring: KeyRing, issuer: str, text: str, now: datetime) -> int | None:
    """The row id of the token's open session, also while its device or person is refused for a time."""
    wanted = select(DeviceSession.id).where(DeviceSession.ended_at.is_(None))
    if text.count(".") != 2:
        wanted = wanted.join(RefreshToken, RefreshToken.session_id == DeviceSession.id).where(*_is_shown(text, now))
        return session.scalar(wanted)
    claims = tokens.read(key_ring, issuer, text, now)
    if isinstance(claims, tokens.Forged):
        return None
    wanted = wanted.join(Device, Device.id == DeviceSession.device_id).where(Device.public_id == claims.device_id)
    return session.scalar(wanted.where(DeviceSession.public_id == claims.sid))


def _find_access(session: Session, key_ring: KeyRing, issuer: str, text: str, now: datetime) -> Shown | None:
    claims = tokens.read(key_ring, issuer, text, now)
    if isinstance(claims, tokens.Forged):
        return None
    phone = find_phone(session, claims, now)
    if not isinstance(phone, Phone):
        return None
    return Shown(
        account_id=phone.account_id,
        session_id=phone.session_id,
        session_public_id=phone.session_public_id,
        device_public_id=phone.device_public_id,
        sub=claims.sub,
        client_id=claims.client_id,
        scope=claims.scope,
        iat=claims.iat,
        exp=claims.exp,
        jti=claims.jti,
    )


def _find_refresh(session: Session, text: str, now: datetime) -> Shown | None:
    row = session.execute(
        FACTS.add_columns(DeviceSession.client_id, RefreshToken.created_at)
        .join(RefreshToken, RefreshToken.session_id == DeviceSession.id)
        .where(*_is_shown(text, now))
    ).first()
    if row is None or why_refused(row, now):
        return None
    limits = [limit for limit in (row.idle_expires_at, row.absolute_expires_at) if limit is not None]
    return Shown(
        account_id=row.account_id,
        session_id=row.session_id,
        session_public_id=row.session_public_id,
        device_public_id=row.device_public_id,
        sub=row.user_public_id or f"device:{row.device_public_id}",
        client_id=row.client_id,
        scope=row.scope,
        iat=int(row.created_at.timestamp()),
        exp=int(min(limits).timestamp()) if limits else 0,
    )


def _is_shown(text: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Finds the refresh token, unless it is retired."""
    used_at = RefreshToken.successor_first_used_at
    is_good = or_(RefreshToken.rotated_at.is_(None), used_at.is_(None), used_at > now - WINDOW)
    return RefreshToken.token_hash == digest(text), is_good
