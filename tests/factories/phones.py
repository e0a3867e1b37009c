"""Phones that are enrolled already, with their sessions and tokens."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask

from portal.accounts.models import Account
from portal.devices import sessions
from portal.devices.models import Device, DeviceSession
from portal.extensions import db


@dataclass(frozen=True)
class Paired:
    """A phone as tests need it after its rows are gone: ids, and what it holds."""

    device_id: int
    public_id: str
    session_id: int
    refresh_token: str


def make_phone(
    account: Account, user_id: int | None = None, *, now: datetime | None = None, name: str = "Pixel 9", **columns
) -> Paired:
    """A phone of the account; with ``user_id`` somebody is signed in on it."""
    moment = now or datetime.now(UTC)
    device = Device(
        account_id=account.id, name=name, platform="Android", created_at=moment, connected_at=moment, **columns
    )
    db.session.add(device)
    db.session.flush()
    opened = sessions.open_session(db.session(), device=device, user_id=user_id, now=moment)
    db.session.commit()
    return Paired(device.id, device.public_id, opened.device_session.id, opened.refresh_secret)


def access_token(app: Flask, phone: Paired, now: datetime | None = None) -> str:
    """An access token of the phone's session, as the portal issues it."""
    own = app.extensions["portal"]
    row = db.session.get_one(DeviceSession, phone.session_id)
    facts = sessions.facts_of(db.session(), row)
    return sessions.issue(own.key_ring, own.settings.public_url, facts, now or datetime.now(UTC)).access_token
