"""Reads of the scans page, always within one account: counts by day, record and outcome, pages, the rows of a file.

Counts are read from ``ix_scan_account_id_at`` alone, without a row of the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from portal.records.models import Record
from portal.records.queries import find_record
from portal.visits.charts import Count, Span
from portal.visits.models import Scan
from portal.visits.scan_filters import REFUSED, ScanFilter, midnight

PAGE = 50
TOP = 10
FILE_CHUNK = 2_000


@dataclass(frozen=True)
class Place:
    """A scan in the list: the next page starts below it, the previous one ends above it."""

    at: datetime
    row_id: int

    def to_text(self) -> str:
        """An argument for an address."""
        return f"{self.at.isoformat()}_{self.row_id}"

    @classmethod
    def from_text(cls, text: str) -> "Place | None":
        """The place in an address, or None when there is none or it was changed by hand."""
        moment, _, row_id = text.rpartition("_")
        try:
            at = datetime.fromisoformat(moment)
            is_whole = at.tzinfo is not None and row_id.isascii() and row_id.isdigit() and int(row_id) < 2**63
        except ValueError:
            return None
        return cls(at, int(row_id)) if is_whole and 2000 <= at.year < 3000 else None


@dataclass(frozen=True)
class Page:
    """Scans, the newest first; ``previous`` and ``next`` are None at the ends."""

    rows: tuple[Any, ...]
    previous: Place | None
    next: Place | None


@dataclass(frozen=True)
class ByRecord:
    """A record and how often it was scanned; ``public_id`` and ``name`` are "" when it is gone."""

    public_id: str
    name: str
    count: int


def list_page(
    session: Session,
    account_id: int,
    filter: ScanFilter,
    timezone: str,
    *,
    after: Place | None = None,
    before: Place | None = None,
) -> Page:
    """The newest scans, those below ``after``, or those above ``before``."""
    backwards = before is not None and after is None
    place = after or before
    found = _walk(session, account_id, filter, timezone, place=place, backwards=backwards, limit=PAGE + 1)
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, True) if backwards else (place is not None, more)
    ends = [Place(row.at, row.id) for row in (found[0], found[-1])] if found else [None, None]
    return Page(tuple(found), ends[0] if has_previous else None, ends[1] if has_next else None)


def list_all(session: Session, account_id: int, filter: ScanFilter, timezone: str, most: int) -> Iterator[Any]:
    """The scans for a file, the newest first, at most ``most``; read in pieces."""
    place: Place | None = None
    while most > 0:
        limit = min(FILE_CHUNK, most)
        rows = _walk(session, account_id, filter, timezone, place=place, backwards=False, limit=limit)
        yield from rows
        if len(rows) < limit:
            return
        place, most = Place(rows[-1].at, rows[-1].id), most - limit


def count_by_span(
    session: Session, account_id: int, filter: ScanFilter, timezone: str, spans: Sequence[Span]
) -> list[Count]:
    """Scans and refused tries of each span, in one statement."""
    scans = func.count() if filter.is_narrowed else func.count(case((Scan.is_repeat.is_(False), 1)))
    refused = func.count(case((Scan.outcome.in_(REFUSED), 1)))
    same = _conditions(session, account_id, filter)
    counts: list[Any] = []
    for number, span in enumerate(spans):
        start, end = midnight(span.start, timezone), midnight(span.end + timedelta(days=1), timezone)
        inside = (*same, Scan.at >= start, Scan.at < end)
        columns = (scans.label("scans"), refused.label("refused"))
        counts.append(select(literal(number).label("number"), *columns).where(*inside))
    found = {row.number: row for row in session.execute(union_all(*counts))}
    return [Count(span, found[number].scans, found[number].refused) for number, span in enumerate(spans)]


def count_by_outcome(session: Session, account_id: int, filter: ScanFilter, timezone: str) -> dict[str, int]:
    """Answers by outcome, repeats included, the most frequent first."""
    rows = session.execute(
        select(Scan.outcome, func.count().label("times"))
        .where(*_within(session, account_id, filter, timezone))
        .group_by(Scan.outcome)
        .order_by(func.count().desc(), Scan.outcome)
    )
    return {row[0]: row[1] for row in rows}


def count_by_record(session: Session, account_id: int, filter: ScanFilter, timezone: str) -> list[ByRecord]:
    """The records that were scanned most, as ``count_by_span`` counts."""
    counted = () if filter.is_narrowed else (Scan.is_repeat.is_(False),)
    top = (
        select(Scan.record_id, func.count().label("times"))
        .where(*_within(session, account_id, filter, timezone), *counted)
        .group_by(Scan.record_id)
        .order_by(func.count().desc(), Scan.record_id)
        .limit(TOP)
        .subquery()
    )
    rows = session.execute(
        select(func.coalesce(Record.public_id, ""), func.coalesce(Record.name, ""), top.c.times)
        .outerjoin_from(top, Record, (Record.id == top.c.record_id) & (Record.account_id == account_id))
        .order_by(top.c.times.desc(), top.c.record_id)
    )
    return [ByRecord(*row) for row in rows]


def _walk(
    session: Session,
    account_id: int,
    filter: ScanFilter,
    timezone: str,
    *,
    place: Place | None,
    backwards: bool,
    limit: int,
) -> list[Any]:
    conditions = [*_within(session, account_id, filter, timezone)]
    if place is not None and backwards:
        conditions.append(and_(Scan.at >= place.at, or_(Scan.at > place.at, Scan.id > place.row_id)))
    elif place is not None:
        conditions.append(and_(Scan.at <= place.at, or_(Scan.at < place.at, Scan.id < place.row_id)))
    order = (Scan.at.asc(), Scan.id.asc()) if backwards else (Scan.at.desc(), Scan.id.desc())
    # The page is found first, so that no more records are looked up than it shows.
    found = select(Scan.id).where(*conditions).order_by(*order).limit(limit).subquery()
    rows = session.execute(
        select(
            *(Scan.id, Scan.at, Scan.outcome, Scan.is_admitted, Scan.is_repeat, Scan.browser),
            func.coalesce(Record.public_id, "").label("record_public_id"),
            func.coalesce(Record.name, "").label("record_name"),
            func.coalesce(Record.tag, "").label("record_tag"),
        )
        .join_from(found, Scan, Scan.id == found.c.id)
        .outerjoin(Record, (Record.id == Scan.record_id) & (Record.account_id == account_id))
        .order_by(*order)
    )
    return list(rows.all())


def _within(session: Session, account_id: int, filter: ScanFilter, timezone: str) -> tuple[ColumnElement[bool], ...]:
    start, end = filter.span(timezone)
    return (*_conditions(session, account_id, filter), Scan.at >= start, Scan.at < end)


def _conditions(session: Session, account_id: int, filter: ScanFilter) -> tuple[ColumnElement[bool], ...]:
    conditions: list[ColumnElement[bool]] = [Scan.account_id == account_id]
    if filter.record:
        record = find_record(session, account_id, filter.record)
        conditions.append(Scan.record_id == (record.id if record else 0))
    if filter.outcome:
        conditions.append(Scan.outcome == filter.outcome)
    if filter.admitted:
        conditions.append(Scan.is_admitted.is_(filter.admitted == "yes"))
    return tuple(conditions)
