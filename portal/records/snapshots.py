"""Reads of many rows at once, as plain values, always within one account."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from portal.records.directory import Directory, Entry
from portal.records.models import Expiration, Record
from portal.records.plans import CurrentPaper

CHUNK = 1_000  # under SQLite's limit of bound values in one statement
RECORDS = cast(Table, Record.__table__)
EXPIRATIONS = cast(Table, Expiration.__table__)

T = TypeVar("T")


def in_chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most ``size``."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def find_records(session: Session, account_id: int, column: str, values: Iterable[Any]) -> dict[Any, Mapping[str, Any]]:
    """The account's records whose ``column`` is among ``values``, as all their columns by that value."""
    found: dict[Any, Mapping[str, Any]] = {}
    for chunk in in_chunks(values):
        wanted = select(RECORDS).where(RECORDS.c.account_id == account_id, RECORDS.c[column].in_(chunk))
        found.update({row[column]: dict(row) for row in session.execute(wanted).mappings()})
    return found


def list_entries(session: Session, account_id: int, kind: str) -> list[Entry]:
    """What every contact or location of the account can be called."""
    columns = (Record.id, Record.public_id, Record.name, Record.email, Record.tag, Record.archived_at)
    rows = session.execute(select(*columns).where(Record.account_id == account_id, Record.kind == kind))
    return [Entry(row.id, row.public_id, row.name, row.email, row.tag, row.archived_at is not None) for row in rows]


def make_directory(session: Session, account_id: int, kind: str) -> Directory:
    """The directory of the contacts or locations as they stand."""
    return Directory(list_entries(session, account_id, kind))


def read_parents(session: Session, account_id: int, kind: str, column: str) -> dict[int, int]:
    """Whom every record of a kind points to by ``column`` (supervisor_id, location_id), where it points at all."""
    parent = RECORDS.c[column]
    rows = session.execute(
        select(RECORDS.c.id, parent).where(
            RECORDS.c.account_id == account_id, RECORDS.c.kind == kind, parent.is_not(None)
        )
    )
    return {row[0]: row[1] for row in rows}


def read_papers(session: Session, account_id: int, record_ids: Iterable[int]) -> dict[int, list[CurrentPaper]]:
    """The current expirations of these records, each list by day."""
    papers: dict[int, list[CurrentPaper]] = {}
    for chunk in in_chunks(record_ids):
        wanted = (
            select(Expiration.record_id, Expiration.id, Expiration.what, Expiration.expires_on, Expiration.warn_days)
            .where(
                Expiration.account_id == account_id, Expiration.record_id.in_(chunk), Expiration.renewed_at.is_(None)
            )
            .order_by(Expiration.expires_on, Expiration.id)
        )
        for row in session.execute(wanted):
            paper = CurrentPaper(row.id, row.what, row.expires_on, row.warn_days)
            papers.setdefault(row.record_id, []).append(paper)
    return papers
