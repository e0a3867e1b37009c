"""The installation key of a company and its rotation: at once, with an overlap, or by a plan.

A rotation makes the next generation and gives the keys before it an end: now, or after the overlap, in which phones
with a signed-in person move at their next refresh and all others by scanning again (facts: devices, section 3). A mail
with a key that has ended is not sent. Lock
order: account, grant, device, as at a redemption.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import WORKER, Actor, record
from portal.devices.models import REVOKED, Device
from portal.enrollment.grants import ensure_installation_key, lock_account, make_installation_key
from portal.enrollment.models import INSTALLATION_KEY, Grant, KeyRotation
from portal.enrollment.queries import current_key
from portal.jobs import mails
from portal.lib.clock import local
from portal.lib.sealing import KeyRing

LONGEST_OVERLAP_HOURS = 90 * 24
USUAL_OVERLAP_HOURS = 14 * 24  # facts: devices, section 4.3
LONGEST_PERIOD_DAYS = 365
MOST_NAMES = 200
PAIRING_MAIL = "enrollment.pairing_qr"  # the kind of mails that carry the key
OUTDATED = "The key was rotated before this was sent: its QR code works no more. Send the new one from Mobile Setup."


@dataclass(frozen=True)
class Progress:
    """How many phones paired by key have the newest one, and the names of the first others, the oldest first.

    ``ends_at``: when the last key before it stops, None if it has.
    """

    moved: int
    total: int
    names_left: tuple[str, ...]
    ends_at: datetime | None


def is_current(session: Session, account_id: int, key_public_id: str) -> bool:
    """Whether this is still the company's newest key, held until the commit; "": whichever it is."""
    lock_account(session, account_id)
    key = current_key(session, account_id)
    return not key_public_id or (key is not None and key.public_id == key_public_id)


def newest_generation(session: Session, account_id: int) -> int:
    """The number of the company's newest key, held until the commit; 0 when it has none."""
    lock_account(session, account_id)
    key = current_key(session, account_id)
    return (key.generation or 0) if key else 0


def rotate(
    session: Session, key_ring: KeyRing, *, account_id: int, overlap_hours: int, actor: Actor, now: datetime
) -> Grant:
    """A new key; those before it end after so many hours, 0 for at once. Earlier overlaps are never made longer."""
    lock_account(session, account_id)
    before = ensure_installation_key(session, key_ring, account_id, now)
    ends_at = now + timedelta(hours=min(max(overlap_hours, 0), LONGEST_OVERLAP_HOURS))
    older = (Grant.account_id == account_id, Grant.kind == INSTALLATION_KEY)
    session.execute(
        update(Grant)
        .where(*older, (Grant.superseded_at.is_(None)) | (Grant.superseded_at > ends_at))
        .values(superseded_at=ends_at, version=Grant.version + 1)
    )
    generation = (before.generation or 0) + 1
    grant = make_installation_key(session, key_ring, account_id=account_id, generation=generation, actor=actor, now=now)
    _turn_devices(session, account_id, generation, ends_at)
    if ends_at == now:
        mails.withdraw(session, account_id=account_id, kind=PAIRING_MAIL, fault=OUTDATED)
    record(
        session,
        account_id=account_id,
        actor=actor,
        action="installation_key.rotate",
        now=now,
        target_kind="installation_key",
        target_public_id=grant.public_id,
        target_name=grant.hint,
        before={"generation": before.generation},
        after={"generation": generation, "overlap_hours": overlap_hours},
    )
    return grant


def progress(session: Session, account_id: int, now: datetime) -> Progress:
    """How far the phones have moved to the newest key."""
    key = current_key(session, account_id)
    generation = key.generation if key else None
    paired = (
        Device.account_id == account_id,
        Device.pairing_generation.is_not(None),
        Device.status != REVOKED,
    )
    total = session.scalar(select(func.count()).select_from(Device).where(*paired)) or 0
    left = (*paired, Device.pairing_generation != generation)
    moved = total - (session.scalar(select(func.count()).select_from(Device).where(*left)) or 0)
    names = session.scalars(
        select(Device.name).where(*left).order_by(Device.last_active_at.nulls_first(), Device.id).limit(MOST_NAMES)
    )
    ends_at = session.scalar(
        select(func.max(Grant.superseded_at)).where(
            Grant.account_id == account_id, Grant.kind == INSTALLATION_KEY, Grant.superseded_at > now
        )
    )
    return Progress(moved, total, tuple(names), ends_at)


