"""Ways in and out: sign-in, sign-out, the first admin, invitations."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.accounts import operations, queries, staffing
from portal.accounts.counting import Refusal
from portal.accounts.forms import AcceptForm, CodeForm, SetupForm, SignInForm
from portal.accounts.models import Invitation
from portal.enrollment.grants import ensure_installation_key
from portal.gate import operations as gate
from portal.lib.browsers import browser_kind
from portal.lib.clock import show_moment
from portal.lib.passcodes import make_passcode
from portal.lib.passwords import hash_password, needs_rehash
from portal.web import identity, pending, proving
from portal.web.context import now, portal, session, short_read
from portal.web.paths import local_path

sessions = Blueprint("sessions", __name__, url_prefix="")

WRONG = "E-mail or password is not right."
NO_EMAIL = "Type an e-mail address. A sign-in name, such as crew-014, works on a phone that is paired with its company."


@sessions.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Signs in. Unknown e-mail and wrong password take the same way: one password check, one answer."""
    form = SignInForm(data={"next": request.args.get("next", "")})
    if request.method != "POST":
        person = identity.find_identity()
        if person and person.account_id and "again" not in request.args:
            return redirect(local_path(form.next.data), 303)
        return _sign_in_page(form)
    if not form.validate():
        return _sign_in_page(form), 422
    if "@" not in form.email.data:  # said of every such text: nobody learns which names there are
        form.email.errors = [NO_EMAIL]
        return _sign_in_page(form), 422
    browser = _browser()
    proof = proving.prove_password(form.email.data, form.password.data)
    if not isinstance(proof, proving.Proof):
        form.form_errors.append(WRONG if proof is None else proving.too_many(proof))
        return _sign_in_page(form), 401
    return _enter(proof, form.password.data, local_path(form.next.data), browser) or (_sign_in_page(form), 401)


def _enter(proof: proving.Proof, password: str, onward: str, browser: dict[str, Any]) -> ResponseReturnValue | None:
    """Begins the session, or asks for the second step; None when the password was changed at this very moment."""
    found = proof.credentials
    new_hash = hash_password(password) if needs_rehash(found.password_hash) else ""
    proving.accept(proof)
    secret = None
    if not found.has_second_step:
        secret = operations.sign_in(session(), credentials=found, new_hash=new_hash, **browser)
        if secret is None:
            return None
    session().commit()
    if secret is None:
        return pending.wait_for_code(found, onward)
    identity.begin(secret)
    return redirect(onward, 303)


