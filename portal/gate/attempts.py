"""Attempts at the passcode: the only writer of the throttle's counters.

An attempt is two transactions, and the edge commits both (docs/decisions/007-two-commits-at-the-gate.md): ``reserve``
spends it before the code is looked at, so that a killed process leaves it spent; ``give_back`` returns it once the code
was right. Wrong codes need no second one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.database import current_time
from portal.gate import throttle
from portal.gate.models import Attempt, AttemptCounter
from portal.gate.throttle import ACCOUNT, CLIENT_BURST, CLIENT_DAY, LIMITS, STICKER, Counter, Limit, Refusal

Subject = tuple[Limit, str]


@dataclass(frozen=True)
class Reservation:
    """A spent attempt whose code may now be looked at."""

    attempt_id: int
    account_id: int
    generation: int
    browser_hash: str


def reserve(
    session: Session,
    *,
    account_id: int,
    sticker_id: int,
    generation: int,
    client: str,
    browser_hash: str,
    now: datetime,
) -> Reservation | Refusal:
    """Spends one attempt in all counters, or in none. Commit before the code is looked at.

    ``client`` is ``throttle.client_of`` an address, ``browser_hash`` the digest of the browser's own cookie,
    ``generation`` the passcode's.
    """
    now = current_time(session, now)
    subjects = _subjects(sticker_id, account_id, generation, client)
    counters = _lock(session, subjects, now)
    decision = throttle.decide(
        {limit: counters[limit, subject] for limit, subject in subjects}, _failures(session, browser_hash, now), now
    )
    if isinstance(decision, Refusal):
        return decision
    _store(session, {(limit, subject): decision[limit] for limit, subject in subjects})
    attempt_id = session.execute(
        insert(Attempt).returning(Attempt.id),
        {
            "account_id": account_id,
            "sticker_id": sticker_id,
            "generation": generation,
            "client": client,
            "browser_hash": browser_hash,
            "at": now,
        },
    ).scalar_one()
    return Reservation(attempt_id, account_id, generation, browser_hash)


def give_back(session: Session, reservation: Reservation, now: datetime) -> int:
    """After a right code: returns its own attempt and this browser's earlier failures. Returns how many those were.

    Only failures at the same account's same passcode come back: otherwise somebody who knows one company's code could
    guess at another's for ever.
    """
    now = current_time(session, now)
    own = session.execute(select(*_SPENT).where(Attempt.id == reservation.attempt_id)).one()
    earlier = session.execute(
        select(*_SPENT)
        .where(
            Attempt.browser_hash == reservation.browser_hash,
            Attempt.account_id == reservation.account_id,
            Attempt.generation == reservation.generation,
            Attempt.id != own.id,
            Attempt.refunded_at.is_(None),
            Attempt.at > now - throttle.RETURNED_WITHIN,
        )
        .order_by(Attempt.at.desc())
        .limit(throttle.MOST_RETURNED)
    ).all()
    spent = [(row.at, _subjects(row.sticker_id, row.account_id, row.generation, row.client)) for row in (own, *earlier)]
    counters = _lock(session, (subject for _, subjects in spent for subject in subjects), now)
    # The counters are locked now: of two right codes sent at once, only the first finds the failures still open.
    returned = set(
        session.scalars(
            update(Attempt)
            .where(Attempt.id.in_([row.id for row in earlier]), Attempt.refunded_at.is_(None))
            .values(refunded_at=now)
            .returning(Attempt.id)
        )
    )
    for row, (at, subjects) in zip((own, *earlier), spent, strict=True):
        if row.id == own.id or row.id in returned:
            for limit, subject in subjects:
                counters[limit, subject] = throttle.give_back(limit, counters[limit, subject], at, now)
    _store(session, counters)
    session.execute(delete(Attempt).where(Attempt.id == own.id))
    return len(returned)


_SPENT = (Attempt.id, Attempt.account_id, Attempt.sticker_id, Attempt.generation, Attempt.client, Attempt.at)


def _subjects(sticker_id: int, account_id: int, generation: int, client: str) -> tuple[Subject, ...]:
    """Whom an attempt of an unknown device counts against. A known device will have counters of its own here."""
    return (
        (STICKER, str(sticker_id)),
        (ACCOUNT, f"{account_id}:{generation}"),
        (CLIENT_BURST, client),
        (CLIENT_DAY, client),
    )


def _lock(session: Session, subjects: Iterable[Subject], now: datetime) -> dict[Subject, Counter]:
    """The counters, made where missing, their rows locked until the commit.

    One statement in one order for everybody, so that attempts queue up and never deadlock. On SQLite the whole
    transaction is the lock.
    """
    ordered = sorted(set(subjects), key=lambda pair: (LIMITS.index(pair[0]), pair[1]))
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(AttemptCounter).values(
        [{"scope": limit.scope, "subject": subject, "count": 0, "since_at": now} for limit, subject in ordered]
    )
    # An update that changes nothing still locks the row and returns it.
    statement = statement.on_conflict_do_update(
        index_elements=["scope", "subject"], set_={"count": AttemptCounter.count}
    )
    rows = session.execute(
        statement.returning(AttemptCounter.scope, AttemptCounter.subject, AttemptCounter.count, AttemptCounter.since_at)
    )
    by_name = {(row.scope, row.subject): Counter(row[2], row.since_at) for row in rows}
    return {(limit, subject): by_name[limit.scope, subject] for limit, subject in ordered}


def _store(session: Session, counters: dict[Subject, Counter]) -> None:
    for (limit, subject), counter in counters.items():
        session.execute(
            update(AttemptCounter)
            .where(AttemptCounter.scope == limit.scope, AttemptCounter.subject == subject)
            .values(count=counter.count, since_at=counter.since_at)
        )


def _failures(session: Session, browser_hash: str, now: datetime) -> list[datetime]:
    """When this browser failed and was not given it back."""
    return list(
        session.scalars(
            select(Attempt.at).where(
                Attempt.browser_hash == browser_hash,
                Attempt.refunded_at.is_(None),
                Attempt.at > now - throttle.OPEN_FOR,
            )
        )
    )
