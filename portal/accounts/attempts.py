"""Tries to sign in: the only writer of its counters.

As at the gate (docs/decisions/007-two-commits-at-the-gate.md) a try is two transactions: ``reserve`` is committed
before a password or code is looked at, ``give_back`` stands in the one that follows a right one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.accounts import counting
from portal.accounts.counting import Counter, Limit, Refusal
from portal.accounts.models import SignInCounter
from portal.accounts.throttle import CLIENT, CODE, FAMILIAR, PERSON, SITE
from portal.database import current_time, lock_counters, store_counters
from portal.lib.secrets import digest

Subject = tuple[Limit, str]
# Rows are locked in this order, whoever locks them, so that two tries never wait for each other.
_LOCK_ORDER = (SITE, CLIENT, PERSON, FAMILIAR, CODE)
_KEPT = timedelta(days=1)  # longer than any window: what is older counts no more


@dataclass(frozen=True)
class Reservation:
    """A spent try, whose password or code may now be looked at."""

    counters: dict[Subject, Counter]
    at: datetime


def password_subjects(email: str, client: str, familiar: str) -> tuple[Subject, ...]:
    """Whom a password counts against. ``email`` in its key form: known and unknown ones take the same way.

    ``client`` stands for the address, ``familiar`` for the browser that signed this e-mail in before, else "".
    """
    if familiar:
        return ((FAMILIAR, digest(familiar)),)
    return ((SITE, "all"), (CLIENT, client), (PERSON, digest(email)))


def code_subjects(user_id: int) -> tuple[Subject, ...]:
    """Whom a code of the second step counts against: whoever types one knows the password already."""
    return ((CODE, str(user_id)),)


def reserve(session: Session, subjects: tuple[Subject, ...], now: datetime) -> Reservation | Refusal:
    """Spends one try in all counters, or in none. Commit before anything is looked at."""
    now = current_time(session, now)
    counters = _lock(session, subjects, now)
    results = {subject: counting.spend(subject[0], counter, now) for subject, counter in counters.items()}
    refusals = [result for result in results.values() if isinstance(result, Refusal)]
    if refusals:
        return max(refusals, key=lambda refusal: refusal.wait)
    spent = {subject: result for subject, result in results.items() if isinstance(result, Counter)}
    _store(session, spent)
    return Reservation(spent, now)


def give_back(session: Session, reservation: Reservation, now: datetime) -> None:
    """After a right password or code: the try comes back; a familiar browser's and a code's failures are forgotten.

    The person's other failures stay: a right password must not give a stranger new tries at the same moment.
    """
    now = current_time(session, now)
    counters = _lock(session, reservation.counters, now)
    _store(
        session,
        {
            subject: Counter(0, now)
            if subject[0] in (FAMILIAR, CODE)
            else counting.give_back(subject[0], counter, reservation.at, now)
            for subject, counter in counters.items()
        },
    )
    session.execute(
        delete(SignInCounter).where(SignInCounter.since_at < now - _KEPT, SignInCounter.scope != CODE.scope)
    )


def forget_codes(session: Session, user_id: int) -> None:
    """Forgets the wrong codes of a person whose second step begins anew or ends."""
    session.execute(
        delete(SignInCounter).where(SignInCounter.scope == CODE.scope, SignInCounter.subject == str(user_id))
    )


def _lock(session: Session, subjects: Iterable[Subject], now: datetime) -> dict[Subject, Counter]:
    """The counters, made where missing, their rows locked until the commit."""
    ordered = sorted(subjects, key=lambda pair: (_LOCK_ORDER.index(pair[0]), pair[1]))
    rows = lock_counters(session, SignInCounter, [(limit.scope, subject) for limit, subject in ordered], now)
    return {(limit, subject): Counter(*rows[limit.scope, subject]) for limit, subject in ordered}


def _store(session: Session, counters: dict[Subject, Counter]) -> None:
    values = {(limit.scope, subject): (one.count, one.since_at) for (limit, subject), one in counters.items()}
    store_counters(session, SignInCounter, values)
