"""A spent personal code that comes again: somebody else may have photographed it. Admins are told, once per grant."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.permissions import DEVICES_MANAGE
from portal.accounts.queries import list_reachable
from portal.audit.operations import Actor, record
from portal.devices.models import Device
from portal.devices.sessions import DeviceFacts
from portal.enrollment.grants import EXHAUSTED, NOUNS
from portal.enrollment.models import Grant, Redemption
from portal.jobs import mails
from portal.jobs import operations as jobs
from portal.lib.words import ENGLISH, Words

JOB = "enrollment.replay"
MAIL = "enrollment.replay"

Render = Callable[..., tuple[str, str]]


def note(session: Session, grant: Grant, facts: DeviceFacts, now: datetime) -> None:
    """After a refused try at a spent grant was written down: an event and a job, if it was meant for one device."""
    if grant.max_uses != 1:
        return
    # Held until the commit: of several replays at once, one is the first.
    session.execute(select(Grant.id).where(Grant.id == grant.id).with_for_update(key_share=True))
    refused = select(func.count()).where(Redemption.grant_id == grant.id, Redemption.reason == EXHAUSTED)
    if session.scalar(refused) != 1:
        return
    record(
        session,
        account_id=grant.account_id,
        actor=Actor(None, facts.browser or "somebody"),
        action=f"{NOUNS[grant.kind]}.replay",
        now=now,
        target_kind=NOUNS[grant.kind],
        target_public_id=grant.public_id,
        target_name=grant.description or grant.hint,
        after={"browser": facts.browser},
    )
    payload = {"grant_id": grant.id, "browser": facts.browser, "at": now.isoformat()}
    jobs.enqueue(session, kind=JOB, account_id=grant.account_id, user_id=None, payload=payload, now=now)


def tell_admins(
    session: Session, account: Account, payload: dict[str, Any], *, public_url: str, render: Render, now: datetime
) -> int:
    """Writes the mails of a job, one for each person who can revoke the device. Returns how many."""
    grant = session.get(Grant, payload["grant_id"])
    if grant is None:
        return 0
    device = session.get(Device, grant.last_used_device_id) if grant.last_used_device_id else None
    text_body, html_body = render(
        "enrollment/replay",
        account_name=account.name,
        device_name=device.name if device else "",
        browser=payload["browser"],
        at=ENGLISH.moment(datetime.fromisoformat(payload["at"]), account.timezone),
        page_href=f"{public_url}/admin/devices",
    )
    told = 0
    for member in list_reachable(session, account.id, DEVICES_MANAGE):
        mail = mails.post(
            session,
            account_id=account.id,
            kind=MAIL,
            recipient=member.user.email,
            subject=subject(account.name),
            text_body=text_body,
            html_body=html_body,
            now=now,
            sender_name=account.name,
            key=f"replay:{grant.public_id}:{member.user_id}",
        )
        told += mail is not None
    return told


def subject(account_name: str, words: Words = ENGLISH) -> str:
    """The mail's subject."""
    return words.say("%(company)s: a used QR code was scanned again", company=account_name)
