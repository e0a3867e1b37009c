"""A fresh sign-in before doors that matter: the password, and the second step's code, typed again.

A page is opened after ``/admin/confirm-sign-in``. A form is kept: the guard answers with a page that holds what was
typed and asks for the password; sent again to the same address, the guard takes the password and the view the rest.
"""

from urllib.parse import urlencode

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from portal.accounts import operations
from portal.web import identity, proving
from portal.web.context import now, session
from portal.web.identity import Identity

PASSWORD = "confirm_password"  # noqa: S105  the name of a field
CODE = "confirm_code"
WRONG = "That is not your password."


def ask(me: Identity) -> Response | tuple[str, int] | None:
    """None when this very form brings the right password; else the way to, or the page of, the question."""
    if request.method != "POST":
        return redirect(f"/admin/confirm-sign-in?{urlencode({'next': request.full_path.rstrip('?')})}", 303)
    problem = confirm(me) if PASSWORD in request.form else ""
    if PASSWORD in request.form and not problem:
        return None
    kept = [
        (name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", PASSWORD, CODE)
    ]
    return page(me, request.full_path.rstrip("?"), kept, problem), 403


def confirm(me: Identity) -> str:
    """Makes the session fresh under a new id when the form's password (and code) are right; else the sentence."""
    proof = proving.prove_password(me.email, request.form.get(PASSWORD, ""))
    if proof is None:
        return WRONG
    if not isinstance(proof, proving.Proof):
        return proving.too_many(proof)
    if proof.credentials.has_second_step:
        problem = proving.prove_code(me.user_id, request.form.get(CODE, ""))
        if problem:
            return problem
    proving.accept(proof)
    secret = operations.confirm_sign_in(
        session(), account_id=me.account_id, actor=me.actor, session_id=me.session_id, now=now()
    )
    session().commit()
    identity.renew(secret)
    return ""


def page(me: Identity, action: str, kept: list[tuple[str, str]], problem: str) -> str:
    """The question. ``kept``: the fields of the form that waits."""
    return render_template(
        "accounts/confirm.html",
        action=action,
        kept=kept,
        problem=problem,
        email=me.email,
        has_second_step=me.has_second_step,
    )
