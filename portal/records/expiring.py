"""Verbs on expirations. Each keeps the record's ``next_expires_on`` and ``next_warns_on``, which lists filter by."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.operations import Actor
from portal.audit.operations import record as write_event
from portal.errors import NotFound
from portal.records.expirations import Paper
from portal.records.models import Expiration, Record
from portal.records.operations import get_for_change
from portal.records.reminders import start_over


def add_expiration(session: Session, record: Record, paper: Paper, *, now: datetime, actor: Actor) -> Expiration:
    """A paper of the record."""
    record = get_for_change(session, record.account_id, record.id)
    expiration = _add(session, record, paper, now)
    _finish(session, record, "expiration.add", now=now, actor=actor, before={}, after=_shown(paper))
    return expiration


def edit_expiration(
    session: Session, expiration: Expiration, paper: Paper, *, now: datetime, actor: Actor
) -> Expiration:
    """Corrects a paper: what it says was never true."""
    record, expiration = _get_for_change(session, expiration)
    before, after = _shown(_paper(expiration)), _shown(paper)
    if before == after:
        return expiration
    if paper.expires_on != expiration.expires_on:
        start_over(session, expiration)
    expiration.what, expiration.expires_on, expiration.warn_days = paper.what, paper.expires_on, paper.warn_days
    _finish(session, record, "expiration.edit", now=now, actor=actor, before=before, after=after)
    return expiration


def renew_expiration(
    session: Session, expiration: Expiration, expires_on: date, *, now: datetime, actor: Actor
) -> Expiration | None:
    """The same paper until a later day; the old row stays as history. None when it was renewed already."""
    record, expiration = _get_for_change(session, expiration)
    if expiration.renewed_at is not None:
        return None
    before = _paper(expiration)
    expiration.renewed_at = now
    after = Paper(before.what, expires_on, before.warn_days)
    renewed = _add(session, record, after, now)
    _finish(session, record, "expiration.renew", now=now, actor=actor, before=_shown(before), after=_shown(after))
    return renewed


def delete_expiration(session: Session, expiration: Expiration, *, now: datetime, actor: Actor) -> None:
    """Removes a paper that was entered by mistake, or a row of its history."""
    record, expiration = _get_for_change(session, expiration)
    before = _shown(_paper(expiration))
    session.delete(expiration)
    _finish(session, record, "expiration.delete", now=now, actor=actor, before=before, after={})


def refresh_next(session: Session, record: Record) -> None:
    """Sets the record's earliest days from its current papers."""
    session.flush()
    rows = session.scalars(
        select(Expiration).where(
            Expiration.account_id == record.account_id,
            Expiration.record_id == record.id,
            Expiration.renewed_at.is_(None),
        )
    ).all()
    record.next_expires_on = min((row.expires_on for row in rows), default=None)
    record.next_warns_on = min((row.warns_on for row in rows), default=None)
    session.flush()


def _get_for_change(session: Session, expiration: Expiration) -> tuple[Record, Expiration]:
    record = get_for_change(session, expiration.account_id, expiration.record_id)
    fresh = session.scalar(
        select(Expiration)
        .where(Expiration.account_id == record.account_id, Expiration.id == expiration.id)
        .execution_options(populate_existing=True)
    )
    if fresh is None:
        raise NotFound("The expiration is gone.")
    return record, fresh


def _add(session: Session, record: Record, paper: Paper, now: datetime) -> Expiration:
    expiration = Expiration(
        account_id=record.account_id,
        record_id=record.id,
        what=paper.what,
        expires_on=paper.expires_on,
        warn_days=paper.warn_days,
        created_at=now,
    )
    session.add(expiration)
    return expiration


def _finish(
    session: Session,
    record: Record,
    action: str,
    *,
    now: datetime,
    actor: Actor,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    # The record's version stays: its form holds no expirations, so nobody's typing is endangered.
    refresh_next(session, record)
    write_event(
        session,
        account_id=record.account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind=record.kind,
        target_public_id=record.public_id,
        target_name=record.name,
        before=before,
        after=after,
    )


def _paper(expiration: Expiration) -> Paper:
    return Paper(expiration.what, expiration.expires_on, expiration.warn_days)


def _shown(paper: Paper) -> dict[str, Any]:
    return {"what": paper.what, "expires_on": paper.expires_on.isoformat(), "warn_days": paper.warn_days}
