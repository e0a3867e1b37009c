"""The account's budget of guesses: how much of it is spent, which stickers are attacked, and what opens it again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, select, update
from sqlalchemy.orm import Session

from portal.gate import throttle
from portal.gate.models import AttemptCounter, Passcode
from portal.gate.throttle import ACCOUNT, DEVICE, DEVICES, STICKER, Counter
from portal.records.models import Record
from portal.stickers.models import Sticker

SHOWN = 50  # attacked stickers on the admin's page
# A crew's own slips are not an attack: a sticker is named from this many wrong codes on.
NAMED_AT = 3


@dataclass(frozen=True)
class Budget:
    """What is spent of the current passcode's guesses, by unknown devices (``spent`` of ``most``) and by known ones."""

    spent: int
    most: int
    granted: int
    spent_by_known: int
    closed_at: datetime | None

    @property
    def percent(self) -> int:
        return min(self.spent * 100 // self.most, 100)


@dataclass(frozen=True)
class AttackedSticker:
    """A current sticker with wrong codes on it. ``is_closed``: unknown devices find it closed."""

    public_id: str
    record_public_id: str
    record_name: str
    record_tag: str
    count: int
    is_closed: bool


@dataclass(frozen=True)
class Alarm:
    """What the banner says: nothing was put away yet since an alert."""

    percent: int
    is_closed: bool


def get_budget(session: Session, account_id: int) -> Budget:
    """The budget of the account's current passcode."""
    row = session.execute(
        select(Passcode.generation, Passcode.granted_count, Passcode.closed_at).where(Passcode.account_id == account_id)
    ).one()
    subject = f"{account_id}:{row.generation}"
    rows = session.execute(
        select(AttemptCounter.scope, AttemptCounter.count).where(
            AttemptCounter.scope.in_((ACCOUNT.scope, DEVICES.scope)), AttemptCounter.subject == subject
        )
    )
    counts = {row.scope: int(row[1]) for row in rows}
    return Budget(
        spent=counts.get(ACCOUNT.scope, 0),
        most=ACCOUNT.most + row.granted_count,
        granted=row.granted_count,
        spent_by_known=counts.get(DEVICES.scope, 0),
        closed_at=row.closed_at,
    )


def list_attacked(session: Session, account_id: int, now: datetime) -> list[AttackedSticker]:
    """The account's stickers with the most wrong codes on them, as their buckets stand now."""
    rows = session.execute(
        select(
            Sticker.public_id, Record.public_id, Record.name, Record.tag, AttemptCounter.count, AttemptCounter.since_at
        )
        .join(Record, (Record.id == Sticker.record_id) & (Record.account_id == account_id))
        .join(
            AttemptCounter,
            (AttemptCounter.scope == STICKER.scope) & (AttemptCounter.subject == cast(Sticker.id, String)),
        )
        .where(Sticker.account_id == account_id, Sticker.revoked_at.is_(None), AttemptCounter.count >= NAMED_AT)
        .order_by(AttemptCounter.count.desc(), Sticker.id)
        .limit(SHOWN)
    )
    found = []
    for sticker_id, record_id, name, tag, count, since_at in rows:
        left = throttle.settle(STICKER, Counter(count, since_at), now).count
        if left >= NAMED_AT:
            found.append(AttackedSticker(sticker_id, record_id, name, tag, left, left >= STICKER.most))
    return found


def find_alarm(session: Session, account_id: int) -> Alarm | None:
    """What the banner says, or None. One row by its unique key: it is read for every page of those who may act."""
    row = session.execute(
        select(Passcode.told_percent, Passcode.closed_at).where(
            Passcode.account_id == account_id, Passcode.alerted_at.is_not(None)
        )
    ).first()
    return Alarm(row.told_percent, row.closed_at is not None) if row else None


def is_device_spent(session: Session, account_id: int, device_id: int) -> bool:
    """Whether a known device has used up its own tries at the current passcode, and counts as unknown again."""
    generation = select(Passcode.generation).where(Passcode.account_id == account_id).scalar_subquery()
    spent = select(AttemptCounter.count).where(
        AttemptCounter.scope == DEVICE.scope,
        AttemptCounter.subject == f"{device_id}:" + cast(generation, String),
    )
    return (session.scalar(spent) or 0) >= DEVICE.most


def grant(session: Session, account_id: int) -> Budget:
    """Allows 50 more guesses at the current passcode; the alerts start again from what is spent by then."""
    session.execute(
        update(Passcode)
        .where(Passcode.account_id == account_id)
        .values(granted_count=Passcode.granted_count + throttle.GRANT, closed_at=None, alerted_at=None)
    )
    budget = get_budget(session, account_id)
    session.execute(
        update(Passcode)
        .where(Passcode.account_id == account_id)
        .values(told_percent=throttle.level_of(budget.spent, budget.granted))
    )
    return budget


def reopen_sticker(session: Session, sticker_id: int) -> None:
    """Empties the bucket of one sticker; the account's budget stays as it is."""
    session.execute(
        update(AttemptCounter)
        .where(AttemptCounter.scope == STICKER.scope, AttemptCounter.subject == str(sticker_id))
        .values(count=0)
    )


def put_alarm_away(session: Session, account_id: int) -> None:
    """The banner goes until the next alert."""
    session.execute(update(Passcode).where(Passcode.account_id == account_id).values(alerted_at=None))
