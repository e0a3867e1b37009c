"""Deleting a record for good, after what hangs on it was counted.

Stickers and scans are higher rooms: the edge lets them forget the record first (``revoke_all_for_record``,
``forget_record``), in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.audit.operations import Actor, Happening, record_many
from portal.audit.operations import record as write_event
from portal.records.models import Expiration, Record
from portal.records.operations import get_for_change
from portal.records.references import REFERENCES, count_pointing


@dataclass(frozen=True)
class Consequences:
    """What a deletion takes along or clears, in numbers."""

    owner_of: int
    supervisor_of: int
    location_of: int
    expirations: int


def count_consequences(session: Session, account_id: int, record_id: int) -> Consequences:
    """How many records point to this one, and how many expirations (history included) go with it."""
    owned, placed, supervised = (count_pointing(session, account_id, record_id, column) for column in REFERENCES)
    papers = session.scalar(
        select(func.count())
        .select_from(Expiration)
        .where(Expiration.account_id == account_id, Expiration.record_id == record_id)
    )
    return Consequences(owner_of=owned, supervisor_of=supervised, location_of=placed, expirations=papers or 0)


def delete_record(session: Session, record: Record, *, now: datetime, actor: Actor) -> None:
    """Removes the record with its expirations and clears it wherever it is owner, supervisor or location."""
    record = get_for_change(session, record.account_id, record.id)
    for column in REFERENCES:
        _clear(session, record, column, now, actor)
    session.execute(delete(Expiration).where(Expiration.record_id == record.id))
    write_event(
        session,
        account_id=record.account_id,
        actor=actor,
        action="record.delete",
        now=now,
        target_kind=record.kind,
        target_public_id=record.public_id,
        target_name=record.name,
        before={"name": record.name, "tag": record.tag},
    )
    session.execute(delete(Record).where(Record.account_id == record.account_id, Record.id == record.id))
    session.expunge(record)


def _clear(session: Session, record: Record, column: str, now: datetime, actor: Actor) -> None:
    pointing = (Record.account_id == record.account_id, getattr(Record, column) == record.id)
    rows = session.execute(select(Record.kind, Record.public_id, Record.name, Record.version).where(*pointing)).all()
    if not rows:
        return
    # Each is told in its own history, and in a form that is open meanwhile.
    happenings = [
        Happening(row.kind, row.public_id, row.name, {column: record.name}, {column: "", "version": row.version + 1})
        for row in rows
    ]
    record_many(session, happenings, account_id=record.account_id, actor=actor, action="record.update", now=now)
    session.execute(
        update(Record)
        .where(*pointing)
        .values({column: None, "version": Record.version + 1, "updated_at": now, "updated_by_name": actor.name[:200]})
        .execution_options(synchronize_session=False)
    )
