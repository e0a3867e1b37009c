"""Settings, Company: its name, published contact, country, time zone, colour and logo."""

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from portal.accounts import queries, staffing
from portal.accounts.forms import OWN_ACCENT, CompanyForm
from portal.accounts.models import Account
from portal.lib.phones import show_phone
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

company = Blueprint("company", __name__, url_prefix="/settings/company")


@company.route("", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """The company's particulars. The second of two who save at once is told, and keeps what they typed."""
    me = current_identity()
    if request.method != "POST":
        return _page(CompanyForm(data=_values(queries.get_account(session(), me.account_id))))
    form = CompanyForm()
    if not form.validate():
        return _page(form), 422
    columns, version = _columns(form), form.shown_version()
    saved = staffing.update_company(
        session(), account_id=me.account_id, actor=me.actor, version=version, columns=columns, now=now()
    )
    if isinstance(saved, staffing.Conflict):
        form.version.data = str(saved.version)
        return _page(form, saved.changes), 409
    session().commit()
    flash("The company is saved.", "success")
    return redirect("/admin/settings/company", 303)


@company.get("/logo")
def logo() -> ResponseReturnValue:
    """The company's logo as PNG."""
    account = queries.get_account(session(), current_identity().account_id)
    place = portal().photos.logo_path(account.logo_key)
    if place is None:
        abort(404)
    return send_file(place, mimetype="image/png")


def _values(account: Account) -> dict[str, str]:
    """What the form shows. The phone has its +code, so that a change of country cannot turn it into another number."""
    return {
        "version": str(account.version),
        "name": account.name,
        "country": account.country,
        "timezone": account.timezone,
        "contact_name": account.contact_name,
        "contact_email": account.contact_email,
        "contact_phone": show_phone(account.contact_phone, ""),
        "accent": account.accent or OWN_ACCENT,
    }


def _columns(form: CompanyForm) -> dict[str, str]:
    """The values to save. A replaced logo's file stays: equal logos of two companies share one."""
    columns = form.columns()
    if form.png:
        columns["logo_key"] = portal().photos.save_logo(form.png)
    elif form.remove_logo.data:
        columns["logo_key"] = ""
    return columns


def _page(form: CompanyForm, changes: tuple[staffing.Change, ...] = ()) -> str:
    account = queries.get_account(session(), current_identity().account_id)
    told = [_told(form, change) for change in changes]
    return render_template("accounts/company.html", form=form, changes=told, logo_key=account.logo_key)


def _told(form: CompanyForm, change: staffing.Change) -> tuple[str, str, str]:
    """Who changed which field to what, in the words of the page."""
    if change.column == "logo_key":
        return change.actor_name, "Logo", ""
    field = form[change.column]
    words = dict(getattr(field, "choices", ()))
    return change.actor_name, field.label.text, words.get(change.value, change.value)
