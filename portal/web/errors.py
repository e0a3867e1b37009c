"""Error pages: every refusal of HTTP becomes a page that says what to do next. Problem details answer under /api."""

import structlog
from flask import Flask, Response, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from portal.errors import NotFound, Refused
from portal.extensions import db

log = structlog.get_logger()

TITLES = {
    400: "This could not be read",
    401: "Sign in first",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This cannot be done here",
    410: "This is gone",
    413: "This is too large",
    415: "This kind of file is not taken",
    429: "Too many tries",
    500: "Something went wrong on our side",
    503: "Not available right now",
}
MESSAGES = {
    400: "Go back, check what you typed, and send it again.",
    401: "Sign in and open the page again.",
    403: "Ask an admin of your company.",
    404: "The address may be mistyped, or what was here has been deleted. Go back and choose again from the list.",
    405: "Open the page from the menu and use its buttons.",
    413: "Send a smaller file: photos may have 10 MB, a CSV file 20 MB.",
    415: "Choose a file of one of the kinds that the page names.",
    429: "Wait a few minutes and try again.",
    500: "Nothing was saved. Try again; if it happens again, tell whoever runs this portal what you did.",
    503: "Nothing was saved. Wait a minute and send it again.",
}
PROGRAM_PREFIXES = ("/api/", "/oauth/", "/.well-known/")


def bind(app: Flask) -> None:
    """Registers one handler per family of faults."""
    app.register_error_handler(CSRFError, on_stale_form)
    app.register_error_handler(HTTPException, on_http_exception)
    app.register_error_handler(NotFound, lambda _fault: error_page(404))
    app.register_error_handler(Refused, lambda fault: error_page(400, fault.sentence))
    app.register_error_handler(OperationalError, on_database_fault)
    app.register_error_handler(Exception, on_fault)


def error_page(status: int, message: str = "") -> Response:
    """The page (or the problem document) for a status."""
    title = TITLES.get(status, "This did not work")
    message = message or MESSAGES.get(status, MESSAGES[400])
    if request.path.startswith(PROGRAM_PREFIXES):
        answer = jsonify(type="about:blank", title=title, status=status, detail=message)
        answer.mimetype = "application/problem+json"
    else:
        page = render_template(
            "errors/page.html",
            status=status,
            title=title,
            message=message,
            action_href="/",
            action_label="To the start",
        )
        answer = Response(page, mimetype="text/html")
    answer.status_code = status
    return answer


def on_stale_form(_fault: CSRFError) -> Response:
    return error_page(
        400,
        "This form was open for too long, or you signed in again meanwhile. "
        "Go back, reload the page and send it again.",
    )


def on_http_exception(fault: HTTPException) -> Response:
    status = fault.code or 500
    if status < 400:
        return fault.get_response()  # type: ignore[return-value]  # a redirect raised by routing
    own_words = fault.description if fault.description and "description" in vars(fault) else ""
    answer = error_page(status, own_words)
    for name, value in fault.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def on_database_fault(fault: OperationalError) -> Response:
    db.session.rollback()
    log.error("database fault", fault=str(fault.orig), path=request.path)
    is_full = "full" in str(fault.orig)
    return error_page(503, "The storage is full: nothing was saved. Tell whoever runs this portal." if is_full else "")


def on_fault(fault: Exception) -> Response:
    db.session.rollback()
    log.error("fault", path=request.path, exc_info=fault)
    return error_page(500)
