"""What is odd in the log, so that somebody looks into it: old stickers and missing things that turn up, bursts of wrong
passcodes, and records that nobody has seen for months."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.records.kinds import CONTACT
from portal.records.models import Record
from portal.records.states import IN_USE, MISSING, OUT_OF_ORDER
from portal.stickers.models import Sticker
from portal.visits.models import Scan
from portal.visits.scan_filters import REFUSED

RECENT = timedelta(days=30)  # how far back old stickers and missing things are looked for
BURST_COUNT = 10  # refused tries at one sticker ...
BURST_WITHIN = timedelta(hours=1)  # ... within so long
BURST_RECENT = timedelta(days=7)
MOST_TRIES = 10_000  # the newest ones; an attack leaves more than a page needs
SHOWN = 5
COUNTED = 1_000
MONTH = timedelta(days=30.44)


@dataclass(frozen=True)
class Sighting:
    """A record in question: what it is, how often, when last. ``state`` is its state, or how the sticker answered."""

    public_id: str
    name: str
    state: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class Burst:
    """Refused tries at one sticker of a record, close together."""

    sticker_id: int
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class BurstOf:
    """A burst with the record that it was about; "" when that is gone."""

    burst: Burst
    public_id: str
    name: str


@dataclass(frozen=True)
class Unseen:
    """A record whose stickers nobody has scanned for long; ``last_at`` None: never."""

    public_id: str
    name: str
    last_at: datetime | None


@dataclass(frozen=True)
class Oddities:
    """All that is odd. ``unseen_count`` ends at COUNTED + 1; ``unseen`` are the first few by name."""

    old_stickers: tuple[Sighting, ...]
    missing_seen: tuple[Sighting, ...]
    bursts: tuple[BurstOf, ...]
    unseen: tuple[Unseen, ...]
    unseen_count: int
    unseen_months: int

    @property
    def is_any(self) -> bool:
        return bool(self.old_stickers or self.missing_seen or self.bursts or self.unseen)


def find_oddities(session: Session, account: Account, now: datetime) -> Oddities:
    """Everything odd in an account at ``now``."""
    unseen, unseen_count = find_unseen(session, account, now)
    return Oddities(
        find_old_stickers(session, account.id, now),
        find_missing_seen(session, account.id, now),
        find_bursts(session, account.id, now),
        unseen,
        unseen_count,
        account.unseen_months,
    )


def find_old_stickers(session: Session, account_id: int, now: datetime) -> tuple[Sighting, ...]:
    """Retired and revoked stickers that were scanned lately, the latest first: they are still out."""
    rows = session.execute(
        _sightings(Scan.outcome)
        .where(Scan.account_id == account_id, Scan.at >= now - RECENT, Scan.outcome.in_(("retired", "revoked")))
        .group_by(Record.public_id, Record.name, Scan.outcome)
        .order_by(func.max(Scan.at).desc())
        .limit(SHOWN)
    )
    return tuple(_sighting(row) for row in rows)


def find_missing_seen(session: Session, account_id: int, now: datetime) -> tuple[Sighting, ...]:
    """Lost and stolen things whose stickers were scanned since they were reported, the latest first."""
    rows = session.execute(
        _sightings(Record.state)
        .where(
            Record.account_id == account_id,
            Record.archived_at.is_(None),
            Record.state.in_(MISSING),
            Scan.account_id == account_id,
            Scan.at >= func.coalesce(Record.state_at, Record.created_at),
            Scan.at >= now - RECENT,
        )
        .group_by(Record.public_id, Record.name, Record.state)
        .order_by(func.max(Scan.at).desc())
        .limit(SHOWN)
    )
    return tuple(_sighting(row) for row in rows)


def find_bursts(session: Session, account_id: int, now: datetime) -> tuple[BurstOf, ...]:
    """Stickers at which many wrong passcodes came close together in the last week, the latest first."""
    tries = session.execute(
        select(Scan.sticker_id, Scan.at)
        .where(Scan.account_id == account_id, Scan.at >= now - BURST_RECENT, Scan.outcome.in_(REFUSED))
        .order_by(Scan.at.desc())
        .limit(MOST_TRIES)
    ).all()
    bursts = bursts_of((row.sticker_id, row.at) for row in reversed(tries))[:SHOWN]
    named = session.execute(
        select(Sticker.id, Record.public_id, Record.name)
        .join(Record, (Record.id == Sticker.record_id) & (Record.account_id == account_id))
        .where(Sticker.account_id == account_id, Sticker.id.in_([burst.sticker_id for burst in bursts]))
    )
    names = {row.id: (row.public_id, row.name) for row in named}
    return tuple(BurstOf(burst, *names.get(burst.sticker_id, ("", ""))) for burst in bursts)


def bursts_of(tries: Iterable[tuple[int, datetime]]) -> list[Burst]:
    """The bursts in tries (sticker, moment) that come oldest first; of a sticker the largest, the latest sticker first.

    A burst is BURST_COUNT tries at one sticker within BURST_WITHIN; its count is the most that fit into that time.
    """
    windows: dict[int, deque[datetime]] = {}
    found: dict[int, Burst] = {}
    for sticker_id, at in tries:
        window = windows.setdefault(sticker_id, deque())
        window.append(at)
        while at - window[0] > BURST_WITHIN:
            window.popleft()
        best = found.get(sticker_id)
        if len(window) >= BURST_COUNT and (best is None or len(window) >= best.count):
            found[sticker_id] = Burst(sticker_id, len(window), window[0], at)
    return sorted(found.values(), key=lambda burst: burst.last_at, reverse=True)


def find_unseen(session: Session, account: Account, now: datetime) -> tuple[tuple[Unseen, ...], int]:
    """Records in use, people left out, none of whose stickers was scanned for the account's months: some, and how many.

    A record younger than that is not missed yet. 0 months: nobody asks.
    """
    if not account.unseen_months:
        return (), 0
    since = now - MONTH * account.unseen_months
    is_seen = exists().where(
        Sticker.account_id == account.id, Sticker.record_id == Record.id, Sticker.last_scanned_at >= since
    )
    unseen = and_(
        Record.account_id == account.id,
        Record.archived_at.is_(None),
        Record.kind != CONTACT,
        Record.state.in_((IN_USE, OUT_OF_ORDER)),
        Record.created_at < since,
        ~is_seen,
    )
    counted = select(Record.id).where(unseen).limit(COUNTED + 1).subquery()
    count = session.scalar(select(func.count()).select_from(counted)) or 0
    last_at = select(func.max(Sticker.last_scanned_at)).where(
        Sticker.account_id == account.id, Sticker.record_id == Record.id
    )
    rows = session.execute(
        select(Record.public_id, Record.name, last_at.scalar_subquery())
        .where(unseen)
        .order_by(Record.name_key, Record.id)
        .limit(SHOWN)
    )
    return tuple(Unseen(*row) for row in rows), count


def _sightings(state: Any) -> Any:
    columns = (Record.public_id, Record.name, state.label("state"), func.count().label("times"))
    return select(*columns, func.max(Scan.at).label("last_at")).join_from(Scan, Record, Record.id == Scan.record_id)


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(row.public_id, row.name, row.state, row.times, row.last_at)
