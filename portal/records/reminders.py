"""Reminders of expirations: which are due for whom, written as one digest a day per reader; what a reader may answer.

A paper is spoken of once when it counts as due soon, once on its last day, then every week. The owner is told (for a
contact's own papers the contact), from the first week after with a copy to the supervisor. Whoever has no address is
stood in for by the supervisor, then by the company's published contact, then by its admins.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import ADMIN, Account, Membership, User
from portal.accounts.names import has_email
from portal.audit.operations import Actor
from portal.audit.operations import record as write_event
from portal.jobs.mails import post
from portal.lib.emails import email_key
from portal.lib.sealing import KeyRing
from portal.lib.words import ENGLISH, Words, marked
from portal.records.expirations import when
from portal.records.kinds import CONTACT
from portal.records.models import Expiration, Record, Reminder

PURPOSE = "reminder"
EXPIRED = marked("%(name)s: %(paper)s expired %(when)s")
EXPIRES = marked("%(name)s: %(paper)s expires %(when)s")
URGENCIES = {
    "overdue": marked("%(count)s expired"),
    "today": marked("%(count)s today"),
    "soon": marked("%(count)s soon"),
}
AHEAD = "ahead"
DAY = "day"
WEEK = "week-"
RETIRED = "retired"  # of the record's state: its papers matter to nobody
SNOOZE_DAYS = (7, 30)

Render = Callable[..., tuple[str, str]]


@dataclass(frozen=True)
class Item:
    """One paper in a digest, in words."""

    name: str
    tag: str
    what: str
    expires_on: date
    when: str
    owner: str
    state: str  # overdue, today or soon
    href: str


@dataclass
class Digest:
    """What one reader is told today."""

    recipient: str
    items: list[Item] = field(default_factory=list)


def stage(expires_on: date, warn_days: int, today: date) -> str:
    """The last stage that was reached: "", ahead, day, week-1, week-2, ..."""
    if today >= expires_on:
        weeks = (today - expires_on).days // 7
        return f"{WEEK}{weeks}" if weeks else DAY
    return AHEAD if today >= expires_on - timedelta(days=warn_days) else ""


def readers(chain: Sequence[str], fallback: Sequence[str], reached: str) -> list[str]:
    """Whom to tell. ``chain`` is the owner's and the supervisor's address, "" where there is none."""
    named = [address for address in chain if address]
    if not named:
        return [address for address in fallback if address]
    return named if reached.startswith(WEEK) else named[:1]


def write_digests(
    session: Session,
    key_ring: KeyRing,
    *,
    account: Account,
    today: date,
    now: datetime,
    public_url: str,
    render: Render,
) -> int:
    """Writes today's mails of a company and notes what they speak of; the second call of a day writes none.

    Returns how many mails.
    """
    due = [] if _is_done(session, account.id, today) else list_due(session, account.id, today)
    if not due:
        return 0
    fallback = _fallback(session, account)
    digests: dict[str, Digest] = {}
    for expiration in due:
        reached = stage(expiration.expires_on, expiration.warn_days, today)
        told = readers(_chain(expiration.record), fallback, reached)
        if told:
            _note(session, expiration, reached, told, today)
        for address in {email_key(address): address for address in told}.values():
            digest = digests.setdefault(email_key(address), Digest(address))
            digest.items.append(_item(expiration, today, public_url + path(key_ring, expiration)))
    for digest in digests.values():
        _post(session, account, digest, now=now, render=render)
    return len(digests)


def _is_done(session: Session, account_id: int, today: date) -> bool:
    return bool(session.scalar(select(exists().where(Reminder.account_id == account_id, Reminder.sent_on == today))))


def list_due(session: Session, account_id: int, today: date) -> list[Expiration]:
    """The papers to speak of today, the most urgent first."""
    rows = session.scalars(
        select(Expiration)
        .join(Record, Record.id == Expiration.record_id)
        .where(
            Expiration.account_id == account_id,
            Expiration.renewed_at.is_(None),
            Expiration.acknowledged_at.is_(None),
            or_(Expiration.snoozed_until_on.is_(None), Expiration.snoozed_until_on <= today),
            Record.next_warns_on <= today,
            Record.archived_at.is_(None),
            Record.state != RETIRED,
        )
        .options(
            joinedload(Expiration.record).joinedload(Record.owner).joinedload(Record.supervisor),
            joinedload(Expiration.record).joinedload(Record.supervisor),
        )
        .order_by(Expiration.expires_on, Expiration.id)
    ).all()
    told = _list_told(session, account_id)
    return [row for row in rows if _is_due(row, told.get(row.id, {}), today)]


def _is_due(expiration: Expiration, told: dict[str, date], today: date) -> bool:
    reached = stage(expiration.expires_on, expiration.warn_days, today)
    if not reached:
        return False
    if reached not in told:
        return True
    # Whoever put it off is reminded on the day they named, though this stage was spoken of before.
    snoozed = expiration.snoozed_until_on
    return snoozed is not None and max(told.values()) < snoozed


def _list_told(session: Session, account_id: int) -> dict[int, dict[str, date]]:
    told: dict[int, dict[str, date]] = {}
    rows = session.execute(
        select(Reminder.expiration_id, Reminder.stage, Reminder.sent_on)
        .join(Expiration, Expiration.id == Reminder.expiration_id)
        .where(Reminder.account_id == account_id, Expiration.renewed_at.is_(None))
    )
    for expiration_id, reached, sent_on in rows:
        told.setdefault(expiration_id, {})[reached] = sent_on
    return told


def _chain(record: Record) -> list[str]:
    owner = record if record.kind == CONTACT else record.owner
    people = [owner, owner.supervisor if owner else None]
    return [person.email if person and person.archived_at is None else "" for person in people]


def _fallback(session: Session, account: Account) -> list[str]:
    if account.contact_email:
        return [account.contact_email]
    admins = select(User.email).join(Membership, Membership.user_id == User.id)
    emails = session.scalars(admins.where(Membership.account_id == account.id, Membership.role == ADMIN))
    return [email for email in emails if has_email(email)]


def _note(session: Session, expiration: Expiration, reached: str, told: Iterable[str], today: date) -> None:
    row = session.scalar(select(Reminder).where(Reminder.expiration_id == expiration.id, Reminder.stage == reached))
    if row is None:
        row = Reminder(account_id=expiration.account_id, expiration_id=expiration.id, stage=reached)
        session.add(row)
    row.recipient, row.sent_on = ", ".join(told)[:320], today


def _item(expiration: Expiration, today: date, href: str) -> Item:
    record = expiration.record
    return Item(
        name=record.name,
        tag=record.tag,
        what=expiration.what,
        expires_on=expiration.expires_on,
        when=when(expiration.expires_on, today),
        owner=record.owner.name if record.owner else "",
        state="overdue" if expiration.expires_on < today else "today" if expiration.expires_on == today else "soon",
        href=href,
    )


def _post(session: Session, account: Account, digest: Digest, *, now: datetime, render: Render) -> None:
    subject = headline(digest.items)
    text, html = render("records/reminders", account_name=account.name, subject=subject, items=digest.items)
    post(
        session,
        account_id=account.id,
        kind="reminders",
        recipient=digest.recipient,
        subject=subject,
        text_body=text,
        html_body=html,
        sender_name=account.name,
        reply_to=account.contact_email,
        now=now,
    )


def headline(items: Sequence[Item], words: Words = ENGLISH) -> str:
    """The subject: of one paper its name, of several how many of each urgency."""
    if len(items) == 1:
        only = items[0]
        text = EXPIRED if only.state == "overdue" else EXPIRES
        return words.say(text, name=only.name, paper=only.what, when=only.when)
    counts = {state: sum(item.state == state for item in items) for state in URGENCIES}
    parts = [words.say(URGENCIES[state], count=words.number(count)) for state, count in counts.items() if count]
    return words.count(
        "%(num)s paper to look after: %(parts)s",
        "%(num)s papers to look after: %(parts)s",
        len(items),
        parts=", ".join(parts),
    )


# Answers from the mail


def path(key_ring: KeyRing, expiration: Expiration) -> str:
    """The path of the page behind a mail's link. A corrected day makes older links invalid."""
    return f"/reminders/{expiration.public_id}/{key_ring.sign(PURPOSE, _signed(expiration))}"


