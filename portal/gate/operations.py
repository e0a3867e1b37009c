"""Verbs of the gate."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.gate.models import Passcode
from portal.gate.queries import get_passcode_row, passcode_context
from portal.lib.sealing import KeyRing
from portal.records.operations import lock_account
from portal.stickers import operations as stickers
from portal.stickers import tokens


def open_account(
    session: Session, key_ring: KeyRing, *, name: str, country: str, timezone: str, passcode: str, now: datetime
) -> Account:
    """A new company, ready to work: its passphrase generated, its passcode as given ('' leaves it unassigned)."""
    account = Account(name=name, country=country, timezone=timezone, created_at=now)
    session.add(account)
    session.flush()
    stickers.set_passphrase(session, key_ring, account_id=account.id, text=tokens.make_passphrase(), now=now)
    session.add(Passcode(account_id=account.id, sealed_text="", changed_at=now))
    session.flush()
    if passcode:
        set_passcode(session, key_ring, account_id=account.id, code=passcode, now=now)
    return account


def set_passcode(session: Session, key_ring: KeyRing, *, account_id: int, code: str, now: datetime) -> Passcode:
    """Stores a checked code ('' unassigns it). Its budget of guesses is new, and all gate passes are void."""
    lock_account(session, account_id)
    row = get_passcode_row(session, account_id)
    session.refresh(row)  # the generations count from what another admin has just saved
    row.sealed_text = key_ring.encrypt(code, passcode_context(account_id)) if code else ""
    row.generation += 1
    row.pass_generation += 1
    row.changed_at = now
    session.flush()
    return row
