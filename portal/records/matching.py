"""Which records a filter means, as SQL, and the few or many that is.

Without statistics SQLite prefers the index that gives the order, and walks 100,000 rows to find five. So each part of
a filter is first asked alone for at most 1,001 ids from the index that fits it. When one part has no more than 1,000,
the list is those rows, sorted. When all have more, hits are so frequent that walking in the sort order finds a page
soon (facts: performance, section 4).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, column, func, null, or_, select, table, text, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.records import search
from portal.records.expirations import MOST_WARN_DAYS
from portal.records.filters import RecordFilter
from portal.records.models import Record

FEW = 1_000
_search_index = table("record_search", column("rowid", Integer))

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Match:
    """``conditions`` say it all; ``ids``, when there are few, hold every record that can fulfil them.

    ``prefix`` is the typed text as a name key: names that begin with it are listed first.
    """

    conditions: tuple[Condition, ...]
    ids: tuple[int, ...] | None
    prefix: str = ""

    def base(self) -> tuple[Condition, ...]:
        """The WHERE of a list."""
        return self.conditions if self.ids is None else (*self.conditions, Record.id.in_(self.ids))


def match(session: Session, account_id: int, filter: RecordFilter, today: date) -> Match:
    """Finds out how many a filter means, and from which end the list is best read."""
    parts = list(_parts(session, account_id, filter, today))
    ids = None
    for part in parts:
        found = session.scalars(part.source(FEW + 1)).all()
        if len(found) <= FEW:
            ids = tuple(found)
            break
    account = Record.account_id == account_id if ids is None else beside(Record.account_id) == account_id
    conditions = [account, Record.archived_at.is_not(None) if filter.archived else Record.archived_at.is_(None)]
    if filter.kind:
        conditions.append(Record.kind == filter.kind)
    return Match((*conditions, *(part.condition for part in parts)), ids, search.name_key(filter.q))


def starts_with(key: InstrumentedAttribute[Any], prefix: str) -> Condition:
    """A range over a key column: what begins with ``prefix``, by code point, as both databases order the keys."""
    return and_(key >= prefix, key < _after(prefix))


def beside(one: Any) -> Any:
    """The column's value, but no column for SQLite to look for an index for. PostgreSQL sees through it."""
    return func.coalesce(one, null())


@dataclass(frozen=True)
class _Part:
    """One part of a filter: its condition for a walk, and the statement that takes a number and finds its own ids."""

    condition: Condition
    source: Callable[[int], Select[int]]


def _parts(session: Session, account_id: int, filter: RecordFilter, today: date) -> Iterator[_Part]:
    own = Record.account_id == account_id
    shown = Record.archived_at.is_not(None) if filter.archived else Record.archived_at.is_(None)
    if filter.q:
        yield _query_part(session, account_id, filter.q, shown)
    for name, column_ in (("owner", Record.owner_id), ("location", Record.location_id)):
        public_id = getattr(filter, name)
        if public_id:
            target = session.scalar(select(Record.id).where(own, Record.public_id == public_id))
            yield _Part(beside(column_) == (target or 0), _rows(own, column_ == (target or 0)))
    if filter.without:
        yield _Part(beside(Record.owner_id).is_(None), _rows(own, Record.owner_id.is_(None)))
    if filter.expiry:
        yield _Part(
            _expiry(filter.expiry, today, beside), _rows(own, shown, _expiry(filter.expiry, today, lambda one: one))
        )
    if filter.archived:
        yield _Part(shown, _rows(own, shown))


def _rows(*conditions: Condition) -> Callable[[int], Select[int]]:
    return lambda limit: select(Record.id).where(*conditions).limit(limit)


def _expiry(state: str, today: date, seen: Callable[[Any], Any]) -> Condition:
    """The states of ``expirations.record_state``, by the two days kept on the record."""
    expires, warns = seen(Record.next_expires_on), seen(Record.next_warns_on)
    if state == "none":
        return expires.is_(None)  # type: ignore[no-any-return]  # Any in, Any out
    if state == "expired":
        return expires < today  # type: ignore[no-any-return]  # as above
    if state == "due":
        # The last bound follows from the first two; it spares the index the far future.
        return and_(warns <= today, expires >= today, expires <= today + timedelta(days=MOST_WARN_DAYS))
    return and_(expires >= today, warns > today)


def _query_part(session: Session, account_id: int, query: str, shown: Condition) -> _Part:
    words = search.terms(query)
    conditions = [_contains(word) for word in words]
    long = [word for word in words if len(word) >= search.SUBSTRING]
    if long:
        index = _trigrams_sqlite if session.get_bind().dialect.name == "sqlite" else _trigrams_postgresql
        return _Part(and_(*conditions), index(account_id, long))
    return _short_part(account_id, query, shown, conditions[1:])


def _short_part(account_id: int, query: str, shown: Condition, rest: Sequence[Condition]) -> _Part:
    """Too short for trigrams: what begins a name or a tag. A query that folds to nothing finds nothing by name."""
    begins = (search.fold(query).split() or [search.NEVER])[0]
    name = starts_with(Record.name_key, begins)
    tag = starts_with(Record.tag_key, search.tag_key(query.split(maxsplit=1)[0]) or search.NEVER)

    def source(limit: int) -> Select[int]:
        own = (Record.account_id == account_id, shown, *rest)
        ends = [select(Record.id).where(*own, one).limit(limit).subquery() for one in (name, tag)]
        return select(union(*(select(end.c.id) for end in ends)).subquery().c.id).limit(limit)

    return _Part(and_(or_(name, tag), *rest), source)


def _contains(word: str) -> Condition:
    return or_(*(Record.search_text.like(f"%{_escaped(one)}%", escape="/") for one in search.spellings(word)))


def _escaped(word: str) -> str:
    return word.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _trigrams_sqlite(account_id: int, words: Sequence[str]) -> Callable[[int], Select[int]]:
    quoted = ['"' + search.account_mark(account_id) + '"']
    for word in words:
        quoted.append("(" + " OR ".join('"' + one.replace('"', '""') + '"' for one in search.spellings(word)) + ")")
    found = text("record_search MATCH :words").bindparams(words=" AND ".join(quoted))
    return lambda limit: select(_search_index.c.rowid).where(found).limit(limit)


def _trigrams_postgresql(account_id: int, words: Sequence[str]) -> Callable[[int], Select[int]]:
    return _rows(Record.account_id == account_id, *(_contains(word) for word in words))


def _after(prefix: str) -> str:
    """The smallest text behind everything that begins with ``prefix``."""
    last = ord(prefix[-1]) + 1
    # Between the two lie surrogates, which are no characters.
    return prefix[:-1] + chr(0xE000 if last == 0xD800 else min(last, 0x10FFFF))
