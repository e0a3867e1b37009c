"""Who calls a door of the API, as plain values, whether a browser's session or a phone's token brought them."""

from dataclasses import dataclass

from flask import g
from werkzeug.exceptions import Unauthorized

from portal.audit.operations import Actor

BROWSER = "browser"  # the scope of a signed-in browser; phones have those of devices.models


@dataclass(frozen=True)
class Caller:
    """Somebody in one company. ``user_id`` None and ``permissions`` empty: a paired phone without a person.

    ``session_id`` is the row of the browser's session, or of the phone's; ``device_id`` is None for browsers.
    ``connects_phones``: may connect own phones; known of phones too, whose permissions leave it out.
    """

    account_id: int
    account_public_id: str
    account_name: str
    user_id: int | None
    user_public_id: str
    name: str
    email: str
    role: str
    permissions: frozenset[str]
    session_id: int
    sign_in_name: str = ""
    scope: str = BROWSER
    device_id: int | None = None
    device_public_id: str = ""
    device_name: str = ""
    connects_phones: bool = False

    def may(self, permission: str) -> bool:
        """Whether the caller has the permission of this name."""
        return permission in self.permissions

    @property
    def is_phone(self) -> bool:
        return self.device_id is not None

    @property
    def actor(self) -> Actor:
        """Who stands in the audit: the person, or the phone nobody is signed in on."""
        return Actor(self.user_id, self.name or self.device_name)


def remember(found: Caller) -> None:
    """Keeps who passed the guard, for the view."""
    g.api_caller = found


def find_caller() -> Caller | None:
    """Who calls; None behind an open door."""
    found: Caller | None = g.get("api_caller")
    return found


def caller() -> Caller:
    """Who calls. Behind every door that is not open there is somebody."""
    found = find_caller()
    if found is None:
        raise Unauthorized
    return found
