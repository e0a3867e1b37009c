"""Verbs on waiting mails, text messages among them. The sender holds one as a ``TakenMail`` under a lease, like a job.

A mail whose sender was killed is sent again with the same Message-ID. Killed before the text went out, nobody got it;
killed between the server's last word and our commit, the receiver's server sees the same Message-ID twice and may drop
one. SMTP offers nothing better (RFC 5321, section 4.5.3.2.6); ``handed_at`` says which of the two it was.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from portal.jobs.models import BY_MAIL, BY_SMS, DEAD, DONE, QUEUED, RUNNING, Mail
from portal.jobs.operations import LeaseLost

LEASE = timedelta(minutes=5)  # the talk before the text: a few answers of at most 20 s each
TEXT_LEASE = timedelta(minutes=15)  # the server may think for 10 minutes after the text
MAX_TRIES = 6
FIRST_PAUSE = timedelta(minutes=2)
PAUSE_GROWTH = 5  # 2 min, 10 min, 50 min, 4 h, 21 h: the sixth try is a day after the first
FRESH_FOR = timedelta(days=1)  # an untried mail that is older says what is no longer so
KEPT_FOR = timedelta(days=90)
STALE = {
    BY_MAIL: "It waited for more than a day before a mail server was there, so it was not sent by itself.",
    BY_SMS: "It waited for more than a day before an SMS gateway was there, so it was not sent by itself.",
}
KILLED = "The sender was stopped six times during this mail."


@dataclass(frozen=True)
class TakenMail:
    """A mail in the hands of one sender, as plain values. ``try_count`` is also the fence."""

    id: int
    public_id: str
    account_id: int | None
    kind: str
    recipient: str
    sender_name: str
    reply_to: str
    subject: str
    text_body: str
    html_body: str
    sealed_secret: str
    symbol_name: str
    created_at: datetime
    try_count: int


def is_due(channel: str, now: datetime) -> ColumnElement[bool]:
    """Mails of a channel that may be taken: waiting and due, or left behind by a sender whose lease is over."""
    waits = and_(Mail.state == QUEUED, Mail.run_at <= now)
    return and_(Mail.channel == channel, or_(waits, and_(Mail.state == RUNNING, Mail.leased_until < now)))


def has_due(session: Session, channel: str, now: datetime) -> bool:
    """Whether there is anything to send: asked often, so it takes no lock."""
    return bool(session.scalar(select(exists().where(is_due(channel, now)))))


def take(session: Session, channel: str, now: datetime) -> TakenMail | None:
    """The mail of a channel that has waited longest, or None. Those too old or out of tries are buried on the way."""
    waiting = select(Mail).where(is_due(channel, now)).order_by(Mail.run_at, Mail.id).limit(1)
    statement = waiting.with_for_update(skip_locked=True)
    while (mail := session.scalars(statement).first()) is not None:
        is_stale = mail.try_count == 0 and mail.run_at < now - FRESH_FOR
        if is_stale or mail.try_count >= MAX_TRIES:
            mail.state, mail.leased_until, mail.fault = DEAD, None, STALE[channel] if is_stale else KILLED
            session.flush()
            continue
        mail.state, mail.leased_until = RUNNING, now + LEASE
        mail.try_count += 1
        session.flush()
        return TakenMail(**{name: getattr(mail, name) for name in TakenMail.__dataclass_fields__})
    return None


def hand_over(session: Session, mail: TakenMail, now: datetime) -> None:
    """Notes that the text goes out now. Raises LeaseLost: then it must not."""
    _hold(session, mail, handed_at=now, leased_until=now + TEXT_LEASE)


def finish(session: Session, mail: TakenMail, now: datetime) -> None:
    """The server has taken it, and the secret in it is forgotten. Raises LeaseLost."""
    _hold(session, mail, state=DONE, sent_at=now, leased_until=None, fault="", sealed_secret="")


def retry(session: Session, mail: TakenMail, fault: str, now: datetime) -> None:
    """Puts the mail back after a fault, each time for longer; after the sixth try it is dead. Raises LeaseLost."""
    if mail.try_count >= MAX_TRIES:
        bury(session, mail, fault, now)
        return
    pause = FIRST_PAUSE * PAUSE_GROWTH ** (mail.try_count - 1)
    _hold(session, mail, state=QUEUED, fault=fault, run_at=now + pause, leased_until=None)


def bury(session: Session, mail: TakenMail, fault: str, now: datetime) -> None:
    """Gives the mail up. Raises LeaseLost."""
    _hold(session, mail, state=DEAD, fault=fault, run_at=now, leased_until=None)


def prune(session: Session, before: datetime) -> None:
    """Forgets mails written before a moment, sent or not; one being sent stays."""
    session.execute(delete(Mail).where(Mail.created_at < before, Mail.state != RUNNING))


def _hold(session: Session, mail: TakenMail, **values: Any) -> None:
    held = (Mail.id == mail.id, Mail.state == RUNNING, Mail.try_count == mail.try_count)
    if session.execute(update(Mail).where(*held).values(**values).returning(Mail.id)).first() is None:
        raise LeaseLost(f"mail {mail.public_id} was taken over by another sender")
