"""Typed codes that rest for the whole installation: its admins are told, once for each pause."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import ADMIN, Account, Membership
from portal.accounts.names import has_email
from portal.jobs import mails
from portal.jobs import operations as jobs
from portal.lib.words import ENGLISH, Words

JOB = "enrollment.pause"
MAIL = "enrollment.pause"

Render = Callable[..., tuple[str, str]]


def note(session: Session, *, count: int, begun_at: datetime, ends_at: datetime, now: datetime) -> None:
    """A job about the pause that this wrong code begins. ``begun_at``: of the window that counts, which names it."""
    payload = {"count": count, "begun_at": begun_at.isoformat(), "ends_at": ends_at.isoformat()}
    jobs.enqueue(session, kind=JOB, account_id=None, user_id=None, payload=payload, now=now)


def tell_admins(
    session: Session, payload: dict[str, Any], *, public_url: str, host: str, render: Render, now: datetime
) -> int:
    """Writes the mails of a job, one for each admin of the installation. Returns how many."""
    begun_at, ends_at = (datetime.fromisoformat(payload[name]) for name in ("begun_at", "ends_at"))
    told = 0
    for member in _admins(session):
        account: Account = member.account
        text_body, html_body = render(
            "enrollment/pause",
            account_name=account.name,
            host=host,
            count=payload["count"],
            until=ENGLISH.moment(ends_at, account.timezone),
            page_href=f"{public_url}/admin/installation-codes",
        )
        mail = mails.post(
            session,
            account_id=account.id,
            kind=MAIL,
            recipient=member.user.email,
            subject=subject(host),
            text_body=text_body,
            html_body=html_body,
            now=now,
            sender_name=account.name,
            key=f"pause:{begun_at.isoformat()}:{member.user_id}",
        )
        told += mail is not None
    return told


def subject(host: str, words: Words = ENGLISH) -> str:
    """The mail's subject."""
    return words.say("%(host)s: typed codes rest after many wrong ones", host=host)


def _admins(session: Session) -> list[Membership]:
    """Everybody once, in the first company that they look after."""
    found = session.scalars(
        select(Membership)
        .where(Membership.role == ADMIN)
        .options(joinedload(Membership.user), joinedload(Membership.account))
        .order_by(Membership.id)
    )
    by_user: dict[int, Membership] = {}
    for member in found:
        if has_email(member.user.email):
            by_user.setdefault(member.user_id, member)
    return list(by_user.values())
