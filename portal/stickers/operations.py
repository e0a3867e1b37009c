"""Verbs on stickers and passphrases."""

from datetime import datetime, timedelta

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from portal.lib.sealing import KeyRing
from portal.records.models import Record
from portal.records.operations import lock_account
from portal.stickers import tokens
from portal.stickers.models import Passphrase, Sticker
from portal.stickers.queries import find_current_sticker, passphrase_context


def issue(session: Session, *, account_id: int, record_id: int, now: datetime) -> Sticker:
    """The sticker of a new record, made in the transaction that makes the record."""
    sticker = Sticker(account_id=account_id, record_id=record_id, code=tokens.make_code(), created_at=now)
    session.add(sticker)
    session.flush()
    return sticker


def issue_missing(session: Session, *, account_id: int, now: datetime) -> int:
    """Stickers for every record of the account that has no current one, as after an import. Returns how many."""
    has_one = exists().where(Sticker.record_id == Record.id, Sticker.revoked_at.is_(None))
    ids = session.scalars(select(Record.id).where(Record.account_id == account_id, ~has_one)).all()
    shared = {"account_id": account_id, "created_at": now}
    rows = [{"record_id": record_id, "code": tokens.make_code(), **shared} for record_id in ids]
    if rows:
        session.execute(insert(Sticker), rows)
    return len(ids)


def revoke(session: Session, sticker: Sticker, *, now: datetime) -> None:
    """The sticker stops working for good; a second revocation keeps the first moment."""
    sticker.revoked_at = sticker.revoked_at or now
    session.flush()


def replace(session: Session, *, account_id: int, record_id: int, now: datetime) -> Sticker:
    """A new sticker for the record; the current one, if there is one, is revoked. Of two at once, one waits."""
    lock_account(session, account_id)
    current = find_current_sticker(session, account_id, record_id)
    if current is not None:
        revoke(session, current, now=now)
    return issue(session, account_id=account_id, record_id=record_id, now=now)


def revoke_all_for_record(session: Session, account_id: int, record_id: int, now: datetime) -> int:
    """Before a record is deleted: its stickers stay known, revoked and without it. Returns how many were in use."""
    own = (Sticker.account_id == account_id, Sticker.record_id == record_id)
    in_use = session.execute(
        update(Sticker).where(*own, Sticker.revoked_at.is_(None)).values(revoked_at=now).returning(Sticker.id)
    ).all()
    session.execute(update(Sticker).where(*own).values(record_id=None))
    return len(in_use)


def set_passphrase(
    session: Session, key_ring: KeyRing, *, account_id: int, text: str, now: datetime, overlap: timedelta = timedelta(0)
) -> Passphrase:
    """Makes ``text`` the account's passphrase and retires all before it, at once or after ``overlap``.

    Earlier overlaps that would last longer are cut: "at once" means every sticker that is out. Of two rotations at
    the same moment, one waits for the other.
    """
    lock_account(session, account_id)
    session.execute(
        update(Passphrase)
        .where(Passphrase.account_id == account_id, Passphrase.honoured_until > now + overlap)
        .values(honoured_until=now + overlap)
    )
    old = session.scalar(select(Passphrase).where(Passphrase.account_id == account_id, Passphrase.retired_at.is_(None)))
    if old is not None:
        old.retired_at = now
        old.honoured_until = now + overlap if overlap else None
        session.flush()
    new = Passphrase(
        account_id=account_id, sealed_text=key_ring.encrypt(text, passphrase_context(account_id)), created_at=now
    )
    session.add(new)
    session.flush()
    return new
