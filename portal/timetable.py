"""What comes again: names -> functions, each done by one worker among many. The worker commits after each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.accounts.queries import list_accounts
from portal.enrollment import installation_keys
from portal.gate import operations as gate
from portal.jobs import operations, outbox, schedule
from portal.lib.clock import local
from portal.web.context import Portal

REMIND = "records.remind"  # the job that writes a company's reminders of a day
TIDY_SCANS = "visits.tidy"  # the job that deletes and anonymises old scans
TIDY_DEVICES = "devices.tidy"  # the job that ends sessions of phones and forgets codes, tries and addresses
REMIND_AT = time(7)  # by the account's own clock

Work = Callable[[Session, Portal, datetime], None]


@dataclass(frozen=True)
class Task:
    """A piece of work and how long after its beginning it comes again."""

    every: timedelta
    work: Work


def prune_jobs(session: Session, parts: Portal, now: datetime) -> None:
    """Forgets jobs that ended a week ago, and their files."""
    for public_id in operations.prune(session, now - operations.KEPT_FOR):
        for path in parts.settings.job_dir.glob(f"{public_id}*"):
            path.unlink(missing_ok=True)


def prune_mails(session: Session, parts: Portal, now: datetime) -> None:
    """Forgets mails of the last quarter but one."""
    outbox.prune(session, now - outbox.KEPT_FOR)


def prune_gate(session: Session, parts: Portal, now: datetime) -> None:
    """Forgets attempts, counters, devices and links that no limit and no page asks for any more."""
    gate.prune(session, now)


def remind(session: Session, parts: Portal, now: datetime) -> None:
    """Gives every company whose clock has passed seven its job of the day, in the transaction of the claim.

    A worker that was away at seven does it when it is back.
    """
    for account in list_accounts(session):
        name = f"reminders of account {account.id}"
        morning = next_morning(account.timezone, now)
        if schedule.is_due(session, name, now) and schedule.claim(
            session, name, now=now, first_at=morning, next_at=morning
        ):
            operations.enqueue(session, kind=REMIND, account_id=account.id, user_id=None, payload={}, now=now)


def tidy_scans(session: Session, parts: Portal, now: datetime) -> None:
    """Gives the work on old scans to a job, which does it in small transactions."""
    operations.enqueue(session, kind=TIDY_SCANS, account_id=None, user_id=None, payload={}, now=now)


def tidy_devices(session: Session, parts: Portal, now: datetime) -> None:
    """The same for what is over of phones and their ways in."""
    operations.enqueue(session, kind=TIDY_DEVICES, account_id=None, user_id=None, payload={}, now=now)


def look_after_keys(session: Session, parts: Portal, now: datetime) -> None:
    """Gives a company without an installation key its first, and does the rotations whose moment has come."""
    installation_keys.ensure_for_all(session, parts.key_ring, now)
    installation_keys.run_due_plans(session, parts.key_ring, now)


def next_morning(timezone: str, now: datetime) -> datetime:
    """The next time that it is seven o'clock there."""
    here = local(now, timezone)
    day = here.date() if here.time() < REMIND_AT else here.date() + timedelta(days=1)
    return datetime.combine(day, REMIND_AT, ZoneInfo(timezone))


TASKS: dict[str, Task] = {
    "prune jobs": Task(timedelta(hours=1), prune_jobs),
    "prune mails": Task(timedelta(hours=6), prune_mails),
    "prune gate": Task(timedelta(hours=6), prune_gate),
    "tidy scans": Task(timedelta(hours=6), tidy_scans),
    "tidy devices": Task(timedelta(hours=1), tidy_devices),
    "installation keys": Task(timedelta(minutes=1), look_after_keys),
    "remind": Task(timedelta(minutes=5), remind),
}
