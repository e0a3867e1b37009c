"""Budgets of tries at typed codes and tokens (facts: devices, section 4.6): the only writer of its counters.

A try is spent before the code is looked at, in the same transaction: whoever is answered has a try on record. A typed
code that was right gives its try back, so that forty people behind one address all get in. Lock order: these counters
first, then account, grant, device.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import counting
from portal.accounts.counting import Counter, Limit, Refusal
from portal.database import current_time, lock_counters, store_counters
from portal.enrollment import pauses
from portal.enrollment.models import EnrollmentCounter
from portal.gate.throttle import client_of

# Rows are locked in this order.
TYPED_SITE = Limit("typed-site", 60, timedelta(minutes=10))
TYPED_CLIENT = Limit("typed-client", 5, timedelta(minutes=10))
SECRET_CLIENT = Limit("secret-client", 30, timedelta(minutes=1))
# Right or wrong: a crew or a fleet joins behind one address in a morning, and no script fills the list of devices.
ARRIVAL_CLIENT = Limit("arrival-client", 300, timedelta(minutes=10))
# Right codes that let nobody in, as for an e-mail that is taken: nobody learns by the hundred who signs in here.
UNUSED_CLIENT = Limit("unused-client", 30, timedelta(minutes=10))
# Two frames a second of one phone, and a little more: decoding costs 70 ms of a processor.
PICTURE_CLIENT = Limit("picture-client", 150, timedelta(minutes=1))
LONGEST_TYPED = 40  # characters; longer than any code with its hyphens, shorter than any 256-bit secret

_SITE = "all"
_KEPT = timedelta(hours=1)  # longer than any window


@dataclass(frozen=True)
class Spent:
    """A try on record, at this moment in these counters."""

    subjects: tuple[tuple[Limit, str], ...]
    at: datetime
    site: Counter | None = None  # of typed codes


def is_typed(text: str) -> bool:
    """Whether this counts as a typed code: by its length, so that foreign characters count as a try too."""
    return len(text) <= LONGEST_TYPED


def spend(session: Session, *, text: str, ip: str, is_proven: bool = False, now: datetime) -> Spent | Refusal:
    """Spends a try at ``text`` for this address, or says how long to wait; nothing is looked at then.

    A refusal's ``scope`` "typed-site" means that typed codes rest for the whole installation: only somebody who is
    signed in (``is_proven``) may go on typing them.
    """
    now = current_time(session, now)
    subjects = _subjects(text, ip, is_proven)
    counters = _lock(session, subjects, now)
    results = {limit: counting.spend(limit, counter, now) for limit, counter in counters.items()}
    refusals = [result for result in results.values() if isinstance(result, Refusal)]
    if refusals:
        return max(refusals, key=lambda refusal: refusal.wait)
    stored = {limit: result for limit, result in results.items() if isinstance(result, Counter)}
    _store(session, subjects, stored)
    return Spent(subjects, now, stored.get(TYPED_SITE))


def keep(session: Session, spent: Spent, now: datetime) -> None:
    """After a wrong code: its try stays spent. The last that the installation had begins a pause: admins hear of it."""
    if spent.site is not None and spent.site.count == TYPED_SITE.most:
        begun_at = spent.site.since_at
        pauses.note(session, count=TYPED_SITE.most, begun_at=begun_at, ends_at=begun_at + TYPED_SITE.window, now=now)


def spend_picture(session: Session, *, ip: str, now: datetime) -> Spent | Refusal:
    """Spends one picture of those that an address may have decoded, or says how long to wait. None comes back."""
    now = current_time(session, now)
    subjects = ((PICTURE_CLIENT, client_of(ip)),)
    result = counting.spend(PICTURE_CLIENT, _lock(session, subjects, now)[PICTURE_CLIENT], now)
    if isinstance(result, Refusal):
        return result
    _store(session, subjects, {PICTURE_CLIENT: result})
    return Spent(subjects, now)


def give_back(session: Session, spent: Spent, now: datetime, *, is_unused: bool = False) -> None:
    """After a right code or token its try comes back, all but the arrival, which counts either way. ``is_unused``: it
    let nobody in, which a typed code does not do for ever."""
    kept = (ARRIVAL_CLIENT, UNUSED_CLIENT) if is_unused else (ARRIVAL_CLIENT,)
    subjects = tuple(pair for pair in spent.subjects if pair[0] not in kept)
    now = current_time(session, now)
    counters = _lock(session, subjects, now)
    _store(
        session,
        subjects,
        {limit: counting.give_back(limit, counter, spent.at, now) for limit, counter in counters.items()},
    )


def prune(session: Session, now: datetime, most: int) -> int:
    """Forgets at most so many counters whose windows are over. Returns how many."""
    # What a try under way has locked stays for the next time: nobody waits, so nothing can deadlock.
    over = select(EnrollmentCounter.id).where(EnrollmentCounter.since_at < now - _KEPT)
    ids = session.scalars(over.limit(most).with_for_update(skip_locked=True)).all()
    if ids:
        session.execute(delete(EnrollmentCounter).where(EnrollmentCounter.id.in_(ids)))
    return len(ids)


def _subjects(text: str, ip: str, is_proven: bool) -> tuple[tuple[Limit, str], ...]:
    client = client_of(ip)
    if not is_typed(text):
        return (ARRIVAL_CLIENT, client), (SECRET_CLIENT, client)
    own = (TYPED_CLIENT, client), (UNUSED_CLIENT, client)
    return own if is_proven else ((TYPED_SITE, _SITE), *own)


def _lock(session: Session, subjects: tuple[tuple[Limit, str], ...], now: datetime) -> dict[Limit, Counter]:
    rows = lock_counters(session, EnrollmentCounter, [(limit.scope, subject) for limit, subject in subjects], now)
    return {limit: Counter(*rows[limit.scope, subject]) for limit, subject in subjects}


def _store(session: Session, subjects: tuple[tuple[Limit, str], ...], counters: dict[Limit, Counter]) -> None:
    values = {(limit.scope, subject): (counters[limit].count, counters[limit].since_at) for limit, subject in subjects}
    store_counters(session, EnrollmentCounter, values)
