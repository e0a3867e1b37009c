"""Verbs on jobs. A worker holds a job as a ``TakenJob``; each verb on it fails when another worker took it over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.errors import DomainError
from portal.jobs.models import DEAD, DONE, QUEUED, RUNNING, Job
from portal.jobs.queries import is_due

LEASE = timedelta(seconds=60)
MAX_TRIES = 5
FIRST_PAUSE = timedelta(seconds=10)
PAUSE_GROWTH = 4  # 10 s, 40 s, 160 s, 640 s: the fifth try is a quarter of an hour after the first
KEPT_FOR = timedelta(days=7)


class LeaseLost(DomainError):
    """The lease ran out and another worker has the job: whatever this one was about to write must not be committed."""


@dataclass(frozen=True)
class TakenJob:
    """A job in the hands of one worker. ``try_count`` is also the fence: a later holder has a higher one."""

    id: int
    public_id: str
    account_id: int | None
    user_id: int | None
    kind: str
    payload: dict[str, Any]
    try_count: int


def enqueue(
    session: Session,
    *,
    kind: str,
    account_id: int | None,
    user_id: int | None,
    payload: dict[str, Any],
    now: datetime,
) -> Job:
    """A new job in the caller's transaction: no worker sees it before that commits. ``payload`` is JSON-ready."""
    job = Job(kind=kind, account_id=account_id, user_id=user_id, payload=payload, run_at=now, created_at=now)
    session.add(job)
    session.flush()
    return job


def take(session: Session, now: datetime, lease: timedelta = LEASE) -> TakenJob | None:
    """The job that has waited longest, or None. Workers never wait for each other: PostgreSQL skips locked rows, and
    SQLite's writing transaction (BEGIN IMMEDIATE) lets one in at a time. Jobs out of tries are buried on the way.
    """
    statement = select(Job).where(is_due(now)).order_by(Job.run_at, Job.id).limit(1).with_for_update(skip_locked=True)
    while (job := session.scalars(statement).first()) is not None:
        if job.try_count >= MAX_TRIES:
            job.state, job.finished_at, job.leased_until = DEAD, now, None
            job.fault = "The worker was stopped five times while doing this. Try again with a smaller piece of work."
            session.flush()
            continue
        job.state, job.leased_until = RUNNING, now + lease
        job.try_count += 1
        session.flush()
        return TakenJob(job.id, job.public_id, job.account_id, job.user_id, job.kind, dict(job.payload), job.try_count)
    return None


def progress(session: Session, job: TakenJob, percent: int, now: datetime, lease: timedelta = LEASE) -> None:
    """Says how far the job is (0-100) and renews its lease. Raises LeaseLost."""
    _hold(session, job, percent=percent, leased_until=now + lease)


def finish(session: Session, job: TakenJob, result: dict[str, Any], now: datetime) -> None:
    """Ends the job well, in the transaction of what it wrote. Raises LeaseLost."""
    _hold(session, job, state=DONE, percent=100, result=result, finished_at=now, leased_until=None)


def retry(session: Session, job: TakenJob, fault: str, now: datetime) -> None:
    """Puts the job back after a fault, each time for longer; after the fifth it is dead. Raises LeaseLost."""
    if job.try_count >= MAX_TRIES:
        bury(session, job, fault, now)
        return
    pause = FIRST_PAUSE * PAUSE_GROWTH ** (job.try_count - 1)
    _hold(session, job, state=QUEUED, percent=0, fault=fault, run_at=now + pause, leased_until=None)


def bury(session: Session, job: TakenJob, fault: str, now: datetime) -> None:
    """Ends the job without a result: trying again would not help. ``fault`` is the sentence shown. Raises LeaseLost."""
    _hold(session, job, state=DEAD, fault=fault, finished_at=now, leased_until=None)


def release(session: Session, job: TakenJob, now: datetime) -> None:
    """Puts the job back untried, because its worker is asked to stop. Raises LeaseLost."""
    _hold(session, job, state=QUEUED, percent=0, try_count=job.try_count - 1, run_at=now, leased_until=None)


def prune(session: Session, before: datetime) -> list[str]:
    """Deletes jobs that ended before a moment. Returns their public ids: the names of the files they leave."""
    ended = select(Job.id, Job.public_id).where(Job.state.in_((DONE, DEAD)), Job.finished_at < before)
    rows = session.execute(ended.with_for_update(skip_locked=True)).all()
    for start in range(0, len(rows), 500):
        session.execute(delete(Job).where(Job.id.in_([row.id for row in rows[start : start + 500]])))
    return [row.public_id for row in rows]


def _hold(session: Session, job: TakenJob, **values: Any) -> None:
    held = (Job.id == job.id, Job.state == RUNNING, Job.try_count == job.try_count)
    changed = session.execute(update(Job).where(*held).values(**values).returning(Job.id)).first()
    if changed is None:
        raise LeaseLost(f"job {job.public_id} was taken over by another worker")
