"""A person's own page: password, sign-ins, and the company they work in."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from portal.accounts import operations, queries
from portal.accounts.forms import ChangePasswordForm
from portal.enrollment.onboarding import sign_out_everywhere
from portal.lib.clock import show_moment
from portal.lib.passwords import hash_password
from portal.web import confirming, identity, proving
from portal.web.context import now, session
from portal.web.identity import Identity, current_identity
from portal.web.paths import local_path

profile = Blueprint("profile", __name__, url_prefix="")


@dataclass(frozen=True)
class SignIn:
    """A line of the list of sign-ins."""

    public_id: str
    browser: str
    began: str
    last_seen: str
    is_this: bool


@profile.get("/profile")
def index() -> ResponseReturnValue:
    """Password and sign-ins."""
    me = current_identity()
    return _page(me, _password_form(me))


@profile.post("/profile/password")
def change_password() -> ResponseReturnValue:
    """Changes the password and ends every other sign-in, those on phones too."""
    me = current_identity()
    form = _password_form(me)
    if not form.validate():
        return _page(me, form), 422
    proof = proving.prove_password(me.email, form.current_password.data)
    if not isinstance(proof, proving.Proof):
        wrong = "That is not your current password."
        form.current_password.errors = [wrong if proof is None else proving.too_many(proof)]
        return _page(me, form), 422
    new_hash = hash_password(form.new_password.data)
    proving.accept(proof)
    ended = operations.change_password(
        session(), account_id=me.account_id, actor=me.actor, credentials=proof.credentials, new_hash=new_hash,
        kept_id=me.session_id, now=now(),
    )  # fmt: skip
    if ended is None:
        form.current_password.errors = ["Your password was changed elsewhere at this moment. Try again."]
        return _page(me, form), 409
    ended += sign_out_everywhere(session(), me.user_id, now())
    secret = operations.renew_session(session(), session_id=me.session_id, user_id=me.user_id)
    session().commit()
    identity.renew(secret)
    flash(f"Your password is changed.{_ended_words(ended)}", "success")
    return redirect("/admin/profile", 303)


@profile.post("/profile/sessions/<public_id>/end")
def end_session(public_id: str) -> ResponseReturnValue:
    """Ends one of the person's own sign-ins."""
    me = current_identity()
    if not operations.end_listed_session(
        session(), account_id=me.account_id, actor=me.actor, user_id=me.user_id, public_id=public_id, now=now()
    ):
        abort(404)
    session().commit()
    flash("That sign-in has ended.", "success")
    return redirect("/admin/profile", 303)


@profile.post("/profile/sessions/end-others")
def end_other_sessions() -> ResponseReturnValue:
    """Ends all of the person's sign-ins but this one."""
    me = current_identity()
    ended = operations.end_other_sessions(
        session(), account_id=me.account_id, actor=me.actor, user_id=me.user_id, kept_id=me.session_id, now=now()
    )
    session().commit()
    flash(_ended_words(ended).strip() or "There is no other sign-in.", "success")
    return redirect("/admin/profile", 303)


@profile.route("/confirm-sign-in", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Asks for the password before a page that shows or changes secrets, then goes on to it."""
    me = current_identity()
    onward = local_path(request.values.get("next"))
    if request.method == "POST":
        problem = confirming.confirm(me)
        if not problem:
            return redirect(onward, 303)
        return confirming.page(me, "/admin/confirm-sign-in", [("next", onward)], problem), 422
    if me.is_fresh(now()):
        return redirect(onward, 303)
    return confirming.page(me, "/admin/confirm-sign-in", [("next", onward)], "")


@profile.post("/switch-account")
def switch_account() -> ResponseReturnValue:
    """Goes on in another company of the person."""
    me = current_identity()
    if not operations.switch_account(
        session(),
        session_id=me.session_id,
        user_id=me.user_id,
        account_public_id=request.form.get("account", ""),
        now=now(),
    ):
        abort(404)
    session().commit()
    # Forms that stand open in other tabs are of the company before: their token counts no more.
    cookie.pop("csrf_token", None)
    return redirect("/admin/", 303)


def _password_form(me: Identity) -> ChangePasswordForm:
    return ChangePasswordForm(email=me.email, words=(me.name, me.account_name))


def _page(me: Identity, form: ChangePasswordForm) -> str:
    timezone = queries.get_account(session(), me.account_id).timezone
    sign_ins = [
        SignIn(
            public_id=row.public_id,
            browser=row.browser,
            began=show_moment(row.created_at, timezone),
            last_seen=show_moment(row.last_seen_at, timezone),
            is_this=row.id == me.session_id,
        )
        for row in queries.list_sessions(session(), me.user_id, now())
    ]
    return render_template("accounts/profile.html", form=form, me=me, sign_ins=sign_ins, timezone=timezone)


def _ended_words(count: int) -> str:
    return f" {count} other sign-in{'s have' if count > 1 else ' has'} ended." if count else ""
