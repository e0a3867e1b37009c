"""What stands in the QR codes that phones scan in these tests."""

from datetime import UTC, datetime, timedelta

from flask import current_app

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.enrollment import grants
from portal.enrollment.code_drafts import Draft
from portal.enrollment.models import CREATE_DEVICE
from portal.enrollment.payloads import link
from portal.extensions import db


def scanned(account: Account, kind: str, secret: str, *, username: str = "", public_url: str = "") -> str:
    """The link of a QR code of this account, as the portal draws it."""
    return link(
        public_url or current_app.extensions["portal"].settings.public_url,
        kind=kind,
        secret=secret,
        account_name=account.name,
        account_public_id=account.public_id,
        username=username,
    )


def fleet_token(account: Account) -> grants.Made:
    """A provisioning token for many phones that nobody owns."""
    now = datetime.now(UTC)
    draft = Draft("Ten tablets", CREATE_DEVICE, expires_at=now + timedelta(days=30), max_uses=10, is_fleet=True)
    made = grants.make_provisioning(db.session(), account_id=account.id, draft=draft, actor=Actor(None, "Ada"), now=now)
    assert isinstance(made, grants.Made), made
    db.session.commit()
    return made
