"""Between the two steps of signing in: the password was right, the code is not typed yet, and there is no session.

The browser keeps in its signed cookie who that is, for 10 minutes (NIST SP 800-63B, 5.1.3.2). A password changed
meanwhile voids it.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import redirect
from flask import session as cookie
from werkzeug.wrappers import Response

from portal.accounts import queries
from portal.web.context import now, portal, short_read

KEPT_FOR = timedelta(minutes=10)
_KEY = "second_step"


@dataclass(frozen=True)
class Waiting:
    """Who is to type a code, where they go then, and the company to begin in (None: the last one)."""

    credentials: queries.Credentials
    onward: str
    account_id: int | None


def wait_for_code(credentials: queries.Credentials, onward: str, account_id: int | None = None) -> Response:
    """Leads to the page that asks for the code."""
    cookie[_KEY] = {
        "user": credentials.user_id,
        "at": int(now().timestamp()),
        "mark": _mark(credentials),
        "onward": onward,
        "account": account_id,
    }
    return redirect("/sign-in/code", 303)


def find() -> Waiting | None:
    """Who this browser's code is for, or None when nobody's is expected any more."""
    kept = cookie.get(_KEY)
    if kept is None or now().timestamp() - kept["at"] > KEPT_FOR.total_seconds():
        return None
    with short_read() as reading:
        found = queries.find_credentials_by_id(reading, kept["user"])
    if found is None or not found.has_second_step or kept["mark"] != _mark(found):
        return None
    return Waiting(found, kept["onward"], kept["account"])


def _mark(credentials: queries.Credentials) -> str:
    """Stands for the password hash in the cookie, which the browser can read."""
    return portal().key_ring.sign("second-step", f"{credentials.user_id} {credentials.password_hash}")
