"""What every request goes through before its view: the body is read, reads are marked, tokens and origins checked."""

from urllib.parse import urlsplit

from flask import Flask, redirect, request
from werkzeug.exceptions import Forbidden, NotFound, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from portal.accounts.permissions import DOORS
from portal.database import set_reading
from portal.extensions import csrf
from portal.lib.words import marked
from portal.web.context import portal
from portal.web.paths import SAFE_METHODS, is_for_programs

# What a form may weigh, in bytes. A body with a file is held to the application's own limit.
SMALL_FORM = 64_000  # some lines of text, from anybody
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LARGE_FORM = 1_000_000  # forty thousand chosen records, from somebody signed in


def bind(app: Flask) -> None:
    """Registers the steps, in this order."""
    app.before_request(correct_address)
    app.before_request(refuse_nul)
    app.before_request(read_body)
    app.before_request(refuse_foreign_origin)
    app.before_request(check_token)
    app.before_request(refuse_json)


def correct_address() -> Response | None:
    """Leads to the address that was meant (``/admin`` to ``/admin/``) by its path alone.

    The framework would put the Host that the request claims in front, and asks no error handler about it.
    """
    if not isinstance(request.routing_exception, RequestRedirect):
        return None
    parts = urlsplit(request.routing_exception.new_url)
    path = "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
    return redirect(path, request.routing_exception.code)


def refuse_nul() -> None:
    """No address of ours holds a NUL, and PostgreSQL refuses to look for one. Forms have their texts cleaned.

    Programs are told which field of the query it stands in (``api.reading``).
    """
    query = () if is_for_programs(request.path) else request.args.items(multi=True)
    if "\0" in request.path or any("\0" in value for _, value in query):
        raise NotFound


def read_body() -> None:
    """Takes the whole body from the wire before any transaction begins: a slow phone must not hold the write lock."""
    is_safe = request.method in SAFE_METHODS
    set_reading(is_safe)
    if not is_safe:
        limit_body()
        if is_for_programs(request.path) and request.mimetype not in FORMS:
            request.get_data(cache=True)
        else:
            _ = request.form
        refuse_the_rest()


def limit_body() -> None:
    """Bounds what this door reads before it reads anything; more is a 413.

    Only the encoding for files is held to the application's limit, since the framework spools those to the disk and
    takes 500 kB of text beside them; the other one it reads into memory at once.
    """
    door = DOORS.get(request.endpoint or "")
    if door is None or not door.files or request.mimetype != "multipart/form-data":
        is_large = door is not None and (door.permission or (door.files and is_for_programs(request.path)))
        request.max_content_length = LARGE_FORM if is_large else SMALL_FORM


def refuse_the_rest() -> None:
    """The framework cuts a body without a length (in chunks) at the limit and says nothing: half a form is no form."""
    is_open = request.content_length is None and request.environ.get("wsgi.input_terminated")
    is_read = request.mimetype == "application/x-www-form-urlencoded" or is_for_programs(request.path)
    if is_open and is_read and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge


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
        raise Forbidden(marked("This form was sent from another site. Open the page here and try again."))


def check_token() -> None:
    """Demands the CSRF token on every form but those that the table of doors exempts. No door asks for none.

    Programs send none in their bodies: their guard asks for it in a header when the caller came by cookie.
    """
    if request.method in SAFE_METHODS or request.routing_exception is not None or is_for_programs(request.path):
        return
    door = DOORS.get(request.endpoint or "")
    if door is None or door.csrf:
        csrf.protect()


def refuse_json() -> None:
    """A page reads forms. The form library would take JSON in their place, and with it numbers where text belongs."""
    door = DOORS.get(request.endpoint or "")
    if is_for_programs(request.path):
        return
    if door is not None and door.csrf and request.is_json and request.method not in SAFE_METHODS:
        raise UnsupportedMediaType("This page takes its own form only. Open it from the menu and use its buttons.")
