"""Members of the sticker's own company, who need no passcode: signed in in this browser, or on the phone that it is.

Neither is looked up in the database unless the request carries its cookie.
"""

from dataclasses import dataclass

from flask import current_app, request
from sqlalchemy import Connection

from portal.api.cookies import read_phone
from portal.devices.operations import is_seen_due
from portal.devices.phones import find_phone_by_cookie
from portal.gate.queries import Look
from portal.lib.secrets import digest
from portal.web.context import now, portal
from portal.web.identity import find_identity
from portal.web.scanlog import SeenPhone, scan_log


@dataclass(frozen=True)
class Member:
    """Somebody of the sticker's company. ``pages``: the permissions whose pages this very browser can open; ``home``:
    where they go on."""

    user_id: int
    pages: frozenset[str]
    home: str

    def may_open(self, permission: str) -> bool:
        """Whether a link to a page that asks for this permission leads there."""
        return permission in self.pages


def find_member(connection: Connection, look: Look) -> Member | None:
    """The member of the sticker's company who looks, whichever of their companies they work in now."""
    return _signed_in(look) or _on_phone(connection, look)


def _signed_in(look: Look) -> Member | None:
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return None
    identity = find_identity()
    if identity is None:
        return None
    place = next((place for place in identity.memberships if place.public_id == look.company.public_id), None)
    # Who still has to set up the second step sees nothing more behind a sticker than behind the sign-in.
    if place is None or (place.requires_second_step and not identity.has_second_step):
        return None
    is_here = identity.account_id == look.company.id
    return Member(identity.user_id, identity.permissions if is_here else frozenset(), "/admin/")


def _on_phone(connection: Connection, look: Look) -> Member | None:
    """The person of a paired phone. Its row is read on every look: a revoked phone stands before the gate at once."""
    secret, moment, ip = read_phone(), now(), request.remote_addr or ""
    phone = find_phone_by_cookie(connection, digest(secret), look.company.public_id, moment) if secret else None
    if phone is None or phone.user_id is None:
        return None
    if is_seen_due(portal().key_ring, phone, ip, moment):
        scan_log().add_phone(SeenPhone(phone.device_id, phone.session_id, ip, moment))
    # It opens no page behind the sign-in, so it is shown no way there.
    return Member(phone.user_id, frozenset(), "/app")
