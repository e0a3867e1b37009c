"""The chain of a session's refresh tokens: which is current, which still gives its successor, which is dead.

The caller holds the device's row, so one token of a device is shown at a time; the claim is one conditional UPDATE all
the same, because it alone decides who rotated.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.devices.models import RefreshToken
from portal.lib.sealing import KeyRing
from portal.lib.secrets import digest, make_secret

WINDOW = timedelta(seconds=60)  # after its successor's first use a token is dead (facts: devices, section 4.2)


def begin(session: Session, session_id: int, now: datetime) -> str:
    """A session's first token: its secret, which is stored nowhere."""
    return _add(session, session_id, make_secret(), now)


def advance(session: Session, key_ring: KeyRing, *, token_id: int, session_id: int, now: datetime) -> str | None:
    """The secret of the successor: a new one for the current token, the same again for a rotated one in its window.

    None: the token is retired, and whoever shows it has a copy.
    """
    _empty_retired(session, session_id, now)
    successor = make_secret()
    claimed = session.execute(
        update(RefreshToken)
        .where(RefreshToken.id == token_id, RefreshToken.rotated_at.is_(None))
        .values(rotated_at=now, sealed_successor=key_ring.encrypt(successor, _context(token_id)))
        .returning(RefreshToken.id)
    ).first()
    if claimed is None:
        return _same_again(session, key_ring, token_id)
    # The chain is a line: every earlier link has led here.
    session.execute(
        update(RefreshToken)
        .where(
            RefreshToken.session_id == session_id,
            RefreshToken.id != token_id,
            RefreshToken.successor_first_used_at.is_(None),
        )
        .values(successor_first_used_at=now)
    )
    return _add(session, session_id, successor, now)


def forget(session: Session, session_ids: list[int]) -> None:
    """Sessions that ended give no successor any more."""
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.session_id.in_(session_ids), RefreshToken.sealed_successor != "")
        .values(sealed_successor="")
    )


def _same_again(session: Session, key_ring: KeyRing, token_id: int) -> str | None:
    sealed = session.scalar(select(RefreshToken.sealed_successor).where(RefreshToken.id == token_id))
    return key_ring.decrypt(sealed, _context(token_id)) if sealed else None


def _empty_retired(session: Session, session_id: int, now: datetime) -> None:
    session.execute(
        update(RefreshToken)
        .where(
            RefreshToken.session_id == session_id,
            RefreshToken.sealed_successor != "",
            RefreshToken.successor_first_used_at <= now - WINDOW,
        )
        .values(sealed_successor="")
    )


def _add(session: Session, session_id: int, secret: str, now: datetime) -> str:
    session.add(RefreshToken(session_id=session_id, token_hash=digest(secret), created_at=now))
    session.flush()
    return secret


def _context(token_id: int) -> str:
    return f"refresh:{token_id}"
