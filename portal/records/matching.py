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

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    column,
    func,
    not_,
    null,
    or_,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.lib.folding import fold
from portal.records import search
from portal.records.expirations import MOST_WARN_DAYS
from portal.records.filters import RecordFilter
from portal.records.models import Record

FEW = 1_000
MOST_PREFIXES = 3  # words of a query that names may begin with; further ones are found among the rest
_search_index = table("record_search", column("rowid", Integer))

Condition = ColumnElement[bool]
Aside = Callable[[Any], Any]


@dataclass(frozen=True)
class Match:
    """``conditions`` say it all; ``ids``, when there are few, hold every record that can fulfil them.

    ``prefixes`` are the typed words: names that begin with one of them are listed first. ``source`` finds the ids of
    one part of the filter, from the index that fits it; None without a part.
    """

    account_id: int
    conditions: tuple[Condition, ...]
    ids: tuple[int, ...] | None
    prefixes: tuple[str, ...]
    source: Callable[[int | None], Select[int]] | None
    aside: Aside

    def base(self) -> tuple[Condition, ...]:
        """The WHERE of a list that is read in its sort order."""
        if self.ids is None:
            return (Record.account_id == self.account_id, *self.conditions)
        return (self.aside(Record.account_id) == self.account_id, *self.conditions, Record.id.in_(self.ids))

    def rows(self) -> Select[int]:
        """The ids of all matches in any order, read from the index that fits the filter: for counting."""
        if self.ids is not None or self.source is None or self.aside is at_liberty:
            return select(Record.id).where(*self.base())
        found = self.source(None).subquery()
        own = self.aside(Record.account_id) == self.account_id
        return select(Record.id).join(found, Record.id == found.c[0]).where(own, *self.conditions)


def match(session: Session, account_id: int, filter: RecordFilter, today: date) -> Match:
    """Finds out how many a filter means, and from which end the list is best read."""
    aside = beside if session.get_bind().dialect.name == "sqlite" else at_liberty
    parts = list(_parts(session, account_id, filter, today, aside))
    ids = None
    for part in parts:
        found = session.scalars(part.source(FEW + 1)).all()
        if len(found) <= FEW:
            ids = tuple(found)
            break
    conditions: list[Condition] = [Record.archived_at.is_not(None) if filter.archived else Record.archived_at.is_(None)]
    if filter.kind:
        conditions.append(Record.kind == filter.kind)
    return Match(
        account_id,
        (*conditions, *(part.condition for part in parts)),
        ids,
        search.terms(filter.q)[:MOST_PREFIXES],
        parts[0].source if parts else None,
        aside,
    )


def starts_with(key: InstrumentedAttribute[Any], prefix: str) -> Condition:
    """A range over a key column: what begins with ``prefix``, by code point, as both databases order the keys."""
    return and_(key >= prefix, key < _after(prefix))


def beside(one: Any) -> Any:
    """The column's value, but no column for SQLite to look for an index for."""
    return func.coalesce(one, null())


def at_liberty(one: Any) -> Any:
    """The column itself, for PostgreSQL: it has statistics and chooses well."""
    return one


@dataclass(frozen=True)
class _Part:
    """One part of a filter: its condition for a walk, and the statement that takes a number and finds its own ids."""

    condition: Condition
    source: Callable[[int | None], Select[int]]


def _parts(session: Session, account_id: int, filter: RecordFilter, today: date, aside: Aside) -> Iterator[_Part]:
    """The parts of a filter, those first that usually mean the fewest."""
    own = Record.account_id == account_id
    shown = Record.archived_at.is_not(None) if filter.archived else Record.archived_at.is_(None)
    for name, column_ in (("owner", Record.owner_id), ("location", Record.location_id)):
        public_id = getattr(filter, name)
        if public_id:
            target = session.scalar(select(Record.id).where(own, Record.public_id == public_id))
            yield _Part(aside(column_) == (target or 0), _rows(own, column_ == (target or 0)))
    if filter.q:
        yield _query_part(session, account_id, filter.q, shown)
    if filter.state:
        yield _Part(aside(Record.state) == filter.state, _rows(own, shown, Record.state == filter.state))
    if filter.without:
        yield _Part(aside(Record.owner_id).is_(None), _rows(own, Record.owner_id.is_(None)))
    if filter.expiry:
        yield _Part(_expiry(filter.expiry, today, aside), _rows(own, shown, _expiry(filter.expiry, today, at_liberty)))
    if filter.archived:
        yield _Part(shown, _rows(own, shown))


def _rows(*conditions: Condition) -> Callable[[int | None], Select[int]]:
    return lambda limit: select(Record.id).where(*conditions).limit(limit)


def _expiry(state: str, today: date, seen: Aside) -> Condition:
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
    begins = (fold(query).split() or [search.NEVER])[0]
    name = starts_with(Record.name_key, begins)
    tag = starts_with(Record.tag_key, search.tag_key(query.split(maxsplit=1)[0]) or search.NEVER)

    def source(limit: int | None) -> Select[int]:
        own = (Record.account_id == account_id, shown, *rest)
        # Two ranges that share no row, so that reading may stop at any row of either.
        ends = [select(Record.id).where(*own, *one) for one in ((name,), (tag, not_(name)))]
        return select(union_all(*ends).subquery().c.id).limit(limit)

    return _Part(and_(or_(name, tag), *rest), source)


def _contains(word: str) -> Condition:
    return or_(*(Record.search_text.like(f"%{_escaped(one)}%", escape="/") for one in search.spellings(word)))


def _escaped(word: str) -> str:
    return word.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _trigrams_sqlite(account_id: int, words: Sequence[str]) -> Callable[[int | None], Select[int]]:
    quoted = ['"' + search.account_mark(account_id) + '"']
    for word in words:
        quoted.append("(" + " OR ".join('"' + one.replace('"', '""') + '"' for one in search.spellings(word)) + ")")
    found = text("record_search MATCH :words").bindparams(words=" AND ".join(quoted))
    return lambda limit: select(_search_index.c.rowid).where(found).limit(limit)


def _trigrams_postgresql(account_id: int, words: Sequence[str]) -> Callable[[int | None], Select[int]]:
    return _rows(Record.account_id == account_id, *(_contains(word) for word in words))


def _after(prefix: str) -> str:
    """The smallest text behind everything that begins with ``prefix``."""
    last = ord(prefix[-1]) + 1
    # Between the two lie surrogates, which are no characters.
    return prefix[:-1] + chr(0xE000 if last == 0xD800 else min(last, 0x10FFFF))
