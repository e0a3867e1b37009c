"""Reads of mails and jobs for the pages of an account, the newest first, and the verbs of their buttons."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from portal.audit.operations import Actor
from portal.audit.operations import record as write_event
from portal.errors import NotFound
from portal.jobs.models import DEAD, QUEUED, Job, Mail

PAGE = 50


def list_mails(session: Session, account_id: int, *, state: str = "", before_id: int = 0) -> list[Mail]:
    """At most a page of mails and one more, without their texts."""
    wanted = [Mail.account_id == account_id]
    if state:
        wanted.append(Mail.state == state)
    if before_id:
        wanted.append(Mail.id < before_id)
    rows = select(Mail).where(*wanted).options(defer(Mail.text_body), defer(Mail.html_body))
    return list(session.scalars(rows.order_by(Mail.id.desc()).limit(PAGE + 1)))


def get_mail(session: Session, account_id: int, public_id: str) -> Mail:
    """One mail. Raises NotFound."""
    mail = session.scalar(select(Mail).where(Mail.account_id == account_id, Mail.public_id == public_id))
    if mail is None:
        raise NotFound(f"no mail {public_id}")
    return mail


def list_jobs(session: Session, account_id: int, *, before_id: int = 0) -> list[Job]:
    """At most a page of jobs and one more, without their results."""
    wanted = [Job.account_id == account_id]
    if before_id:
        wanted.append(Job.id < before_id)
    rows = select(Job).where(*wanted).options(defer(Job.result))
    return list(session.scalars(rows.order_by(Job.id.desc()).limit(PAGE + 1)))


def count_dead(session: Session, account_id: int, model: type[Job] | type[Mail]) -> int:
    """How many wait for somebody to look at them."""
    mine = select(func.count()).select_from(model).where(model.account_id == account_id, model.state == DEAD)
    return session.scalar(mine) or 0


def get_job(session: Session, account_id: int, public_id: str) -> Job:
    """One job of any kind. Raises NotFound."""
    job = session.scalar(select(Job).where(Job.account_id == account_id, Job.public_id == public_id))
    if job is None:
        raise NotFound(f"no job {public_id}")
    return job


def send_again(session: Session, mail: Mail, *, actor: Actor, now: datetime) -> bool:
    """Puts a dead mail back with all its tries. False when it is not dead (any more)."""
    return _wake(session, mail, mail.recipient, actor=actor, now=now)


def run_again(session: Session, job: Job, *, actor: Actor, now: datetime) -> bool:
    """Puts a dead job back with all its tries. False when it is not dead (any more)."""
    woken = _wake(session, job, job.kind, actor=actor, now=now)
    if woken:
        job.percent, job.finished_at = 0, None
        session.flush()
    return woken


def _wake(session: Session, row: Mail | Job, name: str, *, actor: Actor, now: datetime) -> bool:
    target = "mail" if isinstance(row, Mail) else "job"
    session.refresh(row, with_for_update=True)
    if row.state != DEAD:
        return False
    before = {"state": row.state, "fault": row.fault}
    row.state, row.try_count, row.run_at, row.leased_until, row.fault = QUEUED, 0, now, None, ""
    write_event(
        session,
        account_id=row.account_id,
        actor=actor,
        action=f"{target}.retry",
        now=now,
        target_kind=target,
        target_public_id=row.public_id,
        target_name=name,
        before=before,
        after={"state": QUEUED},
    )
    return True
