"""Verbs on the second step of signing in: on, off, a code used once, recovery codes.

The secret is sealed (context ``totp:<user id>``); of recovery codes only digests are kept.
"""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.accounts import attempts, totp
from portal.accounts.models import RecoveryCode, User
from portal.audit.operations import Actor, record
from portal.lib.sealing import KeyRing
from portal.lib.secrets import digest


def turn_on(
    session: Session,
    key_ring: KeyRing,
    *,
    user_id: int,
    account_id: int,
    actor: Actor,
    secret: str,
    code: str,
    now: datetime,
) -> list[str] | None:
    """Turns the second step on once ``code`` proves that the app has the secret; ten recovery codes, else None."""
    step = totp.matching_step(secret, code, now)
    if step is None:
        return None
    sealed = key_ring.encrypt(secret, _context(user_id))
    session.execute(update(User).where(User.id == user_id).values(sealed_totp=sealed, totp_step=step))
    attempts.forget_codes(session, user_id)
    codes = _make_codes(session, user_id)
    _record(session, user_id=user_id, account_id=account_id, actor=actor, action="user.second_step_on", now=now)
    return codes


def turn_off(session: Session, *, user_id: int, account_id: int | None, actor: Actor, now: datetime) -> bool:
    """Turns the second step off; False when it was not on."""
    changed = session.execute(
        update(User)
        .where(User.id == user_id, User.sealed_totp != "")
        .values(sealed_totp="", totp_step=0)
        .returning(User.id)
    ).first()
    if changed is None:
        return False
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    attempts.forget_codes(session, user_id)
    _record(session, user_id=user_id, account_id=account_id, actor=actor, action="user.second_step_off", now=now)
    return True


def renew_codes(session: Session, *, user_id: int, account_id: int, actor: Actor, now: datetime) -> list[str]:
    """Ten new recovery codes; the ones before stop working."""
    codes = _make_codes(session, user_id)
    _record(session, user_id=user_id, account_id=account_id, actor=actor, action="user.recovery_codes", now=now)
    return codes


def use_code(
    session: Session, key_ring: KeyRing, *, user_id: int, text: str, takes_totp: bool = True, now: datetime
) -> str | None:
    """Uses up a typed code: 'app', 'recovery', or None when it is wrong or was used. Of two at once, one wins."""
    key = totp.recovery_key(text)
    if key:
        used = session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.user_id == user_id, RecoveryCode.code_hash == digest(key), RecoveryCode.used_at.is_(None)
            )
            .values(used_at=now)
            .returning(RecoveryCode.id)
        ).first()
        return "recovery" if used else None
    sealed = session.scalar(select(User.sealed_totp).where(User.id == user_id)) if takes_totp else ""
    step = totp.matching_step(key_ring.decrypt(sealed, _context(user_id)), text, now) if sealed else None
    if step is None:
        return None
    moved = session.execute(
        update(User).where(User.id == user_id, User.totp_step < step).values(totp_step=step).returning(User.id)
    ).first()
    return "app" if moved else None


def count_codes(session: Session, user_id: int) -> int:
    """How many recovery codes are left."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(left) or 0


def _make_codes(session: Session, user_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = totp.make_recovery_codes()
    session.add_all(RecoveryCode(user_id=user_id, code_hash=digest(totp.recovery_key(code))) for code in codes)
    session.flush()
    return codes


def _context(user_id: int) -> str:
    return f"totp:{user_id}"


def _record(
    session: Session, *, user_id: int, account_id: int | None, actor: Actor, action: str, now: datetime
) -> None:
    user = session.get_one(User, user_id)
    record(
        session,
        account_id=account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind="user",
        target_public_id=user.public_id,
        target_name=user.name,
    )