def find_signed(session: Session, key_ring: KeyRing, public_id: str, signature: str) -> Expiration | None:
    """The paper that a link of ours names; None for any other link. The one read without an account: the link is the
    right to look, and it belongs to one paper.
    """
    if not (public_id.isascii() and public_id.isalnum()):
        return None
    found = session.scalar(select(Expiration).where(Expiration.public_id == public_id))
    if found is None or not key_ring.is_signed(PURPOSE, _signed(found), signature):
        return None
    return found


def _signed(expiration: Expiration) -> str:
    return f"{expiration.public_id} {expiration.expires_on.isoformat()}"


def acknowledge(session: Session, expiration: Expiration, *, now: datetime) -> None:
    """Somebody looks after it: no more reminders of this expiry."""
    _answer(session, expiration, "reminder.acknowledge", now, acknowledged_at=now, snoozed_until_on=None)


def snooze(session: Session, expiration: Expiration, until: date, *, now: datetime) -> None:
    """No reminder before a day."""
    _answer(session, expiration, "reminder.snooze", now, acknowledged_at=None, snoozed_until_on=until)


def resume(session: Session, expiration: Expiration, *, now: datetime) -> None:
    """Takes an answer back: the next stage is spoken of again."""
    _answer(session, expiration, "reminder.resume", now, acknowledged_at=None, snoozed_until_on=None)


def start_over(session: Session, expiration: Expiration) -> None:
    """After its day was corrected: what was said and answered about the wrong day does not count."""
    expiration.acknowledged_at = expiration.snoozed_until_on = None
    session.execute(delete(Reminder).where(Reminder.expiration_id == expiration.id))


def _answer(
    session: Session,
    expiration: Expiration,
    action: str,
    now: datetime,
    *,
    acknowledged_at: datetime | None,
    snoozed_until_on: date | None,
) -> None:
    record = expiration.record
    before = _state(expiration)
    expiration.acknowledged_at, expiration.snoozed_until_on = acknowledged_at, snoozed_until_on
    last = session.scalar(select(func.max(Reminder.id)).where(Reminder.expiration_id == expiration.id))
    told = session.get(Reminder, last) if last else None
    write_event(
        session,
        account_id=record.account_id,
        actor=Actor(None, f"reminder mail to {told.recipient}" if told else "reminder mail"),
        action=action,
        now=now,
        target_kind=record.kind,
        target_public_id=record.public_id,
        target_name=record.name,
        before=before,
        after=_state(expiration),
    )


def _state(expiration: Expiration) -> dict[str, str]:
    """What is to be said of it, for the audit."""
    snoozed = expiration.snoozed_until_on
    state = "stopped" if expiration.acknowledged_at else f"not before {snoozed}" if snoozed else "on"
    return {"what": expiration.what, "reminders": state}
