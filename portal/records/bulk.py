"""Verbs on many records at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.audit.operations import Actor, Happening, record_many
from portal.records.models import Record
from portal.records.operations import lock_account

CHUNK = 1_000  # under SQLite's limit of bound values in one statement


def archive_many(session: Session, account_id: int, ids: Sequence[int], *, now: datetime, actor: Actor) -> int:
    """Archives those of these records that are not archived yet. Returns how many."""
    return _set_archived(session, account_id, ids, archived=True, now=now, actor=actor)


def restore_many(session: Session, account_id: int, ids: Sequence[int], *, now: datetime, actor: Actor) -> int:
    """Restores those of these records that are archived. Returns how many."""
    return _set_archived(session, account_id, ids, archived=False, now=now, actor=actor)


def _set_archived(
    session: Session, account_id: int, ids: Sequence[int], *, archived: bool, now: datetime, actor: Actor
) -> int:
    lock_account(session, account_id)
    action = "record.archive" if archived else "record.restore"
    before, after = {"archived": not archived}, {"archived": archived}
    count = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        state = Record.archived_at.is_(None) if archived else Record.archived_at.is_not(None)
        rows = session.execute(
            select(Record.id, Record.kind, Record.public_id, Record.name, Record.version).where(
                Record.account_id == account_id, Record.id.in_(chunk), state
            )
        ).all()
        happenings = [
            Happening(row.kind, row.public_id, row.name, before, after | {"version": row.version + 1}) for row in rows
        ]
        record_many(session, happenings, account_id=account_id, actor=actor, action=action, now=now)
        session.execute(
            update(Record)
            .where(Record.account_id == account_id, Record.id.in_([row.id for row in rows]))
            .values(
                archived_at=now if archived else None,
                version=Record.version + 1,
                updated_at=now,
                updated_by_name=actor.name[:200],
            )
            .execution_options(synchronize_session=False)
        )
        count += len(rows)
    return count
