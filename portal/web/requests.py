"""What every request goes through before its view: the body is read, reads are marked, tokens and origins checked."""

from flask import Flask, request
from werkzeug.exceptions import Forbidden

from portal.accounts.permissions import DOORS
from portal.database import set_reading
from portal.extensions import csrf
from portal.web.context import portal

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


def bind(app: Flask) -> None:
    """Registers the steps, in this order."""
    app.before_request(read_body)
    app.before_request(refuse_foreign_origin)
    app.before_request(check_token)


def read_body() -> None:
    """Takes the whole form from the wire before any transaction begins: a slow phone must not hold the write lock."""
    is_safe = request.method in SAFE_METHODS
    set_reading(is_safe)
    if not is_safe:
        _ = request.form


def refuse_foreign_origin() -> None:
    """A form of another site is refused. Browsers say where a form comes from; programs that say nothing may pass.

    Where the page's policy is no-referrer, browsers send the Origin "null" with its own forms (Fetch, section 3.2):
    it counts as our own only if Sec-Fetch-Site says so too, since any sandboxed frame can send it.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own: tuple[str | None, ...] = (None, portal().settings.public_url, f"{request.scheme}://{request.host}")
    if site in ("same-origin", "none"):
        own += ("null",)
    if site == "cross-site" or origin not in own:
        raise Forbidden("This form was sent from another site. Open the page here and try again.")


def check_token() -> None:
    """Demands the CSRF token on every form but those that the table of doors exempts."""
    if request.method in SAFE_METHODS:
        return
    door = DOORS.get(request.endpoint or "")
    if door is None or door.csrf:
        csrf.protect()
