"""Error pages: every refusal of HTTP becomes a page that says what to do next, in the reader's language.

Problem details answer under /api, in English: programs read them.
"""

import errno

import structlog
from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from portal.accounts.permissions import DOORS, Door
from portal.api.problems import LARGE_PICTURE, DoesNotFit, InvalidFields, problem
from portal.errors import NotFound, Refused
from portal.extensions import db
from portal.lib.words import marked
from portal.web import languages
from portal.web.logs import door
from portal.web.paths import is_for_programs

log = structlog.get_logger()

TITLES = {
    400: marked("This could not be read"),
    401: marked("Sign in first"),
    403: marked("You may not do this"),
    404: marked("There is nothing here"),
    405: marked("This cannot be done here"),
    410: marked("This is gone"),
    413: marked("This is too large"),
    415: marked("This kind of file is not taken"),
    429: marked("Too many tries"),
    500: marked("Something went wrong on our side"),
    503: marked("Not available right now"),
}
MESSAGES = {
    400: marked("Go back, check what you typed, and send it again."),
    401: marked("Sign in and open the page again."),
    403: marked("Ask an admin of your company."),
    404: marked(
        "The address may be mistyped, or what was here has been deleted. Go back and choose again from the list."
    ),
    405: marked("Open the page from the menu and use its buttons."),
    413: marked("Send a smaller file: photos may have 10 MB, a CSV file 20 MB."),
    415: marked("Choose a file of one of the kinds that the page names."),
    429: marked("Wait a few minutes and try again."),
    500: marked("Nothing was saved. Try again; if it happens again, tell whoever runs this portal what you did."),
    503: marked("Nothing was saved. Wait a minute and send it again."),
}
FULL = marked("The storage is full: nothing was saved. Tell whoever runs this portal.")


def bind(app: Flask) -> None:
    """Registers one handler per family of faults."""
    app.register_error_handler(CSRFError, on_stale_form)
    app.register_error_handler(HTTPException, on_http_exception)
    app.register_error_handler(NotFound, lambda _fault: error_page(404))
    app.register_error_handler(Refused, lambda fault: error_page(400, fault.sentence))
    app.register_error_handler(OperationalError, on_database_fault)
    app.register_error_handler(DataError, on_impossible_text)
    app.register_error_handler(Exception, on_fault)


def error_page(status: int, message: str = "") -> Response:
    """The page (or the problem document) for a status."""
    if is_for_programs(request.path):
        takes_picture = DOORS.get(request.endpoint or "", Door()).files
        return problem(status, message or (LARGE_PICTURE if status == 413 and takes_picture else ""))
    title = TITLES.get(status, marked("This did not work"))
    message = message or MESSAGES.get(status, MESSAGES[400])
    g.is_error_page = True  # the layout asks the database nothing: it may be what failed
    words = languages.words()
    page = render_template(
        "errors/page.html",
        status=status,
        title=words.say(title),
        message=words.say(message),
        action_href="/",
        words=words,
        switches=languages.switches() if languages.has_switch() else [],
    )
    answer = Response(page, status, mimetype="text/html")
    languages.mark(answer)
    return answer


def on_stale_form(_fault: CSRFError) -> Response:
    return error_page(
        400,
        marked(
            "This form was open for too long, or you signed in again or changed the company meanwhile. "
            "Go back, reload the page and send it again."
        ),
    )


def on_http_exception(fault: HTTPException) -> Response:
    status = fault.code or 500
    if status < 400:
        return fault.get_response()  # type: ignore[return-value]  # a redirect raised by routing
    own_words = fault.description if fault.description and "description" in vars(fault) else ""
    if isinstance(fault, DoesNotFit):
        answer = problem(status, own_words, errors=fault.errors, reason=fault.reason)
    elif isinstance(fault, InvalidFields):
        answer = problem(status, own_words, errors=fault.errors)
    else:
        answer = error_page(status, own_words)
    for name, value in fault.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def on_database_fault(fault: OperationalError) -> Response:
    db.session.rollback()
    log.error("database fault", fault=str(fault.orig), door=door())
    # SQLite's words, and the system's as PostgreSQL repeats them.
    is_full = any(words in str(fault.orig) for words in ("disk is full", "No space left"))
    return error_page(503, FULL if is_full else "")


def on_impossible_text(fault: DataError) -> Response:
    """Text that no page of ours sends and no column can hold, such as a NUL in PostgreSQL."""
    db.session.rollback()
    log.warning("impossible text", fault=type(fault.orig).__name__, door=door())
    return error_page(400)


def on_fault(fault: Exception) -> Response:
    db.session.rollback()
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
        log.error("storage full", fault=str(fault), door=door())
        return error_page(503, FULL)
    log.error("fault", door=door(), exc_info=fault)
    return error_page(500)
