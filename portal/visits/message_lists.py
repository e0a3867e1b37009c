"""Reads of messages, always within one account."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.errors import NotFound
from portal.visits.messages import OPEN, STATES
from portal.visits.models import Message

PAGE = 30
COUNTED = 1000  # beyond, a list says "1000+"
EVERY = "all"
MINE = "me"
NOBODYS = "nobody"


@dataclass(frozen=True)
class MessageFilter:
    """What a list shows: a state or all of them, whose, and words to find."""

    state: str = OPEN
    assigned: str = ""
    q: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "MessageFilter":
        """Reads an address; what it does not know is left at its default."""
        state, assigned = args.get("state", OPEN), args.get("assigned", "")
        return cls(
            state if state in STATES or state == EVERY else OPEN,
            assigned if assigned in (MINE, NOBODYS) else "",
            args.get("q", "").replace("\0", "").strip()[:100],
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.assigned or self.q)


@dataclass(frozen=True)
class Line:
    """One row of the list: the message and whom it is assigned to, '' for nobody."""

    message: Message
    assigned_to: str


def list_page(
    session: Session, account_id: int, filter: MessageFilter, user_id: int, *, before: int | None = None
) -> tuple[list[Line], bool]:
    """A page of messages, the newest first, those older than row ``before``; and whether there are more behind it."""
    statement = (
        select(Message, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == Message.assigned_to_id)
        .where(*_conditions(account_id, filter, user_id))
        .order_by(Message.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        statement = statement.where(Message.id < before)
    lines = [Line(row[0], row[1]) for row in session.execute(statement)]
    return lines[:PAGE], len(lines) > PAGE


def count(session: Session, account_id: int, filter: MessageFilter, user_id: int) -> int:
    """How many messages match; counting ends one above ``COUNTED``."""
    found = select(Message.id).where(*_conditions(account_id, filter, user_id)).limit(COUNTED + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def get_message(session: Session, account_id: int, public_id: str) -> Message:
    """One message of the account. Raises NotFound."""
    message = session.scalar(select(Message).where(Message.account_id == account_id, Message.public_id == public_id))
    if message is None:
        raise NotFound(f"message {public_id}")
    return message


def is_photo_used(session: Session, photo_key: str) -> bool:
    """Whether any message of any account shows this photo: equal pictures share one file."""
    return bool(session.scalar(select(exists().where(Message.photo_key == photo_key))))


def _conditions(account_id: int, filter: MessageFilter, user_id: int) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Message.account_id == account_id]
    if filter.state != EVERY:
        wanted.append(Message.state == filter.state)
    if filter.assigned:
        wanted.append(
            Message.assigned_to_id == user_id if filter.assigned == MINE else Message.assigned_to_id.is_(None)
        )
    searched = (Message.record_name, Message.text, Message.sender_name, Message.sender_contact, Message.answer)
    for word in filter.q.split():
        wanted.append(or_(*(column.icontains(word, autoescape=True) for column in searched)))
    return wanted