@sessions.route("/sign-in/code", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """The code of the app, or a recovery code, after the right password. Only now a session begins."""
    waiting = pending.find()
    if waiting is None:
        flash("Sign in again: the code was not typed within 10 minutes.", "error")
        return redirect("/sign-in", 303)
    form = CodeForm()
    if request.method != "POST":
        return _code_page(form)
    if not form.validate():
        return _code_page(form), 422
    browser = _browser()
    problem = proving.prove_code(waiting.credentials.user_id, form.code.data)
    if problem:
        form.code.errors = [problem]
        return _code_page(form), 401
    secret = operations.sign_in(
        session(), credentials=waiting.credentials, account_id=waiting.account_id, has_typed_code=True, **browser
    )
    if secret is None:
        return redirect("/sign-in", 303)
    session().commit()
    identity.begin(secret)
    return redirect(local_path(waiting.onward), 303)


def _code_page(form: CodeForm) -> str:
    return render_template("accounts/second_step_sign_in.html", form=form)


def _browser() -> dict[str, Any]:
    """What a new session needs to know of the browser: its kind, and the session that it replaces.

    To be asked before the view writes: a session that is found is marked as seen in a transaction of its own, which
    would wait for the view's.
    """
    person = identity.find_identity()
    return {
        "browser": browser_kind(request.headers.get("User-Agent", "")),
        "replaced_session_id": person.session_id if person else None,
        "now": now(),
    }


def _sign_in_page(form: SignInForm) -> str:
    return render_template("accounts/sign_in.html", form=form)


@sessions.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Ends this browser's session; a second click finds nothing to end and is no fault."""
    person = identity.find_identity()
    if person:
        operations.end_session(session(), user_id=person.user_id, session_id=person.session_id)
        session().commit()
    identity.end()
    flash("You are signed out.", "success")
    return redirect("/sign-in", 303)


@sessions.route("/setup", methods=["GET", "POST"])
def setup() -> ResponseReturnValue:
    """The first company and its first admin, while nobody can sign in."""
    with short_read() as reading:
        if queries.has_users(reading):
            abort(404)
        is_known = queries.is_setup_token(reading, request.form.get("token", "").strip())
    form = SetupForm()
    if request.method != "POST":
        return render_template("accounts/setup.html", form=form)
    if not form.validate():
        return render_template("accounts/setup.html", form=form), 422
    password_hash = hash_password(form.password.data) if is_known else ""
    if not is_known or not operations.consume_setup_token(session(), form.token.data):
        form.token.errors = ["That is not the setup token. The server prints it when it starts; the newest one counts."]
        return render_template("accounts/setup.html", form=form), 403
    secret = _set_up(form, password_hash)
    session().commit()
    identity.begin(secret)
    flash(f"{form.company.data} is ready. Its passcode was generated: see Settings, QR Code Portal.", "success")
    return redirect("/admin/", 303)


def _set_up(form: SetupForm, password_hash: str) -> str:
    """Company, admin and session in the transaction that consumed the token; returns the session's secret."""
    moment = now()
    account = gate.open_account(
        session(),
        portal().key_ring,
        name=form.company.data,
        country=form.country.data,
        timezone=form.timezone.data,
        passcode=make_passcode(),
        now=moment,
    )
    ensure_installation_key(session(), portal().key_ring, account.id, moment)
    user = operations.create_first_admin(
        session(), account=account, email=form.email.data, name=form.name.data, password_hash=password_hash, now=moment
    )
    found = queries.Credentials(user.id, password_hash)
    secret = operations.sign_in(session(), credentials=found, account_id=account.id, **_browser())
    if secret is None:
        raise RuntimeError("A person made in this transaction cannot be signed in.")
    return secret


@sessions.route("/invitations/<secret>", methods=["GET", "POST"])
def accept_invitation(secret: str) -> ResponseReturnValue:
    """Joins a company by a copied link. Looking does not use it up."""
    with short_read() as reading:
        invitation = queries.find_invitation_by_secret(reading, secret)
        known = queries.find_credentials(reading, invitation.email) if invitation else None
    if invitation is None or invitation.used_at or invitation.expires_at <= now():
        return _ended(invitation)
    form = AcceptForm(email=invitation.email, company=invitation.account.name, is_known=known is not None)
    if request.method != "POST":
        return _accept_page(form, invitation)
    if not form.validate():
        return _accept_page(form, invitation), 422
    browser = _browser()
    proof = proving.prove_password(invitation.email, form.password.data) if known else None
    if known and not isinstance(proof, proving.Proof):
        form.form_errors.append(proving.too_many(proof) if isinstance(proof, Refusal) else "The password is not right.")
        return _accept_page(form, invitation), 401
    return _join(form, invitation, proof if isinstance(proof, proving.Proof) else None, browser)


def _join(
    form: AcceptForm, invitation: Invitation, proof: proving.Proof | None, browser: dict[str, Any]
) -> ResponseReturnValue:
    """Uses the link and begins a session in the company."""
    password_hash = "" if proof else hash_password(form.password.data)
    known = proof.credentials if proof else None
    if proof:
        proving.accept(proof)
    accepted = staffing.accept_invitation(
        session(), invitation=invitation, credentials=known, name=form.name.data, password_hash=password_hash, now=now()
    )
    if isinstance(accepted, staffing.Refusal):
        return _stopped("This invitation cannot be used", accepted.sentence, 409)
    secret = None
    if not accepted.has_second_step:
        secret = operations.sign_in(session(), credentials=accepted, account_id=invitation.account_id, **browser)
        if secret is None:
            return _stopped("Your password has just changed", "Open the link again and type the new one.", 409)
    session().commit()
    if secret is None:
        return pending.wait_for_code(accepted, "/admin/", invitation.account_id)
    identity.begin(secret)
    flash(f"Welcome to {invitation.account.name}.", "success")
    return redirect("/admin/", 303)


def _accept_page(form: AcceptForm, invitation: Invitation) -> str:
    expires = show_moment(invitation.expires_at, invitation.account.timezone)
    return render_template("accounts/accept_invitation.html", form=form, invitation=invitation, expires=expires)


def _ended(invitation: Invitation | None) -> ResponseReturnValue:
    """Why a link is of no use. A mistyped one and one that was taken back look alike."""
    if invitation is None:
        sentence = "The link is incomplete, or the invitation was taken back. Ask for a new link."
        return _stopped("There is no such invitation", sentence, 404)
    company = invitation.account.name
    if invitation.used_at:
        sentence = f"If it was you, sign in. If not, ask {company} for a new link."
        return _stopped("This invitation has been used", sentence, 410)
    expired = show_moment(invitation.expires_at, invitation.account.timezone)
    return _stopped("This invitation has expired", f"It expired on {expired}. Ask {company} for a new link.", 410)


def _stopped(title: str, message: str, status: int) -> ResponseReturnValue:
    values = {"status": status, "title": title, "message": message}
    return render_template("errors/stopped.html", **values, action_href="/sign-in", action_label="Sign in"), status
