"""The guard of the doors for programs: a phone's bearer token, or a browser's session with its CSRF token.

When both are sent the bearer token counts: an app that runs in a signed-in browser acts as its phone. What a caller by
cookie must pass is what ``web.guards`` asks on pages, in the same order.
"""

from flask import Response, request
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import NotFound
from wtforms import ValidationError

from portal import database
from portal.accounts.permissions import DOORS, Door, Permission
from portal.api.callers import Caller, remember
from portal.api.problems import problem
from portal.devices import sessions, tokens
from portal.extensions import db
from portal.web.context import now, portal
from portal.web.identity import Identity, find_identity, follow_rights
from portal.web.paths import SAFE_METHODS

# What to do about a phone's token that was good once; the words are devices.sessions' reasons.
ENDED = {
    "revoked": "This device's access was revoked. Ask an admin of your company for a new QR code and scan it.",
    "suspended": "This device is suspended. Ask an admin of your company.",
    "pending_approval": "This device waits for an admin of your company to approve it.",
    "account_locked": "The company or the person of this device is locked. Ask an admin of your company.",
    "key_rotated": "The company replaced its QR code. Scan the new one.",
    "expired": "This token is over. Get a new one at /oauth/token, or scan a new QR code.",
    "invalid": "This token is not right.",
}
# An end for good: what the phone keeps of the company goes with it (Clear-Site-Data, section 3.1).
FOR_GOOD = frozenset(("revoked",))


def knock() -> Response | None:
    """Lets in whoever the table of doors names, and keeps who it was for the view (``callers.caller``)."""
    door = DOORS.get(request.endpoint or "")
    if door is None:
        raise NotFound
    if door.open or request.method == "OPTIONS":
        return None
    if "Authorization" in request.headers:
        return _admit_phone(door)
    if door.paired:
        return unauthorised("Pair this phone first: this address takes a phone's bearer token.", "token_required")
    return _admit_browser(door)


def _admit_phone(door: Door) -> Response | None:
    found = find_phone()
    if not isinstance(found, Caller):
        return found
    wanted = door.permission
    if not door.paired:
        if not door.phone or wanted is None or wanted.mints or door.fresh:
            return problem(403, "No phone may do this. Sign in on a computer.", reason="not_for_phones")
        if found.user_id is None:
            return problem(403, "Sign in on this phone first: POST /api/v1/app/sign-in.", reason="person_required")
        if not found.may(wanted.name):
            return missing(found, wanted)
    remember(found)
    return None


def _admit_browser(door: Door) -> Response | None:
    identity = find_identity()
    if identity is None:
        return unauthorised()
    if not identity.account_id:
        return problem(403, "You were removed from your company. Ask one of its admins for an invitation link.")
    stale = refuse_stale_token()
    if stale is not None:
        return stale
    identity = follow_rights(identity)
    found = browser_caller(identity)
    if door.permission is None:
        raise NotFound
    if not found.may(door.permission.name):
        return missing(found, door.permission)
    if identity.must_set_up_second_step:
        detail = "Your company asks for a second step. Set it up first, at /admin/profile/second-step."
        return problem(403, detail, reason="second_step_required")
    if door.fresh and not identity.is_fresh(now()):
        detail = "This needs your password, typed a short while ago. Sign in again with POST /api/v1/session."
        return problem(403, detail, reason="fresh_sign_in_required")
    remember(found)
    return None


def find_phone() -> Caller | Response:
    """The phone of the request's bearer token, or the 401 to answer. Every token that is not right is logged."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        return unauthorised("Send the header Authorization with a bearer token.", "invalid")
    own = portal()
    claims = tokens.read(own.key_ring, own.settings.public_url, text.strip(), now())
    if isinstance(claims, tokens.Forged):
        return _ended("expired" if claims.reason == "expired" else "invalid")
    with database.reading(), db.engine.connect() as connection:
        found = sessions.find_phone(connection, claims, now())
    if isinstance(found, sessions.Refusal):
        return _ended(found.reason)
    return Caller(
        account_id=found.account_id,
        account_public_id=found.account_public_id,
        account_name=found.account_name,
        user_id=found.user_id,
        name=found.user_name,
        email=found.email,
        role=found.role,
        permissions=found.permissions,
        session_id=found.session_id,
        scope=found.scope,
        device_id=found.device_id,
        device_public_id=found.device_public_id,
        device_name=found.device_name,
    )


def browser_caller(identity: Identity) -> Caller:
    """The signed-in person as a caller."""
    return Caller(
        account_id=identity.account_id,
        account_public_id=identity.account_public_id,
        account_name=identity.account_name,
        user_id=identity.user_id,
        name=identity.name,
        email=identity.email,
        role=identity.role,
        permissions=identity.permissions,
        session_id=identity.session_id,
    )


def refuse_stale_token() -> Response | None:
    """The 403 of an unsafe method without the session's CSRF token in its header; None when all is well."""
    if request.method in SAFE_METHODS:
        return None
    try:
        validate_csrf(request.headers.get("X-CSRFToken", ""))
    except ValidationError:
        detail = "Send this session's CSRF token in the header X-CSRFToken. GET /api/v1/session gives it."
        return problem(403, detail, reason="csrf_token_required")
    return None


def unauthorised(detail: str = "", reason: str = "sign_in_required", error: str = "") -> Response:
    """A 401 that says how to come in (RFC 6750, section 3)."""
    answer = problem(401, detail, reason=reason)
    answer.headers["WWW-Authenticate"] = f'Bearer error="{error}"' if error else "Bearer"
    return answer


def missing(found: Caller, permission: Permission) -> Response:
    """A 403 that names the permission and whom to ask."""
    company = found.account_name
    detail = f"It needs the permission \u201c{permission.label}\u201d. Ask an admin of {company} to grant it."
    return problem(403, detail, reason="permission_missing", permission=permission.name)


def _ended(reason: str) -> Response:
    answer = unauthorised(ENDED.get(reason, ENDED["invalid"]), reason, "invalid_token")
    if reason in FOR_GOOD:
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
