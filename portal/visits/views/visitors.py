"""Settings, Visitors: what they see behind the gate, how long their scans are kept, when a record counts as unseen."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField

from portal.accounts.models import Account
from portal.accounts.queries import get_account
from portal.gate.visibility import SHOWABLE, visible
from portal.records.kinds import KINDS
from portal.visits import visitor_settings
from portal.web.context import now, session
from portal.web.identity import current_identity

visitors = Blueprint("visitors", __name__, url_prefix="/settings/visitors")

DIGITS = {"inputmode": "numeric", "maxlength": "6"}


class NumbersForm(Form):  # type: ignore[misc]  # the library carries no types
    """The three numbers; the ticks beside them need no field of the library."""

    scan_kept_days = StringField(
        "Delete scans after (days)",
        description="0 keeps them for good. Deleted scans are gone from the scans page, its figures and its file.",
        render_kw=DIGITS,
    )
    scan_anonymised_days = StringField(
        "Forget the browser after (days)",
        description="0 never does. A scan keeps what was scanned, when and how it ended, and no longer on what phone.",
        render_kw=DIGITS,
    )
    unseen_months = StringField(
        "A record counts as unseen after (months)",
        description="The scans page then names it, so that somebody looks whether it is still there. 0 asks for none.",
        render_kw=DIGITS,
    )


@visitors.route("", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """Shows and saves the page."""
    me = current_identity()
    account = get_account(session(), me.account_id)
    if request.method != "POST":
        shown = {name: str(getattr(account, name)) for name in visitor_settings.NUMBERS}
        return _page(NumbersForm(data=shown), _seen(account))
    form = NumbersForm(request.form)
    fields = visitor_settings.chosen_fields({kind: request.form.getlist(f"{kind}-fields") for kind in SHOWABLE})
    numbers, errors = visitor_settings.check(request.form)
    if errors:
        for name, sentence in errors.items():
            form[name].errors = [sentence]
        return _page(form, fields), 422
    columns = numbers | {"visible_fields": fields}
    visitor_settings.save(session(), account_id=me.account_id, actor=me.actor, columns=columns, now=now())
    session().commit()
    flash("What visitors see is saved.", "success")
    return redirect(url_for("admin.visitors.edit"), 303)


def _seen(account: Account) -> dict[str, list[str]]:
    return {kind: sorted(visible(kind, account.visible_fields)) for kind in SHOWABLE}


def _page(form: NumbersForm, seen: dict[str, list[str]]) -> str:
    kinds = [(kind, [(one, one.name in seen[kind.name]) for one in SHOWABLE[kind.name]]) for kind in KINDS]
    return render_template("visits/visitors.html", form=form, kinds=kinds)
