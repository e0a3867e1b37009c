"""What time ends: sessions of phones, old links of refresh chains, dead cookies, kept addresses; never a display."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.devices.models import IDLE, TOO_OLD, Device, DeviceSession, PhoneCookie, RefreshToken
from portal.devices.sessions import end_session

KEPT_FOR = timedelta(days=7)  # retired refresh tokens and dead cookies (facts: devices, section 4.7)


def tidy(session: Session, now: datetime) -> int:
    """Does all of it. Returns how many sessions of phones ended."""
    ended = end_expired(session, now)
    retire(session, now)
    forget_addresses(session, now)
    return ended


def end_expired(session: Session, now: datetime) -> int:
    """Ends the sessions whose idle or absolute limit has passed; those of displays have none."""
    idle, absolute = DeviceSession.idle_expires_at <= now, DeviceSession.absolute_expires_at <= now
    open_ones = select(DeviceSession.id, absolute.label("is_too_old")).where(DeviceSession.ended_at.is_(None))
    over = session.execute(open_ones.where(idle | absolute).order_by(DeviceSession.id)).all()
    return sum(end_session(session, row.id, TOO_OLD if row.is_too_old else IDLE, now) for row in over)


def retire(session: Session, now: datetime) -> None:
    """Deletes links that were passed a week ago, and cookies that died then.

    A link whose successor was never used stays: its phone may lie in a drawer with a lost answer. So does the last one
    of an ended session, by which a phone that comes back learns why it is out.
    """
    session.execute(
        delete(RefreshToken).where(
            RefreshToken.rotated_at <= now - KEPT_FOR, RefreshToken.successor_first_used_at.is_not(None)
        )
    )
    session.execute(delete(PhoneCookie).where(PhoneCookie.revoked_at <= now - KEPT_FOR))


def forget_addresses(session: Session, now: datetime) -> None:
    """Forgets the addresses that each company no longer keeps."""
    for days in session.scalars(select(Account.device_address_days).distinct()).all():
        theirs = select(Account.id).where(Account.device_address_days == days)
        session.execute(
            update(Device)
            .where(Device.account_id.in_(theirs), Device.last_ip != "", Device.last_ip_at <= now - timedelta(days=days))
            .values(last_ip="", last_ip_at=None)
            .execution_options(synchronize_session=False)
        )
