"""Reads of the gate: the passcode's row, and what one look at a sticker shows.

A look is one statement of plain columns, no ORM entities (design, section 3, Hot path). It is found by the sticker's
code alone, which is unique over all accounts; everything else in it is of that sticker's account.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, case, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import Account
from portal.errors import NotFound
from portal.gate.models import Passcode
from portal.lib.sealing import KeyRing
from portal.records.models import Expiration, Record
from portal.stickers import tokens
from portal.stickers.models import Passphrase, Sticker
from portal.stickers.queries import passphrase_context
from portal.stickers.tokens import ScanToken

Part = TypeVar("Part")


def passcode_context(account_id: int) -> str:
    """What a sealed passcode is bound to: it cannot be moved to another account's row."""
    return f"passcode:{account_id}"


def get_passcode_row(session: Session, account_id: int) -> Passcode:
    """The account's row, made with the account. Raises NotFound if it is missing."""
    row = session.scalar(select(Passcode).where(Passcode.account_id == account_id))
    if row is None:
        raise NotFound(f"account {account_id} has no passcode row")
    return row


def reveal_passcode(key_ring: KeyRing, row: Passcode) -> str:
    """The passcode in clear, empty when none is assigned."""
    return unseal_passcode(key_ring, row.sealed_text, row.account_id)


def unseal_passcode(key_ring: KeyRing, sealed_text: str, account_id: int) -> str:
    """The passcode in clear out of its column, empty when none is assigned."""
    return key_ring.decrypt(sealed_text, passcode_context(account_id)) if sealed_text else ""


# The fields of the next classes are columns by the same name, in this order.


@dataclass(frozen=True, slots=True)
class ScannedSticker:
    """The sticker that was scanned."""

    id: int
    record_id: int | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Company:
    """The sticker's account."""

    id: int
    public_id: str
    name: str
    country: str
    timezone: str
    contact_name: str
    contact_email: str
    contact_phone: str
    accent: str
    logo_key: str
    visible_fields: dict[str, list[str]]
    contact_policy: str
    duty_contact_id: int | None


@dataclass(frozen=True, slots=True)
class Gate:
    """The account's passcode, still encrypted, and its two generations."""

    sealed_text: str
    generation: int
    pass_generation: int


@dataclass(frozen=True, slots=True)
class Thing:
    """The record, with the columns that its page may show. Visitors see a part of them: see ``visibility``."""

    id: int
    public_id: str
    kind: str
    name: str
    tag: str
    description: str
    photo_key: str
    visitor_notes: str
    private_notes: str
    state: str
    owner_id: int | None
    supervisor_id: int | None
    make: str
    model: str
    year: int | None
    plate: str
    vin: str
    odometer: int | None
    manufacturer: str
    serial_number: str
    address: str
    opening_hours: str
    job_title: str
    company: str
    email: str
    phone: str
    mobile: str
    contact_policy: str
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """A contact who is an owner or a supervisor."""

    name: str
    job_title: str
    company: str
    email: str
    phone: str
    mobile: str
    photo_key: str
    contact_policy: str
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownExpiration:
    """An expiration that was not renewed."""

    what: str
    expires_on: date
    warn_days: int


@dataclass(frozen=True, slots=True)
class Look:
    """A sticker whose seal was once right, and everything that its pages may say.

    ``retired_at``: since when its passphrase no longer opens, None while it does. ``thing`` is None when the record was
    deleted. ``owner`` and ``supervisor`` are contacts that are not archived; a contact's own sticker has no owner.
    """

    sticker: ScannedSticker
    company: Company
    gate: Gate
    thing: Thing | None
    owner: Person | None
    supervisor: Person | None
    retired_at: datetime | None


