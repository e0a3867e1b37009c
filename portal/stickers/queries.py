"""Reads of stickers and passphrases, always within one account."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.lib.sealing import KeyRing
from portal.records.models import Record
from portal.stickers import tokens
from portal.stickers.models import Passphrase, Sticker


def passphrase_context(account_id: int) -> str:
    """What a sealed passphrase is bound to: it cannot be moved to another account's row."""
    return f"passphrase:{account_id}"


def get_passphrase(session: Session, key_ring: KeyRing, account_id: int) -> str:
    """The current passphrase in clear. Raises NotFound if the account has none."""
    sealed = session.scalar(
        select(Passphrase.sealed_text).where(Passphrase.account_id == account_id, Passphrase.retired_at.is_(None))
    )
    if sealed is None:
        raise NotFound(f"account {account_id} has no passphrase")
    return key_ring.decrypt(sealed, passphrase_context(account_id))


def find_current_sticker(session: Session, account_id: int, record_id: int) -> Sticker | None:
    """The one sticker of a record that is not revoked, or None."""
    return session.scalar(
        select(Sticker).where(
            Sticker.account_id == account_id, Sticker.record_id == record_id, Sticker.revoked_at.is_(None)
        )
    )


def get_current_sticker(session: Session, account_id: int, record_id: int) -> Sticker:
    """The one sticker of a record that is not revoked. Raises NotFound if there is none."""
    sticker = find_current_sticker(session, account_id, record_id)
    if sticker is None:
        raise NotFound(f"record {record_id} has no current sticker")
    return sticker


def get_by_public_id(session: Session, account_id: int, public_id: str) -> Sticker:
    """A sticker of the account, revoked or not. Raises NotFound."""
    sticker = session.scalar(select(Sticker).where(Sticker.account_id == account_id, Sticker.public_id == public_id))
    if sticker is None:
        raise NotFound(f"sticker {public_id}")
    return sticker


def scan_url(sticker: Sticker, passphrase: str, public_url: str) -> str:
    """What the QR of this sticker says, in capitals, sealed with the given passphrase."""
    return tokens.scan_url(public_url, tokens.make_token(sticker.code, passphrase))


@dataclass(frozen=True)
class RotationImpact:
    """What a new passphrase does: stickers that stop working, those of them printed here, those scanned lately."""

    sticker_count: int
    printed_count: int
    scanned_count: int


def rotation_impact(session: Session, account_id: int, *, scanned_since: datetime) -> RotationImpact:
    """Counts over the current stickers of records that are not archived."""
    row = session.execute(
        select(
            func.count(),
            func.count(Sticker.printed_at),
            func.count().filter(Sticker.last_scanned_at >= scanned_since),
        )
        .select_from(Sticker)
        .join(Record, Record.id == Sticker.record_id)
        .where(Sticker.account_id == account_id, Sticker.revoked_at.is_(None), Record.archived_at.is_(None))
    ).one()
    return RotationImpact(*row)


def is_used_passphrase(session: Session, key_ring: KeyRing, account_id: int, text: str) -> bool:
    """Whether the account ever had this passphrase: using it again would revive retired stickers."""
    sealed = session.scalars(select(Passphrase.sealed_text).where(Passphrase.account_id == account_id))
    return any(key_ring.decrypt(one, passphrase_context(account_id)) == text for one in sealed)
