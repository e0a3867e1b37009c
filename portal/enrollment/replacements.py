"""A device that another phone took over: whoever used it hears of it by mail (facts: devices, section 5, threat 14)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account, Membership
from portal.accounts.permissions import DEVICES_MANAGE, RECORDS_VIEW
from portal.accounts.queries import list_reachable
from portal.devices.models import Device, DeviceSession
from portal.devices.sessions import DeviceFacts
from portal.jobs import mails
from portal.jobs import operations as jobs
from portal.lib.words import ENGLISH, Words

JOB = "enrollment.replaced"
MAIL = "enrollment.replaced"

Render = Callable[..., tuple[str, str]]


def note(session: Session, device: Device, facts: DeviceFacts, now: datetime) -> None:
    """A job about a device that was connected and is taken over now; before the session that it had is replaced."""
    signed_in_id = session.scalar(
        select(DeviceSession.user_id).where(DeviceSession.device_id == device.id, DeviceSession.ended_at.is_(None))
    )
    payload = {
        "device_id": device.id,
        "user_ids": sorted({one for one in (device.user_id, signed_in_id) if one is not None}),
        "browser": facts.browser,
        "at": now.isoformat(),
    }
    jobs.enqueue(session, kind=JOB, account_id=device.account_id, user_id=None, payload=payload, now=now)


def tell_owner(
    session: Session, account: Account, payload: dict[str, Any], *, public_url: str, render: Render, now: datetime
) -> int:
    """Writes the mails of a job: to the owner and whoever was signed in; if none of them reads mail, to those who
    manage devices. Returns how many."""
    device = session.get_one(Device, payload["device_id"])
    at = datetime.fromisoformat(payload["at"])
    text_body, html_body = render(
        "enrollment/replaced",
        account_name=account.name,
        device_name=device.name,
        browser=payload["browser"],
        at=ENGLISH.moment(at, account.timezone),
        page_href=f"{public_url}/admin/devices/{device.public_id}",
    )
    told = 0
    for member in _whom(session, account.id, payload["user_ids"]):
        mail = mails.post(
            session,
            account_id=account.id,
            kind=MAIL,
            recipient=member.user.email,
            subject=subject(device.name),
            text_body=text_body,
            html_body=html_body,
            now=now,
            sender_name=account.name,
            key=f"replaced:{device.public_id}:{int(at.timestamp())}:{member.user_id}",
        )
        told += mail is not None
    return told


def subject(device_name: str, words: Words = ENGLISH) -> str:
    """The mail's subject."""
    return words.say("%(device)s is another phone now", device=device_name)


def _whom(session: Session, account_id: int, user_ids: list[int]) -> list[Membership]:
    own = [one for one in list_reachable(session, account_id, RECORDS_VIEW) if one.user_id in user_ids]
    return own or list_reachable(session, account_id, DEVICES_MANAGE)
