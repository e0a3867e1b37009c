"""Pages of records by keyset, as plain rows: no entity is built and no page asks once per row.

A list runs through *parts*, each with an order that an index gives: under a search by name, names that begin with a
typed word come first; by tag and by expiry, records without one come last, in either direction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.records import expirations
from portal.records.filters import Place, RecordFilter
from portal.records.matching import Match, match, starts_with
from portal.records.models import Record

Columns = Row[*tuple[Any, ...]]
PAGE = 50
COUNTED = 1_000  # beyond, a list says "1000+"

_SORTED_BY: dict[str, InstrumentedAttribute[Any]] = {
    "name": Record.name_key,
    "tag": Record.tag_key,
    "updated": Record.updated_at,
    "expiry": Record.next_expires_on,
}
_SHOWN = (
    *(Record.id, Record.public_id, Record.kind, Record.name, Record.tag, Record.photo_key),
    *(Record.make, Record.model, Record.year, Record.plate, Record.manufacturer, Record.serial_number, Record.address),
    *(Record.job_title, Record.company, Record.email, Record.phone, Record.mobile, Record.owner_id, Record.location_id),
    *(Record.next_expires_on, Record.next_warns_on, Record.updated_at, Record.archived_at, Record.state),
)


@dataclass(frozen=True)
class Link:
    """Another record, as a list names it."""

    public_id: str
    name: str
    is_archived: bool


@dataclass(frozen=True)
class Line:
    """One row of a list: the columns as they are, and what the page needs beside them."""

    columns: Columns
    owner: Link | None
    location: Link | None
    state: str  # expirations.record_state


@dataclass(frozen=True)
class Page:
    """A page of lines; ``previous`` and ``next`` are places for the address, None at the ends."""

    lines: tuple[Line, ...]
    previous: Place | None
    next: Place | None


@dataclass(frozen=True)
class _Part:
    conditions: tuple[ColumnElement[bool], ...]
    column: InstrumentedAttribute[Any] | None  # None: by row id alone
    descending: bool


def list_page(
    session: Session,
    account_id: int,
    filter: RecordFilter,
    *,
    today: date,
    after: Place | None = None,
    before: Place | None = None,
    limit: int = PAGE,
) -> Page:
    """The first page, the one behind ``after``, or the one before ``before``."""
    matched = match(session, account_id, filter, today)
    parts = _parts(filter, matched)
    place = after or before
    backwards = before is not None and after is None
    found = _walk(session, matched, parts, place, limit + 1, backwards=backwards)
    if place is not None and not found:
        # The rows were deleted, or the address was changed by hand: the beginning is better than an empty page.
        place, backwards = None, False
        found = _walk(session, matched, parts, None, limit + 1, backwards=False)
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, True) if backwards else (place is not None, more)
    lines = _lines(session, account_id, [row for _, row in found], today)
    return Page(
        lines,
        _place(parts, *found[0]) if has_previous and found else None,
        _place(parts, *found[-1]) if has_next and found else None,
    )


def list_ids(session: Session, account_id: int, filter: RecordFilter, limit: int | None, *, today: date) -> list[int]:
    """The ids of the first ``limit`` records of a list (None: of all), in its order."""
    matched = match(session, account_id, filter, today)
    ids: list[int] = []
    for part in _parts(filter, matched):
        rest = None if limit is None else limit - len(ids)
        if rest == 0:
            break
        statement = (
            select(Record.id).where(*matched.base(), *part.conditions).order_by(*_order(part, False)).limit(rest)
        )
        ids += session.scalars(statement)
    return ids


def count(session: Session, account_id: int, filter: RecordFilter, cap: int | None = None, *, today: date) -> int:
    """How many records a filter means; with ``cap``, counting ends at ``cap + 1``."""
    matched = match(session, account_id, filter, today)
    rows = matched.rows().limit(None if cap is None else cap + 1)
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def list_by_public_ids(session: Session, account_id: int, public_ids: Sequence[str]) -> list[int]:
    """The ids of those of these records that the account has, in the order given."""
    found: dict[str, int] = {}
    for start in range(0, len(public_ids), COUNTED):
        # PostgreSQL faults on a NUL in a text, and no id has one.
        chunk = [one for one in public_ids[start : start + COUNTED] if "\0" not in one]
        rows = session.execute(
            select(Record.public_id, Record.id).where(Record.account_id == account_id, Record.public_id.in_(chunk))
        )
        found |= {row.public_id: row.id for row in rows}
    return [found[one] for one in dict.fromkeys(public_ids) if one in found]


def _parts(filter: RecordFilter, matched: Match) -> tuple[_Part, ...]:
    column = _SORTED_BY[filter.column]
    if filter.column == "name":
        begins = [starts_with(Record.name_key, prefix) for prefix in matched.prefixes]
        # The last part is the rest: each part leaves out what stood in those before it.
        wanted = [(*(not_(one) for one in begins[:at]), *begins[at : at + 1]) for at in range(len(begins) + 1)]
        return tuple(_Part(conditions, column, filter.descending) for conditions in wanted)
    if filter.column in ("tag", "expiry"):
        return _Part((column.is_not(None),), column, filter.descending), _Part((column.is_(None),), None, False)
    return (_Part((), column, filter.descending),)


def _walk(
    session: Session, matched: Match, parts: Sequence[_Part], place: Place | None, limit: int, *, backwards: bool
) -> list[tuple[int, Columns]]:
    """Up to ``limit`` rows with the number of their part, onwards from ``place`` in the direction asked for."""
    numbers = list(range(len(parts)))
    if backwards:
        numbers.reverse()
    if place is not None:
        numbers = [number for number in numbers if (number <= place.part if backwards else number >= place.part)]
    found: list[tuple[int, Columns]] = []
    for number in numbers:
        part = parts[number]
        statement = select(*_SHOWN, Record.name_key, Record.tag_key).where(*matched.base(), *part.conditions)
        if place is not None and number == place.part:
            keyset = _beyond(part, place, backwards)
            if keyset is None:
                continue
            statement = statement.where(keyset)
        rows = session.execute(statement.order_by(*_order(part, backwards)).limit(limit - len(found)))
        found += [(number, row) for row in rows]
        if len(found) == limit:
            break
    return found


def _order(part: _Part, backwards: bool) -> list[ColumnElement[Any]]:
    down = part.descending != backwards
    # archived_at is the same for all rows of a live list. It is named because PostgreSQL does not know that.
    columns: list[Any] = [Record.archived_at] if part.column is None else [Record.archived_at, part.column]
    return [one.desc() if down else one.asc() for one in (*columns, Record.id)]


def _beyond(part: _Part, place: Place, backwards: bool) -> ColumnElement[bool] | None:
    """The rows behind a place, in the form that both databases answer from the index. None: the place is not one."""
    down = part.descending != backwards
    beside = Record.id < place.row_id if down else Record.id > place.row_id
    if part.column is None:
        return beside
    key = _key_of(part.column, place.key)
    if key is None:
        return None
    if down:
        return and_(part.column <= key, or_(part.column < key, beside))
    return and_(part.column >= key, or_(part.column > key, beside))


def _place(parts: Sequence[_Part], number: int, row: Columns) -> Place:
    column = parts[number].column
    value = None if column is None else getattr(row, column.key)
    return Place(number, value.isoformat() if isinstance(value, date) else value, row.id)


def _key_of(column: InstrumentedAttribute[Any], text: str | None) -> str | date | datetime | None:
    try:
        if column is Record.updated_at:
            moment = datetime.fromisoformat(text or "")
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return date.fromisoformat(text or "") if column is Record.next_expires_on else text
    except (ValueError, OverflowError):  # overflow: the first or last day of all, in another time zone
        return None


def _lines(session: Session, account_id: int, rows: Sequence[Columns], today: date) -> tuple[Line, ...]:
    wanted = {one for row in rows for one in (row.owner_id, row.location_id) if one is not None}
    links: dict[int | None, Link] = {}
    if wanted:
        named = select(Record.id, Record.public_id, Record.name, Record.archived_at)
        for row in session.execute(named.where(Record.account_id == account_id, Record.id.in_(wanted))):
            links[row.id] = Link(row.public_id, row.name, row.archived_at is not None)
    return tuple(
        Line(
            row,
            links.get(row.owner_id),
            links.get(row.location_id),
            expirations.record_state(row.next_expires_on, row.next_warns_on, today),
        )
        for row in rows
    )
