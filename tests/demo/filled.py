"""What the tests of the demo company share: filling at one moment, and reading what is there."""

from datetime import UTC, datetime

import sqlalchemy as sa
from flask import current_app

from portal.accounts.models import Account
from portal.demo import staff
from portal.demo.filling import DemoSignIn, fill
from portal.extensions import db
from portal.records.models import Record

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def fill_now(now: datetime = NOW) -> DemoSignIn:
    parts = current_app.extensions["portal"]
    filled = fill(db.session(), parts.key_ring, parts.photos, now=now)
    assert isinstance(filled, DemoSignIn)
    db.session.commit()
    return filled


def records(account: Account) -> list[Record]:
    return list(db.session.scalars(sa.select(Record).where(Record.account_id == account.id).order_by(Record.id)))


def the_account() -> Account:
    return db.session.scalars(sa.select(Account).where(Account.name == staff.COMPANY)).one()


def empty_database() -> None:
    """Removes all rows and starts the numbering of ids again."""
    db.session.remove()
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            names = ", ".join(f'"{name}"' for name in db.metadata.tables)
            connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
            return
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        # The audit forbids deletion by triggers: they step aside and come back in this transaction.
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'"
        triggers = connection.exec_driver_sql(found).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())
        for _, statement in triggers:
            connection.exec_driver_sql(statement)
