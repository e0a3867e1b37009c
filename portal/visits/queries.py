"""Reads of the log, always within one account."""

from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

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
