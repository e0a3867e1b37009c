"""Reads of the gate, always within one account."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.gate.models import Passcode
from portal.lib.sealing import KeyRing


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
    return key_ring.decrypt(row.sealed_text, passcode_context(row.account_id)) if row.sealed_text else ""
