"""A phone that signed somebody in or out and never heard the answer: it says so, and goes on as a paired phone.

Its browser still has the cookie of the session before, which ended with the request. A session that may only sign in is
no more than that cookie was good for, whoever shows it: the person's session is never handed out.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.devices import sessions, tokens
from portal.devices.models import BY_USER, REPLACED, Device, DeviceSession, RefreshToken
from portal.lib.secrets import digest


def step_back(session: Session, *, secret: str, now: datetime) -> sessions.Opened | None:
    """A paired session in place of the one that nobody heard of; None where the refresh token is simply over.

    ``secret``: of the session before, and its last: one whose successor was used is a copy that somebody kept. As long
    as an access token lives nobody need refresh the one after, so that long it may be unheard of. What an enrolment
    opened stays: it may be another phone that took this one's place.
    """
    ended = session.execute(
        select(DeviceSession.device_id, DeviceSession.ended_at)
        .join(RefreshToken, RefreshToken.session_id == DeviceSession.id)
        .where(
            RefreshToken.token_hash == digest(secret),
            RefreshToken.successor_first_used_at.is_(None),
            DeviceSession.end_reason.in_((REPLACED, BY_USER)),
            DeviceSession.ended_at > now - tokens.LIFE,
        )
    ).first()
    if ended is None:
        return None
    device = session.get_one(Device, ended.device_id, with_for_update=True, populate_existing=True)
    follower = _find_unheard(session, device, ended.ended_at)
    while follower is not None and follower.ended_at is not None:  # the answer to stepping back was lost too
        follower = _find_unheard(session, device, follower.ended_at)
    if follower is None:
        return None
    opened = sessions.sign_out_person(session, device_session_id=follower.id, now=now)
    return opened if isinstance(opened, sessions.Opened) else None


def _find_unheard(session: Session, device: Device, moment: datetime) -> DeviceSession | None:
    """The session that began when the one before it ended, unless the phone has refreshed it."""
    is_refreshed = exists().where(RefreshToken.session_id == DeviceSession.id, RefreshToken.rotated_at.is_not(None))
    return session.scalars(
        select(DeviceSession).where(
            DeviceSession.device_id == device.id,
            DeviceSession.created_at == moment,
            DeviceSession.created_at != device.connected_at,
            DeviceSession.ended_at.is_(None) | (DeviceSession.ended_at > moment),
            ~is_refreshed,
        )
    ).first()