def find_look(connection: Connection, key_ring: KeyRing, token: ScanToken, now: datetime) -> Look | None:
    """What this token opens; None for an unknown code, and alike for a seal that its account never made."""
    row = connection.execute(_LOOK, {"code": token.code}).first()
    if row is None:
        return None
    values = iter(row)
    passphrase = next(values)
    sticker, company, gate, thing = (
        _take(ScannedSticker, values),
        _take(Company, values),
        _take(Gate, values),
        _take(Thing, values),
    )
    owner, supervisor = _take(Person, values), _take(Person, values)
    retired_at = None
    if not tokens.matches(token, _unsealed(key_ring, passphrase, company.id)):
        stopped_at = _find_end(connection, key_ring, token, company.id)
        if stopped_at is None:
            return None
        retired_at = stopped_at if stopped_at <= now else None
    return Look(sticker, company, gate, thing if thing.id else None, _working(owner), _working(supervisor), retired_at)


def list_expirations(connection: Connection, account_id: int, record_id: int) -> list[ShownExpiration]:
    """The record's current expirations, the earliest first."""
    return [
        ShownExpiration(*row)
        for row in connection.execute(_EXPIRATIONS, {"account_id": account_id, "record_id": record_id})
    ]


def _find_end(connection: Connection, key_ring: KeyRing, token: ScanToken, account_id: int) -> datetime | None:
    """When the retired passphrase that sealed this token stopped to open, or will stop; None if none sealed it."""
    for sealed_text, retired_at, honoured_until in connection.execute(_RETIRED, {"account_id": account_id}):
        if tokens.matches(token, _unsealed(key_ring, sealed_text, account_id)):
            return honoured_until or retired_at
    return None


def _working(person: Person) -> Person | None:
    """A joined contact, or None: nobody joined, or one who was archived and must not be called any more."""
    return person if person.name and person.archived_at is None else None


@lru_cache(maxsize=4096)
def _unsealed(key_ring: KeyRing, sealed_text: str, account_id: int) -> str:
    """A passphrase in clear, decrypted once in a process: the sealed text is the key, so a new one is never stale."""
    return key_ring.decrypt(sealed_text, passphrase_context(account_id))


def _take(kind: type[Part], values: Iterator[Any]) -> Part:
    return kind(*[next(values) for _ in fields(kind)])  # type: ignore[arg-type]  # every Part is a dataclass


def _columns(kind: type, table: Any) -> list[Any]:
    return [getattr(table, field.name) for field in fields(kind)]


_owner, _supervisor = aliased(Record, name="owner"), aliased(Record, name="supervisor")
_LOOK = (
    select(
        Passphrase.sealed_text,
        *_columns(ScannedSticker, Sticker),
        *_columns(Company, Account),
        *_columns(Gate, Passcode),
        *_columns(Thing, Record),
        *_columns(Person, _owner),
        *_columns(Person, _supervisor),
    )
    .select_from(Sticker)
    .join(Account, Account.id == Sticker.account_id)
    .join(Passcode, Passcode.account_id == Sticker.account_id)
    .join(Passphrase, (Passphrase.account_id == Sticker.account_id) & Passphrase.retired_at.is_(None))
    .outerjoin(Record, (Record.id == Sticker.record_id) & (Record.account_id == Sticker.account_id))
    # A contact's own sticker shows that contact, whoever else is noted as its owner.
    .outerjoin(
        _owner,
        (_owner.id == case((Record.kind != "contact", Record.owner_id))) & (_owner.account_id == Sticker.account_id),
    )
    .outerjoin(
        _supervisor,
        (_supervisor.id == case((Record.kind == "contact", Record.supervisor_id), else_=_owner.supervisor_id))
        & (_supervisor.account_id == Sticker.account_id),
    )
    .where(Sticker.code == bindparam("code"))
)
_RETIRED = (
    select(Passphrase.sealed_text, Passphrase.retired_at, Passphrase.honoured_until)
    .where(Passphrase.account_id == bindparam("account_id"), Passphrase.retired_at.is_not(None))
    .order_by(Passphrase.id.desc())
)
_EXPIRATIONS = (
    select(Expiration.what, Expiration.expires_on, Expiration.warn_days)
    .where(
        Expiration.account_id == bindparam("account_id"),
        Expiration.record_id == bindparam("record_id"),
        Expiration.renewed_at.is_(None),
    )
    .order_by(Expiration.expires_on, Expiration.id)
)
