"""Reads of the log, always within one account."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, distinct, func, select
from sqlalchemy.orm import Session

from portal.records.models import Record
from portal.visits.models import Scan


def list_recent_for_record(session: Session, account_id: int, record_id: int, limit: int) -> list[Scan]:
    """The record's newest scans, refused tries included."""
    return list(
        session.scalars(
            select(Scan)
            .where(Scan.account_id == account_id, Scan.record_id == record_id)
            .order_by(Scan.at.desc(), Scan.id.desc())
            .limit(limit)
        )
    )


def count_scans(session: Session, account_id: int, *, since: datetime, record_id: int | None = None) -> int:
    """How often the account's stickers (or one record's) were scanned since a moment, repeats left out."""
    statement = select(func.count()).where(Scan.account_id == account_id, Scan.at >= since, Scan.is_repeat.is_(False))
    if record_id is not None:
        statement = statement.where(Scan.record_id == record_id)
    return session.scalar(statement) or 0


def count_scanned_stickers(session: Session, account_id: int, *, since: datetime) -> int:
    """How many different stickers of the account were scanned since a moment."""
    return (
        session.scalar(
            select(func.count(distinct(Scan.sticker_id))).where(Scan.account_id == account_id, Scan.at >= since)
        )
        or 0
    )


@dataclass(frozen=True)
class KindCounts:
    """The records of one kind that are not archived; a record is expired or due soon by the worst of its papers."""

    kind: str
    record_count: int
    ownerless_count: int
    expired_count: int
    due_count: int


def count_kinds(session: Session, account_id: int, today: date) -> dict[str, KindCounts]:
    """The counts by kind, for kinds of which there is a record. One statement."""
    rows = session.execute(
        select(
            Record.kind,
            func.count(),
            func.count(case((Record.owner_id.is_(None), 1))),
            func.count(case((Record.next_expires_on < today, 1))),
            func.count(case(((Record.next_expires_on >= today) & (Record.next_warns_on <= today), 1))),
        )
        .where(Record.account_id == account_id, Record.archived_at.is_(None))
        .group_by(Record.kind)
    )
    return {row[0]: KindCounts(*row) for row in rows}


def list_recent(session: Session, account_id: int, limit: int) -> list[tuple[Scan, str, str]]:
    """The account's newest scans, each with its record's public id and name ('' when the record is gone)."""
    rows = session.execute(
        select(Scan, func.coalesce(Record.public_id, ""), func.coalesce(Record.name, ""))
        .outerjoin(Record, (Record.id == Scan.record_id) & (Record.account_id == account_id))
        .where(Scan.account_id == account_id, Scan.is_repeat.is_(False))
        .order_by(Scan.at.desc(), Scan.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]
