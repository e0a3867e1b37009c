"""Reads of single records and what hangs on them, always within one account."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.records.kinds import CONTACT, LOCATION
from portal.records.models import Expiration, Record

MOST_LINKS = 10
# What a record is to those that name it, by its kind: the words, and their column.
POINTING = {
    CONTACT: (("Owner of", "owner_id"), ("Supervisor of", "supervisor_id")),
    LOCATION: (("At this location", "location_id"),),
}


@dataclass(frozen=True)
class Link:
    """Another record, as pages name it."""

    public_id: str
    kind: str
    name: str
    tag: str
    is_archived: bool


@dataclass(frozen=True)
class Links:
    """The first of the records that point to one, by name, and how many there are."""

    first: tuple[Link, ...]
    count: int


_LINK = (Record.id, Record.public_id, Record.kind, Record.name, Record.tag, Record.archived_at)


def get_record(session: Session, account_id: int, public_id: str) -> Record:
    """The record of this public id, archived or not. Raises NotFound."""
    record = find_record(session, account_id, public_id)
    if record is None:
        raise NotFound("no such record in this account")
    return record


def is_public_id(text: str) -> bool:
    """Whether a text from an address can be one. PostgreSQL refuses to even look for a NUL."""
    return text.isascii() and text.isprintable()


def find_record(session: Session, account_id: int, public_id: str) -> Record | None:
    """The record of this public id, archived or not."""
    if not is_public_id(public_id):
        return None
    return session.scalar(select(Record).where(Record.account_id == account_id, Record.public_id == public_id))


def find_links(session: Session, account_id: int, ids: Iterable[int | None]) -> dict[int | None, Link]:
    """The records of these row ids by row id; ids that are None or unknown are left out."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(select(*_LINK).where(Record.account_id == account_id, Record.id.in_(wanted)))
    return {row.id: _link(row) for row in rows}


def list_pointing(session: Session, account_id: int, record_id: int, column: str, kinds: Collection[str] = ()) -> Links:
    """The live records whose ``column`` (owner_id, location_id, supervisor_id) is this record."""
    conditions = [
        Record.account_id == account_id,
        getattr(Record, column) == record_id,
        Record.archived_at.is_(None),
    ]
    if kinds:
        conditions.append(Record.kind.in_(kinds))
    rows = session.execute(
        select(*_LINK).where(*conditions).order_by(Record.name_key, Record.id).limit(MOST_LINKS)
    ).all()
    total = len(rows)
    if total == MOST_LINKS:
        total = session.scalar(select(func.count()).select_from(Record).where(*conditions)) or 0
    return Links(tuple(_link(row) for row in rows), total)


def list_expirations(session: Session, account_id: int, record_id: int) -> list[Expiration]:
    """All expirations of a record: the current ones by their day, then the renewed ones, the latest first."""
    rows = session.scalars(
        select(Expiration).where(Expiration.account_id == account_id, Expiration.record_id == record_id)
    ).all()
    current = sorted((row for row in rows if row.renewed_at is None), key=lambda row: (row.expires_on, row.id))
    renewed = sorted((row for row in rows if row.renewed_at), key=lambda row: (row.expires_on, row.id), reverse=True)
    return current + renewed


def get_expiration(session: Session, account_id: int, record_id: int, public_id: str) -> Expiration:
    """One expiration of a record. Raises NotFound."""
    if not is_public_id(public_id):
        raise NotFound("no such expiration of this record")
    expiration = session.scalar(
        select(Expiration).where(
            Expiration.account_id == account_id, Expiration.record_id == record_id, Expiration.public_id == public_id
        )
    )
    if expiration is None:
        raise NotFound("no such expiration of this record")
    return expiration


def is_photo_used(session: Session, photo_key: str) -> bool:
    """Whether any record of any account shows this photo: equal pictures share one file."""
    return bool(session.scalar(select(exists().where(Record.photo_key == photo_key))))


def _link(row: Row[int, str, str, str, str, datetime | None]) -> Link:
    return Link(row.public_id, row.kind, row.name, row.tag, row.archived_at is not None)
