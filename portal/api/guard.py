"""The guard of the doors for programs: a phone's bearer token, or a browser's session with its CSRF token.

When both are sent the bearer token counts: an app that runs in a signed-in browser acts as its phone. What a caller by
cookie must pass is what ``web.guards`` asks on pages, in the same order.
"""

from flask import Response, current_app, request
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import NotFound
from wtforms import ValidationError

from portal.accounts.permissions import DOORS, MOBILE_APP, Door, Permission
from portal.api.blueprints import BY_STANDARDS
from portal.api.callers import Caller, remember
from portal.api.phones import find_phone, unauthorised
from portal.api.problems import problem
from portal.api.reading import refuse_undescribed
from portal.web.context import now
from portal.web.identity import Identity, find_identity, follow_rights
from portal.web.paths import SAFE_METHODS

# Where somebody who must set up the second step first may go.
BEFORE_SECOND_STEP = frozenset(("api.session.show", "api.session.sign_out"))


def knock() -> Response | None:
    """Lets in whoever the table of doors names, and keeps who it was for the view (``callers.caller``)."""
    door = DOORS.get(request.endpoint or "")
    if door is None:
        raise NotFound
    if request.method == "OPTIONS":
        return _name_methods()
    refused = None if door.open else _admit(door)
    if refused is None and str(request.endpoint).partition(".")[0] not in BY_STANDARDS:
        refuse_undescribed()
    return refused


def _name_methods() -> Response:
    """What the address takes, without the framework's empty page (RFC 9110, section 9.3.7)."""
    answer = current_app.make_default_options_response()
    del answer.headers["Content-Type"]
    return answer


def _admit(door: Door) -> Response | None:
    if "Authorization" in request.headers:
        return _admit_phone(door)
    if door.paired:
        return unauthorised("Pair this phone first: this address takes a phone's bearer token.", "token_required")
    return _admit_browser(door)


def missing(found: Caller, permission: Permission) -> Response:
    """A 403 that names the permission and whom to ask."""
    company = found.account_name
    detail = f"It needs the permission \u201c{permission.label}\u201d. Ask an admin of {company} to grant it."
    return problem(403, detail, reason="permission_missing", permission=permission.name)


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
        if not _may(found, door, wanted):
            return missing(found, wanted)
    remember(found)
    return None


def _admit_browser(door: Door) -> Response | None:
    identity = find_identity()
    if identity is None:
        return unauthorised()
    if not identity.account_id:
        detail = "You were removed from your company. Ask one of its admins for an invitation link."
        return problem(403, detail, reason="no_company")
    stale = _refuse_stale_token()
    if stale is not None:
        return stale
    if door.permission is None:
        raise NotFound
    identity = follow_rights(identity)
    found = _browser_caller(identity)
    if not _may(found, door, door.permission):
        return missing(found, door.permission)
    if identity.must_set_up_second_step and request.endpoint not in BEFORE_SECOND_STEP:
        detail = "Your company asks for a second step. Set it up first, at /admin/profile/second-step."
        return problem(403, detail, reason="second_step_required")
    if door.fresh and not identity.is_fresh(now()):
        detail = "This needs your password, typed a short while ago. Sign in again with POST /api/v1/session."
        return problem(403, detail, reason="fresh_sign_in_required")
    remember(found)
    return None


def _may(found: Caller, door: Door, wanted: Permission) -> bool:
    return found.may(wanted.name) or (door.own and found.connects_phones)


def _browser_caller(identity: Identity) -> Caller:
    return Caller(
        account_id=identity.account_id,
        account_public_id=identity.account_public_id,
        account_name=identity.account_name,
        user_id=identity.user_id,
        user_public_id=identity.user_public_id,
        name=identity.name,
        email=identity.email,
        role=identity.role,
        permissions=identity.permissions,
        session_id=identity.session_id,
        connects_phones=MOBILE_APP.name in identity.permissions,
    )


def _refuse_stale_token() -> Response | None:
    """The 403 of an unsafe method without the session's CSRF token in its header; None when all is well."""
    if request.method in SAFE_METHODS:
        return None
    try:
        validate_csrf(request.headers.get("X-CSRFToken") or request.headers.get("X-CSRF-Token", ""))
    except ValidationError:
        detail = "Send this session's CSRF token in the header X-CSRFToken. GET /api/v1/session gives it."
        return problem(403, detail, reason="csrf_token_required")
    return None
