"""Verbs on records. Refusals and conflicts are returned; the edge shows them and commits what was done.

Every verb that writes first takes the account's lock (``lock_account``): a tag, a circle and a version are then
judged by rows that nobody else is changing. On SQLite the write transaction itself is that lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.audit.operations import record as write_event
from portal.errors import NotFound
from portal.lib import clock
from portal.lib.secrets import make_public_id
from portal.records import checking, references, search
from portal.records.checking import Value
from portal.records.conflicts import Conflict, find_conflict
from portal.records.kinds import BY_NAME, Kind
from portal.records.models import Record
from portal.records.states import IN_USE

Fields = dict[str, Any]
PHOTO_WORDS = {"": "none", "photo": "a photo"}


@dataclass(frozen=True)
class Refusal:
    """Nothing was changed: one sentence per field that says what to do about it."""

    errors: dict[str, str]


def lock_account(session: Session, account_id: int) -> None:
    """Waits until no other transaction changes this account's records, and keeps others waiting until the commit."""
    # Not FOR UPDATE: rows of other tables that point to the account (scans) must go on being written.
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))


def get_for_change(session: Session, account_id: int, record_id: int) -> Record:
    """The record as it stands now, under the account's lock. Raises NotFound."""
    lock_account(session, account_id)
    record = session.scalar(
        select(Record)
        .where(Record.account_id == account_id, Record.id == record_id)
        .execution_options(populate_existing=True)
    )
    if record is None:
        raise NotFound(f"record {record_id} is gone")
    return record


def create_record(
    session: Session,
    *,
    account: Account,
    kind: str,
    values: Mapping[str, Value],
    now: datetime,
    actor: Actor,
    photo_key: str = "",
    public_id: str = "",
) -> Record | Refusal:
    """A new record from typed values by column; references are row ids. Its sticker is the caller's to issue.

    ``public_id`` is chosen here when it is not given: a form gives one, so that sending it twice makes one record.
    """
    lock_account(session, account.id)
    shape = BY_NAME[kind]
    typed = {**{field.name: None for field in shape.fields if field.required}, **values}
    checked = checking.check(shape, typed, country=account.country, today=_today(account, now))
    record = Record(
        account_id=account.id, kind=kind, public_id=public_id or make_public_id(), created_at=now, updated_at=now
    )
    errors = checked.errors | _check_against_rows(session, record, checked.values)
    if errors:
        return Refusal(errors)
    record.photo_key = photo_key
    _apply(record, checked.values)
    if checked.values.get("state", IN_USE) != IN_USE:
        record.state_at = now
    record.updated_by_name = actor.name[:200]
    session.add(record)
    session.flush()
    given = {name: value for name, value in checked.values.items() if value not in (None, "")}
    after = references.shown(session, account.id, given) | ({"photo": PHOTO_WORDS["photo"]} if photo_key else {})
    _write_event(session, record, "record.create", now=now, actor=actor, before={}, after=after)
    return record


def update_record(
    session: Session,
    record: Record,
    *,
    account: Account,
    values: Mapping[str, Value],
    now: datetime,
    actor: Actor,
    seen_version: int | None = None,
    photo_key: str | None = None,
) -> Record | Refusal | Conflict:
    """Changes the fields that ``values`` holds. ``photo_key`` None leaves the photo as it is, "" removes it.

    ``seen_version`` is the version that the person looked at: a later save by anybody is a Conflict. None asks nothing.
    """
    record = get_for_change(session, account.id, record.id)
    if seen_version is not None and seen_version != record.version:
        return find_conflict(session, record, seen_version)
    checked = checking.check(BY_NAME[record.kind], values, country=account.country, today=_today(account, now))
    errors = checked.errors | _check_against_rows(session, record, checked.values)
    if errors:
        return Refusal(errors)
    changed = {name: value for name, value in checked.values.items() if getattr(record, name) != value}
    before = references.shown(session, account.id, {name: getattr(record, name) for name in changed})
    after = references.shown(session, account.id, changed)
    if photo_key is not None and photo_key != record.photo_key:
        before["photo"], after["photo"] = (PHOTO_WORDS["photo" if key else ""] for key in (record.photo_key, photo_key))
        record.photo_key = photo_key
    if not after:
        return record
    _apply(record, changed)
    if "state" in changed:
        record.state_at = now
    _save(session, record, "record.update", now=now, actor=actor, before=before, after=after)
    return record


def archive_record(session: Session, record: Record, *, now: datetime, actor: Actor) -> Record:
    """Takes the record out of the lists; its sticker then answers that it is archived. Twice is once."""
    record = get_for_change(session, record.account_id, record.id)
    if record.archived_at is None:
        record.archived_at = now
        _save(
            session,
            record,
            "record.archive",
            now=now,
            actor=actor,
            before={"archived": False},
            after={"archived": True},
        )
    return record


def restore_record(session: Session, record: Record, *, now: datetime, actor: Actor) -> Record:
    """Brings an archived record back."""
    record = get_for_change(session, record.account_id, record.id)
    if record.archived_at is not None:
        record.archived_at = None
        _save(
            session,
            record,
            "record.restore",
            now=now,
            actor=actor,
            before={"archived": True},
            after={"archived": False},
        )
    return record


def _check_against_rows(session: Session, record: Record, values: Mapping[str, Value]) -> dict[str, str]:
    """The errors that only other rows, or the record's other fields, can tell."""
    errors = references.check_references(session, record, values)
    if values.get("tag"):
        errors |= references.check_tag(session, record, str(values["tag"]))
    if "latitude" in values or "longitude" in values:
        position = {name: values.get(name, getattr(record, name)) for name in ("latitude", "longitude")}
        errors |= checking.check_coordinates(position)
    return errors


def _apply(record: Record, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    kind: Kind = BY_NAME[record.kind]
    record.name_key = search.name_key(record.name)
    record.tag_key = search.tag_key(record.tag or "")
    found_by = {field.name: getattr(record, field.name) for field in kind.fields if field.search}
    record.search_text = search.search_text(record.account_id, found_by)


def _save(
    session: Session, record: Record, action: str, *, now: datetime, actor: Actor, before: Fields, after: Fields
) -> None:
    record.version += 1
    record.updated_at = now
    record.updated_by_name = actor.name[:200]
    session.flush()
    _write_event(session, record, action, now=now, actor=actor, before=before, after=after)


def _write_event(
    session: Session, record: Record, action: str, *, now: datetime, actor: Actor, before: Fields, after: Fields
) -> None:
    write_event(
        session,
        account_id=record.account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind=record.kind,
        target_public_id=record.public_id,
        target_name=record.name,
        before=before,
        after=after | {"version": record.version},  # ties the event to the save that a second admin has not seen
    )


def _today(account: Account, now: datetime) -> date:
    return clock.today_in(account.timezone, now)
