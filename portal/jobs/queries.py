"""Reads of jobs: by account for people, over all accounts for the worker."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, defer

from portal.errors import NotFound
from portal.jobs.models import QUEUED, RUNNING, Job


def get_job(session: Session, account_id: int, kind: str, public_id: str) -> Job:
    """One job of an account and kind. Raises NotFound."""
    job = session.scalar(select(Job).where(Job.account_id == account_id, Job.kind == kind, Job.public_id == public_id))
    if job is None:
        raise NotFound(f"no {kind} job {public_id}")
    return job


def list_jobs(session: Session, account_id: int, kind: str, limit: int) -> list[Job]:
    """The newest jobs of a kind, without their results, which may be large."""
    mine = select(Job).where(Job.account_id == account_id, Job.kind == kind)
    return list(session.scalars(mine.options(defer(Job.result)).order_by(Job.id.desc()).limit(limit)))


def is_due(now: datetime) -> ColumnElement[bool]:
    """Jobs that may be taken: waiting and due, or left behind by a worker whose lease is over."""
    return or_(
        and_(Job.state == QUEUED, Job.run_at <= now),
        and_(Job.state == RUNNING, Job.leased_until < now),
    )


def has_due(session: Session, now: datetime) -> bool:
    """Whether there is anything to take: asked often, so it takes no lock."""
    return bool(session.scalar(select(exists().where(is_due(now)))))
