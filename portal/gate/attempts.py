"""Attempts at the passcode: the only writer of the throttle's counters.

An attempt is two transactions, and the edge commits both (docs/decisions/007-two-commits-at-the-gate.md): ``reserve``
spends it before the code is looked at, so that a killed process leaves it spent; ``give_back`` returns it once the code
was right. Wrong codes need no second one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from portal.database import current_time, lock_counters, store_counters
from portal.gate import throttle
from portal.gate.known_devices import find_device_id
from portal.gate.models import Attempt, AttemptCounter, Passcode
from portal.gate.throttle import (
    ACCOUNT,
    CLIENT_BURST,
    CLIENT_DAY,
    DEVICE,
    DEVICES,
    LIMITS,
    STICKER,
    Counter,
    Limit,
    Refusal,
)

Subject = tuple[Limit, str]


@dataclass(frozen=True)
class Alert:
    """News for the admins, to be told in the transaction of the attempt. ``percent`` of the account's ``budget`` is
    spent, or, with ``percent`` 0, ten wrong codes were typed at one sticker."""

    percent: int
    budget: int
    sticker_id: int


@dataclass(frozen=True)
class Reservation:
    """A spent attempt whose code may now be looked at. ``device_id``: the known device whose budget paid for it."""

    attempt_id: int
    account_id: int
    generation: int
    browser_hash: str
    device_id: int | None
    alerts: tuple[Alert, ...]


@dataclass(frozen=True)
class Knock:
    """Who stands before which code. ``client`` is ``throttle.client_of`` an address, ``browser_hash`` the digest of the
    browser's own number, ``device_hash`` that of its known-device cookie or '', ``generation`` the passcode's."""

    account_id: int
    sticker_id: int
    generation: int
    client: str
    browser_hash: str
    device_hash: str = ""


def reserve(session: Session, knock: Knock, now: datetime) -> Reservation | Refusal:
    """Spends one attempt in all its counters, or in none. Commit before the code is looked at."""
    now = current_time(session, now)
    failures = _failures(session, knock.browser_hash, now)
    device_id = find_device_id(session, knock.account_id, knock.device_hash, now) if knock.device_hash else None
    counters: dict[Limit, Counter] = {}
    if device_id is not None:
        counters = _counters(session, _subjects(knock, device_id), now)
        if throttle.is_spent(counters):
            device_id = None
    if device_id is None:
        counters = _counters(session, _subjects(knock, None), now)
    budget = _find_budget(session, knock)
    decision = throttle.decide(counters, failures, now, budget.granted)
    if isinstance(decision, Refusal):
        return decision
    _store(session, {(limit, subject): decision[limit] for limit, subject in _subjects(knock, device_id)})
    values = {name: getattr(knock, name) for name in _KEPT} | {"known_device_id": device_id, "at": now}
    attempt_id = session.execute(insert(Attempt).returning(Attempt.id), values).scalar_one()
    alerts = _raise_alerts(session, knock, decision, budget, now) if device_id is None else ()
    return Reservation(attempt_id, knock.account_id, knock.generation, knock.browser_hash, device_id, alerts)


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
    spent = [
        (row.at, _subjects(Knock(*(getattr(row, name) for name in _KEPT)), row.known_device_id))
        for row in (own, *earlier)
    ]
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
    if own.known_device_id is None:
        _reopen(session, reservation)
    return len(returned)


_KEPT = ("account_id", "sticker_id", "generation", "client", "browser_hash")
_SPENT = (Attempt.id, Attempt.known_device_id, Attempt.at, *(getattr(Attempt, name) for name in _KEPT))


def _subjects(knock: Knock, device_id: int | None) -> tuple[Subject, ...]:
    """Whom an attempt counts against: a known device has counters of its own."""
    budget = f"{knock.account_id}:{knock.generation}"
    if device_id is not None:
        return (DEVICE, f"{device_id}:{knock.generation}"), (DEVICES, budget)
    return (
        (STICKER, str(knock.sticker_id)),
        (ACCOUNT, budget),
        (CLIENT_BURST, knock.client),
        (CLIENT_DAY, knock.client),
    )


@dataclass(frozen=True)
class _Budget:
    """What admins granted beyond the account's guesses, and the percentage they were told of."""

    granted: int
    told_percent: int

    @property
    def most(self) -> int:
        return ACCOUNT.most + self.granted


def _find_budget(session: Session, knock: Knock) -> _Budget:
    row = session.execute(
        select(Passcode.granted_count, Passcode.told_percent).where(
            Passcode.account_id == knock.account_id, Passcode.generation == knock.generation
        )
    ).first()
    # No row: the passcode was changed since this look began. Its old budget gets no grant, and 100 ends its alerts.
    return _Budget(row.granted_count, row.told_percent) if row else _Budget(0, throttle.TOLD_AT[-1])


def _raise_alerts(
    session: Session, knock: Knock, spent: dict[Limit, Counter], budget: _Budget, now: datetime
) -> tuple[Alert, ...]:
    """What admins are to be told now; the passcode's row notes that they were."""
    level = throttle.level_of(spent[ACCOUNT].count, budget.granted)
    alerts = [Alert(level, budget.most, knock.sticker_id)] if level > budget.told_percent else []
    if spent[STICKER].count == throttle.STICKER_TOLD_AT:
        alerts.append(Alert(0, budget.most, knock.sticker_id))
    if alerts:
        noted = {"told_percent": max(level, budget.told_percent), "alerted_at": now}
        noted |= {"closed_at": now} if spent[ACCOUNT].count >= budget.most else {}
        session.execute(update(Passcode).where(Passcode.account_id == knock.account_id).values(**noted))
    return tuple(alerts)


def _reopen(session: Session, reservation: Reservation) -> None:
    """A right code that took the account's last guess gave it back: the account is not closed."""
    session.execute(
        update(Passcode)
        .where(
            Passcode.account_id == reservation.account_id,
            Passcode.generation == reservation.generation,
            Passcode.closed_at.is_not(None),
        )
        .values(closed_at=None)
    )


def _counters(session: Session, subjects: tuple[Subject, ...], now: datetime) -> dict[Limit, Counter]:
    locked = _lock(session, subjects, now)
    return {limit: locked[limit, subject] for limit, subject in subjects}


def _lock(session: Session, subjects: Iterable[Subject], now: datetime) -> dict[Subject, Counter]:
    """The counters, made where missing, their rows locked until the commit, in one order for everybody."""
    ordered = sorted(set(subjects), key=lambda pair: (LIMITS.index(pair[0]), pair[1]))
    rows = lock_counters(session, AttemptCounter, [(limit.scope, subject) for limit, subject in ordered], now)
    return {(limit, subject): Counter(*rows[limit.scope, subject]) for limit, subject in ordered}


def _store(session: Session, counters: dict[Subject, Counter]) -> None:
    values = {(limit.scope, subject): (one.count, one.since_at) for (limit, subject), one in counters.items()}
    store_counters(session, AttemptCounter, values)


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
