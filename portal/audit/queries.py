"""Reads of the audit trail, always within one account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from portal.audit.filters import AuditFilter
from portal.audit.models import AuditEvent

PAGE = 50
_CHUNK = 1_000


@dataclass(frozen=True)
class Page:
    """Events, the newest first. ``newer`` and ``older`` are the ids to go on from, None at the ends."""

    events: list[AuditEvent]
    newer: int | None
    older: int | None


def list_for_target(session: Session, account_id: int, target_public_id: str, limit: int) -> list[AuditEvent]:
    """The newest events about one thing."""
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.account_id == account_id, AuditEvent.target_public_id == target_public_id)
            .order_by(AuditEvent.id.desc())
            .limit(limit)
        )
    )


def list_page(
    session: Session,
    account_id: int,
    filter: AuditFilter,
    timezone: str,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> Page:
    """The newest events, those older than the id ``before``, or those just newer than ``after``."""
    statement = select(AuditEvent).where(*_conditions(account_id, filter, timezone)).limit(limit + 1)
    if after is not None:
        found = list(session.scalars(statement.where(AuditEvent.id > after).order_by(AuditEvent.id)))
        is_first, has_older = len(found) <= limit, True
        events = found[:limit][::-1]
    else:
        older = (AuditEvent.id < before,) if before is not None else ()
        found = list(session.scalars(statement.where(*older).order_by(AuditEvent.id.desc())))
        is_first, has_older = before is None, len(found) > limit
        events = found[:limit]
    if not events:
        return Page([], None, None)
    return Page(events, None if is_first else events[0].id, events[-1].id if has_older else None)


def iterate(session: Session, account_id: int, filter: AuditFilter, timezone: str) -> Iterator[AuditEvent]:
    """All events of a search, the newest first, read in chunks."""
    place: int | None = None
    while True:
        page = list_page(session, account_id, filter, timezone, before=place, limit=_CHUNK)
        yield from page.events
        place = page.older
        if place is None:
            return
        session.expunge_all()  # read and written out: a long trail must not fill the memory


def list_kinds(session: Session, account_id: int) -> list[str]:
    """What events of the account speak of: 'record', 'user' and so on."""
    kinds = select(AuditEvent.target_kind).where(AuditEvent.account_id == account_id).distinct()
    return sorted(kind for kind in session.scalars(kinds) if kind)


def _conditions(account_id: int, filter: AuditFilter, timezone: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [AuditEvent.account_id == account_id]
    for word in filter.q.split():
        columns = (AuditEvent.actor_name, AuditEvent.action, AuditEvent.target_name)
        found.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if filter.kind:
        found.append(AuditEvent.target_kind == filter.kind)
    if filter.first:
        found.append(AuditEvent.at >= _midnight(filter.first, timezone))
    if filter.last and filter.last < date.max:
        found.append(AuditEvent.at < _midnight(filter.last + timedelta(days=1), timezone))
    return found


def _midnight(day: date, timezone: str) -> datetime:
    """The beginning of a day in the account's time zone; at the ends of the calendar, that of UTC."""
    try:
        return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)
