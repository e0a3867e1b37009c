"""Calendar feeds (RFC 5545): private addresses that a calendar program asks for the days on which papers expire.

A company's feed holds all of its papers; a person's those of what they own or supervise, by their e-mail. The secret in
the address is all that is asked; making a new address ends the old one, and leaving the company ends one's own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from portal.accounts.models import Account, Membership, User
from portal.audit.operations import Actor
from portal.audit.operations import record as write_event
from portal.lib.lines import one_line
from portal.lib.secrets import digest, make_secret
from portal.records.kinds import CONTACT
from portal.records.models import CalendarFeed, Expiration, Record
from portal.records.reminders import RETIRED

ASK_AGAIN = timedelta(hours=6)  # how often calendar programs should look (RFC 7986, section 5.7)


def make_feed(session: Session, *, account_id: int, user_id: int | None, actor: Actor, now: datetime) -> str:
    """A new address of the company (``user_id`` None) or of a person; the old one ends. Returns its secret, once."""
    for old in list_feeds(session, account_id, user_id):
        if old.user_id == user_id:
            old.revoked_at = now
    secret = make_secret()
    feed = CalendarFeed(account_id=account_id, user_id=user_id, secret_hash=digest(secret), created_at=now)
    session.add(feed)
    session.flush()
    _write(session, feed, "calendar.create", actor, now)
    return secret


def revoke_feed(session: Session, feed: CalendarFeed, *, actor: Actor, now: datetime) -> None:
    """Ends an address."""
    feed.revoked_at = now
    _write(session, feed, "calendar.revoke", actor, now)


def list_feeds(session: Session, account_id: int, user_id: int | None) -> list[CalendarFeed]:
    """The live feeds that a person may see: the company's and their own."""
    mine = or_(CalendarFeed.user_id.is_(None), CalendarFeed.user_id == user_id)
    live = (CalendarFeed.account_id == account_id, CalendarFeed.revoked_at.is_(None))
    return list(session.scalars(select(CalendarFeed).where(*live, mine).order_by(CalendarFeed.id)))


def find_feed(session: Session, secret: str) -> CalendarFeed | None:
    """The live feed of a secret. A person's own lives only while they belong to the company."""
    belongs = exists().where(
        Membership.account_id == CalendarFeed.account_id, Membership.user_id == CalendarFeed.user_id
    )
    return session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.secret_hash == digest(secret),
            CalendarFeed.revoked_at.is_(None),
            or_(CalendarFeed.user_id.is_(None), belongs),
        )
    )


def list_papers(session: Session, account_id: int, email: str = "") -> list[Expiration]:
    """The current papers of a company, or of what the contact with an e-mail owns or supervises, by day."""
    wanted = [
        Expiration.account_id == account_id,
        Expiration.renewed_at.is_(None),
        Record.archived_at.is_(None),
        Record.state != RETIRED,
    ]
    if email:
        wanted.append(_looked_after_by(account_id, email))
    rows = select(Expiration).join(Record, Record.id == Expiration.record_id).where(*wanted)
    return list(
        session.scalars(
            rows.options(joinedload(Expiration.record).joinedload(Record.owner)).order_by(
                Expiration.expires_on, Expiration.id
            )
        )
    )


def _looked_after_by(account_id: int, email: str) -> ColumnElement[bool]:
    person, owner = aliased(Record), aliased(Record)
    me = select(person.id).where(
        person.account_id == account_id, person.kind == CONTACT, func.lower(person.email) == email.lower()
    )
    staff = select(owner.id).where(owner.account_id == account_id, owner.supervisor_id.in_(me))
    return or_(Record.owner_id.in_(me), Record.id.in_(me), Record.owner_id.in_(staff), Record.id.in_(staff))


def write_calendar(account: Account, papers: Sequence[Expiration], public_url: str) -> bytes:
    """The feed as a file. It depends on the papers alone, so that an unchanged one has an unchanged ETag."""
    host = urlsplit(public_url).hostname or "localhost"
    calendar = Calendar()
    calendar.add("prodid", "-//QR Portal//Expirations//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{one_line(account.name)}: expirations")
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", ASK_AGAIN)
    for paper in papers:
        calendar.add_component(_event(paper, host, public_url))
    return bytes(calendar.to_ical())


def _event(paper: Expiration, host: str, public_url: str) -> Event:
    record = paper.record
    tag = f" ({record.tag})" if record.tag else ""
    event = Event()
    event.add("uid", f"{paper.public_id}@{host}")
    event.add("dtstamp", paper.created_at)
    event.add("dtstart", paper.expires_on)
    event.add("dtend", paper.expires_on + timedelta(days=1))
    event.add("summary", one_line(f"{record.name}{tag}: {paper.what} expires"))
    owner = f"Owner: {record.owner.name}" if record.owner else "No owner"
    event.add("description", one_line(owner))
    event.add("url", f"{public_url}/admin/records/{record.public_id}")
    event.add("transp", "TRANSPARENT")  # the day stays free for meetings
    return event


def email_of(session: Session, feed: CalendarFeed) -> str:
    """Whose papers the feed holds; "" for the company's."""
    user = session.get(User, feed.user_id) if feed.user_id else None
    return user.email if user else ""


def _write(session: Session, feed: CalendarFeed, action: str, actor: Actor, now: datetime) -> None:
    write_event(
        session,
        account_id=feed.account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind="calendar",
        target_public_id=feed.public_id,
        target_name="own calendar" if feed.user_id else "company calendar",
    )
