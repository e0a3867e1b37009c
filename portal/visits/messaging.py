"""Verbs on messages: a visitor leaves one; people of the company answer, assign, close and reopen it.

Of two people who act on one message at once, the second is told: they say which state of it they saw (``changed_at``).
The mails that go with a message are the edge's to write, in the same transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor, record
from portal.audit.queries import list_for_target
from portal.errors import NotFound
from portal.gate.throttle import Refusal
from portal.lib.secrets import make_public_id
from portal.records.kinds import CONTACT
from portal.records.models import Record
from portal.visits import message_limits
from portal.visits.messages import ANSWERED, CLOSED, OPEN, Told
from portal.visits.models import Message

VISITOR = Actor(None, "visitor")
Fields = dict[str, Any]


@dataclass(frozen=True)
class Left:
    """A message that is kept. ``is_new`` is False when its form came a second time; ``day_count`` is the how-manieth of
    the account's day it is."""

    message: Message
    is_new: bool
    day_count: int

    @property
    def is_mailed(self) -> bool:
        return self.is_new and bool(self.message.recipient)


@dataclass(frozen=True)
class Conflict:
    """Nothing was changed: ``who`` did something with the message after it was shown."""

    who: str


def find_recipient(session: Session, account_id: int, people: Iterable[str]) -> str:
    """Where news about a record goes: the first of these e-mail addresses (owner, then supervisor) that is one, else
    the account's duty contact, else its published contact; '' when none of them has an address."""
    named = next(filter(None, people), "")
    if named:
        return named
    account = session.get_one(Account, account_id)
    duty = session.scalar(
        select(Record.email).where(
            Record.account_id == account_id,
            Record.id == account.duty_contact_id,
            Record.kind == CONTACT,
            Record.archived_at.is_(None),
        )
    )
    return duty or account.contact_email


def leave(
    session: Session,
    *,
    account_id: int,
    record_id: int,
    record_name: str,
    told: Told,
    photo_key: str,
    recipient: str,
    client: str,
    now: datetime,
    public_id: str = "",
) -> Left | Refusal:
    """Keeps a message. ``public_id`` is the same each time one form is sent: of two at once, the second waits for the
    account's counter and then finds the first's message.
    """
    count = message_limits.take(session, account_id, client, now)
    sent_before = public_id and session.scalar(
        select(Message).where(Message.account_id == account_id, Message.public_id == public_id)
    )
    if sent_before:
        return Left(sent_before, False, 0)
    if isinstance(count, Refusal):
        return count
    message = _keep(
        session,
        told,
        public_id=public_id or make_public_id(),
        account_id=account_id,
        record_id=record_id,
        record_name=record_name,
        photo_key=photo_key,
        recipient=recipient if count <= message_limits.MOST_MAILED else "",
        created_at=now,
    )
    return Left(message, True, count)


def answer(
    session: Session, message: Message, text: str, *, seen: str, actor: Actor, now: datetime
) -> Message | Conflict:
    """Notes what was answered; the message is then answered."""
    held = _hold(session, message, seen)
    if isinstance(held, Conflict):
        return held
    before = {"state": held.state}
    held.answer, held.answered_by_name, held.state = text, actor.name[:200], ANSWERED
    return _save(session, held, "message.answer", actor=actor, now=now, before=before, after={"state": ANSWERED})


def assign(
    session: Session, message: Message, user_id: int | None, name: str, *, seen: str, actor: Actor, now: datetime
) -> Message | Conflict:
    """Gives the message to somebody of the company by user id and name, or with None to nobody."""
    held = _hold(session, message, seen)
    if isinstance(held, Conflict):
        return held
    held.assigned_to_id = user_id
    return _save(session, held, "message.assign", actor=actor, now=now, before={}, after={"assigned_to": name})


def close(session: Session, message: Message, *, seen: str, actor: Actor, now: datetime) -> Message | Conflict:
    """Puts the message away: there is nothing more to do about it."""
    return _move(session, message, CLOSED, "message.close", seen=seen, actor=actor, now=now)


def reopen(session: Session, message: Message, *, seen: str, actor: Actor, now: datetime) -> Message | Conflict:
    """Puts the message back among the open ones; an answer that was given stays with it."""
    return _move(session, message, OPEN, "message.reopen", seen=seen, actor=actor, now=now)


def forget_record(session: Session, account_id: int, record_id: int) -> None:
    """Before a record is deleted: its messages stay and keep its name."""
    session.execute(
        update(Message).where(Message.account_id == account_id, Message.record_id == record_id).values(record_id=None)
    )


def seen_state(message: Message) -> str:
    """What a form carries to say which state of the message was shown."""
    return message.changed_at.isoformat()


def _keep(session: Session, told: Told, *, created_at: datetime, **values: str | int) -> Message:
    """What was told as a row, ``values`` being its other columns, and its event."""
    message = Message(
        reason=told.reason,
        text=told.text,
        sender_name=told.name,
        sender_contact=told.contact,
        language=told.language,
        created_at=created_at,
        changed_at=created_at,
        **values,
    )
    message.latitude, message.longitude = told.place or (None, None)
    session.add(message)
    session.flush()
    after = {"reason": told.reason}
    _write_event(session, message, "message.receive", actor=VISITOR, now=created_at, before={}, after=after)
    return message


def _move(
    session: Session, message: Message, state: str, action: str, *, seen: str, actor: Actor, now: datetime
) -> Message | Conflict:
    held = _hold(session, message, seen)
    if isinstance(held, Conflict):
        return held
    before, held.state = {"state": held.state}, state
    return _save(session, held, action, actor=actor, now=now, before=before, after={"state": state})


def _hold(session: Session, message: Message, seen: str) -> Message | Conflict:
    """The message locked, as it stands now, unless somebody changed it since it was seen. Raises NotFound."""
    held = session.scalar(
        select(Message)
        .where(Message.account_id == message.account_id, Message.id == message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None:
        raise NotFound(f"message {message.public_id} is gone")
    if seen_state(held) == seen:
        return held
    events = list_for_target(session, held.account_id, held.public_id, 1)
    return Conflict(events[0].actor_name if events else "Somebody")


def _save(
    session: Session, message: Message, action: str, *, actor: Actor, now: datetime, before: Fields, after: Fields
) -> Message:
    # Two changes within one tick of the clock are still two states.
    message.changed_at = max(now, message.changed_at + timedelta(microseconds=1))
    session.flush()
    _write_event(session, message, action, actor=actor, now=now, before=before, after=after)
    return message


def _write_event(
    session: Session, message: Message, action: str, *, actor: Actor, now: datetime, before: Fields, after: Fields
) -> None:
    """Texts, names and addresses of visitors stay out of the trail: it is kept for ever."""
    record(
        session,
        account_id=message.account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind="message",
        target_public_id=message.public_id,
        target_name=message.record_name,
        before=before,
        after=after,
    )
