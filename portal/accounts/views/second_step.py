"""Own page of the second step: set up with an app, recovery codes, turned off."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.accounts import operations, totp
from portal.accounts import second_step as steps
from portal.accounts.forms import CodeForm
from portal.errors import Refused
from portal.lib.sealing import KeyRingError
from portal.stickers import drawing
from portal.stickers.symbols import variable_symbol
from portal.web import identity
from portal.web.context import now, portal, session
from portal.web.identity import Identity, current_identity

second_step = Blueprint("second_step", __name__, url_prefix="/profile/second-step")

HERE = "/admin/profile/second-step"


@second_step.get("")
def show() -> str:
    """Off: the QR to set it up with. On: what can be done about it. Nothing is kept until a code proves it works."""
    me = current_identity()
    if me.has_second_step:
        left = steps.count_codes(session(), me.user_id)
        return render_template(
            "accounts/second_step.html", left=left, company=me.account_name, is_required=me.company_requires_second_step
        )
    return _enrol_page(me, CodeForm(), totp.make_secret())


@second_step.post("")
def turn_on() -> ResponseReturnValue:
    """Turns it on when the typed code is right, and shows the recovery codes, once."""
    me, form = current_identity(), CodeForm()
    secret = _opened(me, request.form.get("secret", ""))
    if me.has_second_step:
        return redirect(HERE, 303)
    is_typed = form.validate()
    codes = steps.turn_on(
        session(), portal().key_ring, user_id=me.user_id, account_id=me.account_id, actor=me.actor,
        secret=secret, code=form.code.data, now=now(),
    )  # fmt: skip
    if codes is None or not is_typed:
        form.code.errors = form.code.errors or ["That code is not right. Check the phone's clock and type the newest."]
        return _enrol_page(me, form, secret), 422
    renewed = operations.renew_session(session(), session_id=me.session_id, user_id=me.user_id)
    session().commit()
    identity.renew(renewed)
    return render_template("accounts/recovery_codes.html", codes=codes, is_new=True)


@second_step.post("/off")
def turn_off() -> ResponseReturnValue:
    """Turns it off, unless the company requires it."""
    me = current_identity()
    if me.company_requires_second_step:
        raise Refused(f"{me.account_name} asks everybody for a second step. An admin can change that in Company.")
    steps.turn_off(session(), user_id=me.user_id, account_id=me.account_id, actor=me.actor, now=now())
    renewed = operations.renew_session(session(), session_id=me.session_id, user_id=me.user_id)
    session().commit()
    identity.renew(renewed)
    flash("The second step is off. Your password alone signs you in.", "success")
    return redirect("/admin/profile", 303)


@second_step.post("/codes")
def renew_codes() -> ResponseReturnValue:
    """New recovery codes, shown once."""
    me = current_identity()
    if not me.has_second_step:
        return redirect(HERE, 303)
    codes = steps.renew_codes(session(), user_id=me.user_id, account_id=me.account_id, actor=me.actor, now=now())
    session().commit()
    return render_template("accounts/recovery_codes.html", codes=codes, is_new=False)


def _enrol_page(me: Identity, form: CodeForm, secret: str) -> str:
    symbol = variable_symbol(totp.address(secret, me.email, me.account_name), "M")
    form.secret.data = portal().key_ring.encrypt(secret, _context(me))
    form.code.data = ""
    return render_template(
        "accounts/second_step_enrol.html",
        form=form,
        picture=drawing.data_address(drawing.svg(symbol, "QR code for the authenticator app")),
        typed=totp.grouped(secret, mark=" "),
        is_required=me.company_requires_second_step,
        company=me.account_name,
    )


def _opened(me: Identity, sealed: str) -> str:
    """The secret that the page showed. Raises Refused when the form was changed."""
    try:
        return portal().key_ring.decrypt(sealed, _context(me))
    except (KeyRingError, ValueError):
        raise Refused("This form is incomplete. Open the second step from your profile again.") from None


def _context(me: Identity) -> str:
    return f"totp-offer:{me.user_id}"
