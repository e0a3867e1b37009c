"""Records with their stickers and expirations."""

from datetime import UTC, date, datetime

from flask import current_app

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.extensions import db
from portal.records import operations
from portal.records.kinds import BY_NAME
from portal.records.models import Expiration, Record
from portal.stickers import operations as stickers
from portal.stickers import queries


def make_record(account: Account, kind: str = "vehicle", name: str = "Truck 7", **columns) -> Record:
    """A record with its sticker. Columns that no form has (``archived_at``, ``photo_key``) are set as they are."""
    now = datetime.now(UTC)
    fields = {column: value for column, value in columns.items() if column in BY_NAME[kind].columns}
    record = operations.create_record(
        db.session(), account=account, kind=kind, values={"name": name} | fields, now=now, actor=Actor(None, "factory")
    )
    assert isinstance(record, Record), record
    for column in columns.keys() - fields.keys():
        setattr(record, column, columns[column])
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
