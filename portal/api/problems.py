"""Problem documents (RFC 9457): every refusal that a program or a phone reads is one, in English."""

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import Conflict, UnprocessableEntity

PROBLEM_JSON = "application/problem+json"

Errors = dict[str, list[str]]

TITLES = {
    400: "This could not be read",
    401: "Sign in first",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "This does not fit what is there",
    410: "This is gone",
    413: "This is too large",
    415: "This kind of content is not taken",
    422: "Some fields are not right",
    429: "Too many tries",
    500: "Something went wrong on our side",
    503: "Not available right now",
}
DETAILS = {
    400: "Check what you send against the description at /api/v1/openapi.json.",
    401: "Send a bearer token, or sign in with POST /api/v1/session.",
    403: "Ask an admin of your company for the permission.",
    404: "The address may be mistyped, or what was here has been deleted.",
    405: "The header Allow names the methods that this address takes.",
    413: "Send less: JSON may have 1 MB, and 64 kB where nobody is signed in.",
    415: "Send the kind of content that the description at /api/v1/openapi.json names, usually application/json.",
    429: "Wait as long as the header Retry-After says, in seconds, and try again.",
    500: "Nothing was saved. Try again; if it happens again, tell whoever runs this portal what you did.",
    503: "Nothing was saved. Wait a minute and send it again.",
}


LARGE_PICTURE = "Send a smaller picture: it may have 1 MB."


class InvalidFields(UnprocessableEntity):
    """A body or query whose fields are not right: field -> sentences. Nested ones are named 'device.name'."""

    def __init__(self, errors: Errors) -> None:
        super().__init__("The field errors says what to correct.")
        self.errors = errors


class DoesNotFit(Conflict):
    """Fields that are as described and still do not fit what is there: an unknown person, a day that is past."""

    reason = "does_not_fit"

    def __init__(self, errors: Errors) -> None:
        super().__init__("The field errors says what does not fit.")
        self.errors = errors


def problem(status: int, detail: str = "", *, errors: Errors | None = None, **more: Any) -> Response:
    """The document for a status; ``more`` are members of its own, such as ``reason``. Views return it."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "This did not work"),
        "status": status,
        "detail": detail or DETAILS.get(status, DETAILS[400]),
    }
    if errors:
        body["errors"] = errors
    answer = jsonify(body | more)
    answer.mimetype = PROBLEM_JSON
    answer.status_code = status
    return answer
