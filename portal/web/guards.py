"""Guards: one per audience, run before every view behind it. "Anyone" is a guard too, said out loud."""

from urllib.parse import urlencode

from flask import redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.accounts.permissions import DOORS, Permission
from portal.web import confirming
from portal.web.context import now
from portal.web.identity import Identity, find_identity, follow_rights

# Where somebody who must set up the second step first may go; signing out stands before another guard.
BEFORE_SECOND_STEP = frozenset(
    ("admin.second_step.show", "admin.second_step.turn_on", "admin.profile.confirm", "admin.profile.switch_account")
)


def anyone() -> None:
    """Lets everybody in: the view itself knows what it may show."""


def operator() -> None:
    """Health doors: open, they tell only up or down."""


def signed_in() -> Response | tuple[str, int] | None:
    """Asks for a sign-in, then for what the table of doors names: the permission, and a fresh sign-in."""
    identity = find_identity()
    if identity is None:
        return redirect(sign_in_address(), 303)
    if not identity.account_id:
        return render_template(
            "errors/stopped.html",
            status=403,
            title="You are in no company",
            message=f"{identity.email} was removed from its company. Ask one of its admins for an invitation link.",
            action_href="/sign-in",
            action_label="Sign in as somebody else",
        ), 403
    door = DOORS.get(request.endpoint or "")
    # PostgreSQL faults on a NUL in a text, and no id has one.
    if door is None or door.permission is None or "\0" in request.path:
        raise NotFound
    identity = follow_rights(identity)
    if not identity.may(door.permission.name):
        return refusal(identity, door.permission)
    if identity.must_set_up_second_step and request.endpoint not in BEFORE_SECOND_STEP:
        return redirect("/admin/profile/second-step", 303)
    return confirming.ask(identity) if door.fresh and not identity.is_fresh(now()) else None


def refusal(identity: Identity, permission: Permission) -> tuple[str, int]:
    """The 403 page: which permission is missing and whom to ask."""
    return render_template(
        "errors/stopped.html",
        status=403,
        title="You may not open this page",
        message=f"It needs the permission \u201c{permission.label}\u201d. "
        f"Ask an admin of {identity.account_name} to grant it to you under Settings, People.",
        action_href="/admin/",
        action_label="Back to the start",
    ), 403


def sign_in_address() -> str:
    """The sign-in page, coming back here afterwards when here is a page that can be opened again."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return "/sign-in" + (f"?{urlencode({'next': back})}" if back not in ("", "/", "/admin/") else "")
