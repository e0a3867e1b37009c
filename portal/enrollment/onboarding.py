"""The one-time QR code of a person's own phone: what it shows, how far it is, and taking it back once it was used."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.audit.operations import Actor
from portal.devices import operations as devices
from portal.devices.models import BY_ADMIN, PENDING, REVOKED, Device
from portal.devices.sessions import end_sessions_of_member, end_sessions_of_person
from portal.enrollment import grants
from portal.enrollment.models import ONBOARDING, Grant
from portal.enrollment.payloads import KINDS, api_address, link, logo_address
from portal.errors import NotFound
from portal.lib.typed_codes import grouped, normalise
from portal.stickers.drawing import svg
from portal.stickers.symbols import variable_symbol

UNDO_FOR = timedelta(seconds=60)

# How far a code is.
WAITING = "waiting"
USED = "used"
TAKEN_BACK = "revoked"
EXPIRED = "expired"
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Offer:
    """A code as it is shown, once. ``token`` and ``code`` are the secret: they go into bodies and nowhere else."""

    grant_id: str
    token: str
    code: str
    payload: str
    svg: str
    api_url: str
    site_name: str
    logo_url: str
    expires_at: datetime


def draw(*, public_url: str, account_public_id: str, account_name: str, grant: Grant, secret: str, code: str) -> Offer:
    """The link that the phone opens, as a text and as a picture. ``code``: the typed form, grouped or not."""
    payload = link(
        public_url,
        kind=KINDS[ONBOARDING],
        secret=secret,
        account_name=account_name,
        account_public_id=account_public_id,
    )
    return Offer(
        grant_id=grant.public_id,
        token=secret,
        code=grouped(normalise(code)),
        payload=payload,
        svg=svg(variable_symbol(payload, "M"), "QR code that connects one phone"),
        api_url=api_address(public_url),
        site_name=account_name,
        logo_url=logo_address(public_url, account_public_id),
        expires_at=grant.expires_at or grant.created_at,
    )


def get_own(session: Session, account_id: int, user_id: int, public_id: str) -> Grant:
    """A code that this person made for themselves. Raises NotFound, also for a colleague's."""
    found = session.scalar(
        select(Grant).where(
            Grant.account_id == account_id,
            Grant.public_id == public_id,
            Grant.kind == ONBOARDING,
            Grant.user_id == user_id,
        )
    )
    if found is None:
        raise NotFound(f"onboarding {public_id}")
    return found


@dataclass(frozen=True)
class Progress:
    """How far a code is. ``device`` is the phone that used it; seconds are those of this moment, 0 when over."""

    state: str
    seconds_left: int
    device: Device | None
    undo_seconds_left: int

    @property
    def device_name(self) -> str:
        """What the phone is called, "" while there is none."""
        return self.device.name if self.device else ""

    @property
    def is_held_up(self) -> bool:
        """Whether the phone waits for approval still, since an earlier code of its asked for that."""
        return self.device is not None and self.device.status == PENDING


def follow(session: Session, grant: Grant, now: datetime) -> Progress:
    """How far the code is now. Writes nothing."""
    device = _device_of(session, grant)
    if device is not None:
        if device.status == REVOKED:
            return Progress(TAKEN_BACK, 0, device, 0)
        return Progress(
            USED, 0, device, seconds_until(grant.last_used_at + UNDO_FOR if grant.last_used_at else now, now)
        )
    state = grants.state(grant, now)
    if state == grants.ACTIVE:
        return Progress(WAITING, seconds_until(grant.expires_at or now, now), None, 0)
    return Progress(SUPERSEDED if state == grants.SUPERSEDED else EXPIRED, 0, None, 0)


def undo(
    session: Session, *, account_id: int, user_id: int, public_id: str, actor: Actor, now: datetime
) -> Device | None:
    """Revokes the phone that has just used the person's own code, which may be done already; None after the 60
    seconds. Raises NotFound."""
    progress = follow(session, get_own(session, account_id, user_id, public_id), now)
    if progress.device is None or (progress.state == USED and not progress.undo_seconds_left):
        return None
    devices.revoke(session, progress.device, actor=actor, now=now)
    return progress.device


def sign_out_everywhere(session: Session, user_id: int, now: datetime) -> int:
    """Signs a person out on all phones, whose password is another one now. Their unspent codes end too: whoever had
    the old password may have made one. Returns how many phones were signed out."""
    _end_unspent(session, Grant.user_id == user_id, now)
    return end_sessions_of_person(session, user_id, BY_ADMIN, now)


def sign_out_of_company(session: Session, *, account_id: int, user_id: int, now: datetime) -> int:
    """Signs somebody who leaves a company out on its phones, for good: whoever joins again scans again. Their unspent
    codes end too. Returns how many phones were signed out."""
    _end_unspent(session, (Grant.account_id == account_id) & (Grant.user_id == user_id), now)
    return end_sessions_of_member(session, account_id, user_id, now)


def _end_unspent(session: Session, whose: ColumnElement[bool], now: datetime) -> None:
    session.execute(
        update(Grant).where(Grant.kind == ONBOARDING, whose, *grants.is_active(now)).values(superseded_at=now)
    )


def _device_of(session: Session, grant: Grant) -> Device | None:
    if grant.last_used_device_id is None:
        return None
    return session.scalar(
        select(Device).where(Device.account_id == grant.account_id, Device.id == grant.last_used_device_id)
    )


def seconds_until(until: datetime, now: datetime) -> int:
    """Whole seconds until a moment, a begun one counted, 0 when it is past."""
    return max(0, math.ceil((until - now).total_seconds()))
