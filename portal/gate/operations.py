"""Verbs of the gate."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.gate import throttle
from portal.gate.models import Attempt, AttemptCounter, CrewLink, KnownDevice, Passcode
from portal.gate.queries import get_passcode_row, passcode_context, reveal_passcode
from portal.lib.passcodes import SHORTEST, make_passcode
from portal.lib.sealing import KeyRing
from portal.records.operations import lock_account
from portal.stickers import operations as stickers
from portal.stickers import tokens

KEPT_FOR = timedelta(days=30)  # attempts, and devices and links that ended


def open_account(
    session: Session, key_ring: KeyRing, *, name: str, country: str, timezone: str, passcode: str, now: datetime
) -> Account:
    """A new company, ready to work: its passphrase generated, its passcode as given ('' leaves it unassigned)."""
    account = Account(name=name, country=country, timezone=timezone, created_at=now)
    session.add(account)
    session.flush()
    stickers.set_passphrase(session, key_ring, account_id=account.id, text=tokens.make_passphrase(), now=now)
    session.add(Passcode(account_id=account.id, sealed_text="", changed_at=now))
    session.flush()
    if passcode:
        set_passcode(session, key_ring, account_id=account.id, code=passcode, now=now)
    return account


def set_passcode(session: Session, key_ring: KeyRing, *, account_id: int, code: str, now: datetime) -> Passcode:
    """Stores a checked code ('' unassigns it). Its budget of guesses is new, and all gate passes are void."""
    lock_account(session, account_id)
    row = get_passcode_row(session, account_id)
    session.refresh(row, with_for_update=True)  # of two changes at once, the second counts on from the first
    row.sealed_text = key_ring.encrypt(code, passcode_context(account_id)) if code else ""
    row.generation += 1
    row.pass_generation += 1
    row.changed_at = now
    row.granted_count = row.told_percent = 0
    row.closed_at = row.alerted_at = None
    session.flush()
    return row


def rotate_passcode(session: Session, key_ring: KeyRing, *, account_id: int, now: datetime) -> str:
    """A new random code of the same length. Printed stickers and known devices stay; returns the code in clear."""
    row = get_passcode_row(session, account_id)
    old = reveal_passcode(key_ring, row)
    code = make_passcode(len(old) or SHORTEST)
    while code == old:
        code = make_passcode(len(old))
    set_passcode(session, key_ring, account_id=account_id, code=code, now=now)
    return code


def prune(session: Session, now: datetime) -> int:
    """Forgets what no limit and no page asks for any more, over all accounts. Returns how many rows went."""
    ended = now - KEPT_FOR
    gone = 0
    for table, is_over in (
        (Attempt, Attempt.at < ended),
        (KnownDevice, or_(KnownDevice.expires_at < ended, KnownDevice.revoked_at < ended)),
        (CrewLink, _is_over(ended)),
        (AttemptCounter, _is_empty(now)),
    ):
        # What an attempt under way has locked stays for the next time: nobody waits, so nothing can deadlock.
        ids = session.scalars(select(table.id).where(is_over).with_for_update(skip_locked=True)).all()
        for start in range(0, len(ids), 500):
            session.execute(delete(table).where(table.id.in_(ids[start : start + 500])))
        gone += len(ids)
    return gone


def _is_over(ended: datetime) -> ColumnElement[bool]:
    """Links that ended and that no device names any more."""
    return and_(
        or_(CrewLink.expires_at < ended, CrewLink.revoked_at < ended),
        ~exists().where(KnownDevice.crew_link_id == CrewLink.id),
    )


def _is_empty(now: datetime) -> ColumnElement[bool]:
    """Counters that are at zero by now, and those of passcodes and devices that are no more."""
    scope, since_at = AttemptCounter.scope, AttemptCounter.since_at
    windows = [and_(scope == limit.scope, since_at < now - limit.window) for limit in throttle.LIMITS if limit.window]
    leaks = [
        and_(scope == limit.scope, since_at < now - limit.most * limit.leak_every)
        for limit in throttle.LIMITS
        if limit.leak_every
    ]
    generation = cast(Passcode.generation, String)
    budgets = select(cast(Passcode.account_id, String) + ":" + generation)
    devices = select(cast(KnownDevice.id, String) + ":" + generation).join(
        Passcode, Passcode.account_id == KnownDevice.account_id
    )
    shared = (throttle.ACCOUNT.scope, throttle.DEVICES.scope)
    return or_(
        *windows,
        *leaks,
        and_(scope.in_(shared), AttemptCounter.subject.not_in(budgets)),
        and_(scope == throttle.DEVICE.scope, AttemptCounter.subject.not_in(devices)),
    )