def list_ending(session: Session, account_id: int, now: datetime) -> list[Grant]:
    """The older keys that still pair, the oldest first: each has an end of its own, ``superseded_at``."""
    ending = (Grant.account_id == account_id, Grant.kind == INSTALLATION_KEY, Grant.superseded_at > now)
    return list(session.scalars(select(Grant).where(*ending).order_by(Grant.generation)))


def find_plan(session: Session, account_id: int) -> KeyRotation | None:
    """The account's next rotation, if one is planned."""
    return session.scalars(select(KeyRotation).where(KeyRotation.account_id == account_id)).first()


def plan(
    session: Session,
    *,
    account_id: int,
    next_at: datetime,
    every_days: int | None,
    overlap_hours: int,
    actor: Actor,
    now: datetime,
) -> KeyRotation:
    """Plans a rotation at a moment, once or every so many days; the plan before is replaced."""
    lock_account(session, account_id)
    found = find_plan(session, account_id)
    if found is None:
        found = KeyRotation(account_id=account_id)
        session.add(found)
    found.next_at, found.every_days, found.overlap_hours = next_at, every_days, overlap_hours
    found.planned_by_name, found.planned_at = actor.name[:200], now
    session.flush()
    after = {"next_at": next_at.isoformat(), "every_days": every_days, "overlap_hours": overlap_hours}
    _record_plan(session, account_id, actor, "plan", now=now, after=after)
    return found


def cancel_plan(session: Session, *, account_id: int, actor: Actor, now: datetime) -> bool:
    """Forgets the planned rotation; False when there was none."""
    lock_account(session, account_id)
    found = find_plan(session, account_id)
    if found is None:
        return False
    session.delete(found)
    session.flush()
    _record_plan(session, account_id, actor, "cancel_plan", now=now)
    return True


def run_due_plans(session: Session, key_ring: KeyRing, now: datetime) -> int:
    """Does the rotations whose moment has come, one for each account however late. Returns how many."""
    due = session.scalars(select(KeyRotation.account_id).where(KeyRotation.next_at <= now).order_by(KeyRotation.id))
    done = 0
    for account_id in due.all():
        lock_account(session, account_id)
        found = find_plan(session, account_id)
        if found is None or found.next_at > now:
            continue
        actor = Actor(None, f"{WORKER.name}, planned by {found.planned_by_name}")
        rotate(session, key_ring, account_id=account_id, overlap_hours=found.overlap_hours, actor=actor, now=now)
        if found.every_days is None:
            session.delete(found)
        else:
            timezone = session.get_one(Account, account_id).timezone
            found.next_at = _next_turn(found.next_at, found.every_days, timezone, now)
        session.flush()
        done += 1
    return done


def _next_turn(last: datetime, every_days: int, timezone: str, now: datetime) -> datetime:
    """The first turn after ``now``, at the same time of the company's clock: a plan for three at night stays there."""
    wall, period = local(last, timezone), timedelta(days=every_days)
    turn = wall + period * max(1, (now - last) // period)  # wall time: a day is a day even when the clocks change
    while turn.astimezone(UTC) <= now:
        turn += period
    return turn.astimezone(UTC)


def ensure_for_all(session: Session, key_ring: KeyRing, now: datetime) -> int:
    """Makes the key of every account that has none. Returns how many."""
    has_one = select(Grant.id).where(Grant.account_id == Account.id, Grant.kind == INSTALLATION_KEY).exists()
    without = session.scalars(select(Account.id).where(~has_one).order_by(Account.id)).all()
    for account_id in without:
        ensure_installation_key(session, key_ring, account_id, now)
    return len(without)


def _turn_devices(session: Session, account_id: int, generation: int, ends_at: datetime) -> None:
    """Tells the phones of older keys where to move and until when; whose end was nearer keeps it."""
    paired = (
        Device.account_id == account_id,
        Device.status != REVOKED,
        Device.pairing_generation < generation,
    )
    later = (Device.pairing_ends_at.is_(None)) | (Device.pairing_ends_at > ends_at)
    session.execute(update(Device).where(*paired).values(pairing_next=generation))
    session.execute(update(Device).where(*paired, later).values(pairing_ends_at=ends_at))


def _record_plan(
    session: Session, account_id: int, actor: Actor, verb: str, *, now: datetime, after: dict[str, Any] | None = None
) -> None:
    record(
        session,
        account_id=account_id,
        actor=actor,
        action=f"installation_key.{verb}",
        now=now,
        target_kind="key_rotation",
        after=after,
    )
