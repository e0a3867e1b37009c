"""What stands in the QR codes that phones scan in these tests."""

from flask import current_app

from portal.accounts.models import Account
from portal.enrollment.payloads import link


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
