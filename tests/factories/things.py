"""Records with their stickers and expirations."""

from datetime import UTC, date, datetime

from flask import current_app

from portal.accounts.models import Account
from portal.extensions import db
from portal.records.models import Expiration, Record
from portal.stickers import operations as stickers
from portal.stickers import queries


def make_record(account: Account, kind: str = "vehicle", name: str = "Truck 7", **columns) -> Record:
    """A record with its sticker."""
    now = datetime.now(UTC)
    record = Record(
        account_id=account.id,
        kind=kind,
        name=name,
        name_key=name.casefold(),
        search_text=name.casefold(),
        created_at=now,
        updated_at=now,
        **columns,
    )
    record.tag_key = record.tag.casefold() if record.tag else None
    db.session.add(record)
    db.session.flush()
    stickers.issue(db.session(), account_id=account.id, record_id=record.id, now=now)
    db.session.commit()
    return record


def make_expiration(
    record: Record, what: str = "registration", expires_on: date = date(2030, 1, 1), warn_days: int = 30
) -> Expiration:
    expiration = Expiration(
        account_id=record.account_id,
        record_id=record.id,
        what=what,
        expires_on=expires_on,
        warn_days=warn_days,
        created_at=datetime.now(UTC),
    )
    db.session.add(expiration)
    db.session.flush()
    record.next_expires_on = min(filter(None, (record.next_expires_on, expires_on)))
    record.next_warns_on = min(filter(None, (record.next_warns_on, expiration.warns_on)))
    db.session.commit()
    return expiration


def scan_path(record: Record) -> str:
    """The path of a record's scan address, as printed: '/Q/...'."""
    parts = current_app.extensions["portal"]
    session = db.session()
    sticker = queries.get_current_sticker(session, record.account_id, record.id)
    url = queries.scan_url(
        sticker, queries.get_passphrase(session, parts.key_ring, record.account_id), parts.settings.public_url
    )
    return url[url.index("/Q/") :]
