"""What time ends: sessions of phones, old links of refresh chains, dead cookies, kept addresses; never a display.

Sessions that ended go for good later still: until then a phone that comes back learns why it is out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.devices.models import IDLE, TOO_OLD, Device, DeviceSession, PhoneCookie, RefreshToken
from portal.devices.sessions import end_listed

KEPT_FOR = timedelta(days=7)  # retired refresh tokens and dead cookies (facts: devices, section 4.7)
SESSIONS_KEPT_FOR = timedelta(days=400)  # after their end, as long as redemptions (facts: devices, section 4.7)
CHUNK = 1_000  # rows of a kind in one transaction, so that phones and visitors get their turn to write


@dataclass(frozen=True)
class Tidied:
    """How many sessions ended, tokens and cookies went, sessions of long ago went, and devices forgot their address."""

    sessions: int
    secrets: int
    old_sessions: int
    addresses: int

    @property
    def rows(self) -> int:
        """All of them; 0 when nothing is left to do."""
        return self.sessions + self.secrets + self.old_sessions + self.addresses


def tidy(session: Session, now: datetime) -> Tidied:
    """A chunk of each kind, in the caller's transaction; to be repeated until it finds nothing."""
    return Tidied(
        end_expired(session, now), retire(session, now), delete_old(session, now), forget_addresses(session, now)
    )


def end_expired(session: Session, now: datetime) -> int:
    """Ends sessions whose idle or absolute limit has passed; those of displays have none. Returns how many."""
    idle, absolute = DeviceSession.idle_expires_at <= now, DeviceSession.absolute_expires_at <= now
    open_ones = select(DeviceSession.id, absolute.label("is_too_old")).where(DeviceSession.ended_at.is_(None))
    over = session.execute(open_ones.where(idle | absolute).order_by(DeviceSession.id).limit(CHUNK)).all()
    too_old, idle_only = ([row.id for row in over if row.is_too_old == wanted] for wanted in (True, False))
    return sum(end_listed(session, ids, reason, now) for ids, reason in ((too_old, TOO_OLD), (idle_only, IDLE)) if ids)


def retire(session: Session, now: datetime) -> int:
    """Deletes links that were passed a week ago, and cookies that died then. Returns how many.

    A link whose successor was never used stays: its phone may lie in a drawer with a lost answer. So does the last one
    of an ended session, by which a phone that comes back learns why it is out.
    """
    is_passed = (RefreshToken.rotated_at <= now - KEPT_FOR) & RefreshToken.successor_first_used_at.is_not(None)
    is_dead = PhoneCookie.revoked_at <= now - KEPT_FOR
    return _delete(session, RefreshToken, is_passed) + _delete(session, PhoneCookie, is_dead)


def delete_old(session: Session, now: datetime) -> int:
    """Deletes sessions that ended long ago, with what is left of their tokens and cookies. Returns how many."""
    over = select(DeviceSession.id).where(DeviceSession.ended_at <= now - SESSIONS_KEPT_FOR)
    ids = session.scalars(over.order_by(DeviceSession.id).limit(CHUNK)).all()
    if ids:
        for table in (RefreshToken, PhoneCookie):
            theirs = delete(table).where(table.session_id.in_(ids))
            session.execute(theirs.execution_options(synchronize_session=False))
        gone = delete(DeviceSession).where(DeviceSession.id.in_(ids))
        session.execute(gone.execution_options(synchronize_session=False))
    return len(ids)


def _delete(session: Session, table: type[RefreshToken | PhoneCookie], which: ColumnElement[bool]) -> int:
    ids = session.scalars(select(table.id).where(which).order_by(table.id).limit(CHUNK)).all()
    if ids:
        session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))
    return len(ids)


def forget_addresses(session: Session, now: datetime) -> int:
    """Forgets addresses that each company no longer keeps. Returns of how many devices."""
    forgotten = 0
    for days in session.scalars(select(Account.device_address_days).distinct()).all():
        theirs = select(Account.id).where(Account.device_address_days == days)
        old = select(Device.id).where(
            Device.account_id.in_(theirs), Device.last_ip != "", Device.last_ip_at <= now - timedelta(days=days)
        )
        ids = session.scalars(old.order_by(Device.id).limit(CHUNK)).all()
        if ids:
            session.execute(
                update(Device)
                .where(Device.id.in_(ids))
                .values(last_ip="", last_ip_at=None)
                .execution_options(synchronize_session=False)
            )
        forgotten += len(ids)
    return forgotten
