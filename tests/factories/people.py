"""Accounts and the people in them."""

from datetime import UTC, datetime
from functools import lru_cache

from flask import current_app

from portal.accounts.models import ADMIN, Account, Membership, User
from portal.extensions import db
from portal.gate import operations as gate
from portal.lib.passwords import hash_password
from tests.client import PASSWORD

PASSCODE = "4826"


@lru_cache
def _hash(password: str) -> str:
    return hash_password(password)


def make_account(
    name: str = "North Yard Haulage", *, passcode: str = PASSCODE, country: str = "US", timezone: str = "UTC", **columns
) -> Account:
    """A company with passphrase and passcode."""
    account = gate.open_account(
        db.session(),
        current_app.extensions["portal"].key_ring,
        name=name,
        country=country,
        timezone=timezone,
        passcode=passcode,
        now=datetime.now(UTC),
    )
    for column, value in columns.items():
        setattr(account, column, value)
    db.session.commit()
    return account


def make_user(email: str = "ada@example.com", *, name: str = "Ada Admin", password: str = PASSWORD) -> User:
    user = User(email=email, name=name, password_hash=_hash(password), created_at=datetime.now(UTC))
    db.session.add(user)
    db.session.commit()
    return user


def make_member(
    account: Account, email: str = "ada@example.com", *, role: str = ADMIN, permissions: list[str] | None = None, **user
) -> Membership:
    """A person in an account; an admin unless said otherwise."""
    membership = Membership(
        account_id=account.id,
        user=make_user(email, **user),
        role=role,
        permissions=permissions or [],
        created_at=datetime.now(UTC),
    )
    db.session.add(membership)
    db.session.commit()
    return membership
