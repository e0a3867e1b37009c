"""Guards: one per audience, run before every view behind it. "Anyone" is a guard too, said out loud."""

from urllib.parse import urlencode

from flask import redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.accounts.permissions import DOORS, Permission
from portal.web.identity import Identity, find_identity


def anyone() -> None:
    """Lets everybody in: the view itself knows what it may show."""


def operator() -> None:
    """Health doors: open, they tell only up or down."""


def signed_in() -> Response | tuple[str, int] | None:
    """Asks for a sign-in, then for the permission that the table of doors names."""
    identity = find_identity()
    if identity is None:
        return redirect(sign_in_address(), 303)
    if not identity.account_id:
        return render_template(
            "errors/page.html",
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
    return None if identity.may(door.permission.name) else refusal(identity, door.permission)


def refusal(identity: Identity, permission: Permission) -> tuple[str, int]:
    """The 403 page: which permission is missing and whom to ask."""
    return render_template(
        "errors/page.html",
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
