"""Lost and stolen things that are seen: whoever looks after them is told by mail, once per browser in 30 minutes.

The log's writer leaves a job in the transaction of the scans; the worker writes the mail.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.jobs import mails
from portal.jobs import operations as jobs
from portal.jobs.models import Mail
from portal.lib.words import ENGLISH, Words
from portal.records.kinds import CONTACT
from portal.records.models import Record
from portal.records.states import MISSING
from portal.visits.messaging import find_recipient
from portal.visits.operations import WrittenScan

JOB = "visits.sighting"
MAIL = "sighting"
# A browser without cookies is a new one at each scan: somebody who reloads a page must not fill a mailbox.
MOST_A_DAY = 20

Render = Callable[..., tuple[str, str]]


@dataclass(frozen=True)
class Sighting:
    """One look at a missing thing. ``at`` is ISO 8601; JSON-ready as it stands."""

    record_id: int
    at: str
    outcome: str
    is_admitted: bool
    browser: str
    browser_hash: str


def from_payload(payload: dict[str, Any]) -> Sighting:
    """The sighting that a job carries."""
    return Sighting(**payload)


def enqueue(session: Session, written: Sequence[WrittenScan], now: datetime) -> None:
    """A job for every look at a missing thing that is no repeat, unless enough was said about it today."""
    for one in written:
        if one.is_repeat or one.record_state not in MISSING or one.record_id is None:
            continue
        if _count_today(session, one.scan.account_id, one.record_id, now) >= MOST_A_DAY:
            continue
        scan = one.scan
        sighting = Sighting(
            one.record_id, scan.at.isoformat(), scan.outcome, scan.is_admitted, scan.browser, scan.browser_hash
        )
        jobs.enqueue(session, kind=JOB, account_id=scan.account_id, user_id=None, payload=asdict(sighting), now=now)


def tell_owner(
    session: Session, account: Account, sighting: Sighting, *, public_url: str, render: Render, now: datetime
) -> bool:
    """Writes the mail. Says whether it did: not when the thing was found meanwhile, nobody has an address, enough was
    said today, or this very look was told of already."""
    record = session.scalar(select(Record).where(Record.account_id == account.id, Record.id == sighting.record_id))
    if record is None or record.state not in MISSING:
        return False
    recipient = find_recipient(session, account.id, _addresses(record))
    told_count = _count_today(session, account.id, record.id, now)
    if not recipient or told_count >= MOST_A_DAY:
        return False
    text_body, html_body = render(
        "visits/sighting",
        account_name=account.name,
        name=record.name,
        tag=record.tag,
        state=record.state,
        at=ENGLISH.moment(datetime.fromisoformat(sighting.at), account.timezone),
        is_admitted=sighting.is_admitted,
        browser=sighting.browser,
        record_url=f"{public_url}/admin/records/{record.public_id}",
        is_last=told_count + 1 == MOST_A_DAY,
    )
    mail = mails.post(
        session,
        account_id=account.id,
        kind=MAIL,
        recipient=recipient,
        subject=subject(record.name, record.state),
        text_body=text_body,
        html_body=html_body,
        now=now,
        sender_name=account.name,
        reply_to=account.contact_email,
        key=f"{_key(record.id)}{sighting.browser_hash[:16]}:{sighting.at}",
    )
    return mail is not None


def subject(name: str, state: str, words: Words = ENGLISH) -> str:
    """The mail's subject."""
    return words.say("Seen: %(name)s (%(state)s)", name=name, state=words.say(state))


def _addresses(record: Record) -> list[str]:
    """A contact's own, else the owner's, then the supervisor's; '' for whoever has none."""
    owner = record if record.kind == CONTACT else record.owner
    people = [owner, owner.supervisor if owner else None]
    return [person.email for person in people if person and (person is record or person.archived_at is None)]


def _count_today(session: Session, account_id: int, record_id: int, now: datetime) -> int:
    """How many mails about this thing were written in the last 24 hours."""
    about_it = Mail.key.startswith(_key(record_id), autoescape=True)
    return (
        session.scalar(
            select(func.count()).where(
                Mail.account_id == account_id,
                Mail.kind == MAIL,
                Mail.created_at > now - timedelta(days=1),
                about_it,
            )
        )
        or 0
    )


def _key(record_id: int) -> str:
    return f"seen:{record_id}:"
