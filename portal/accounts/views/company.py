"""Settings, Company: its name, published contact, country, time zone, colour and logo."""

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from portal.accounts import queries, staffing
from portal.accounts.forms import OWN_ACCENT, CompanyForm
from portal.accounts.models import Account
from portal.lib.clock import today_in
from portal.lib.phones import show_phone
from portal.records.filters import RecordFilter
from portal.records.kinds import CONTACT
from portal.records.lists import list_page
from portal.records.queries import find_links, find_record
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

FIRST_CHOICES = 100  # without scripts the select offers these; with them it searches all
company = Blueprint("company", __name__, url_prefix="/settings/company")


@company.route("", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """The company's particulars. The second of two who save at once is told, and keeps what they typed."""
    me = current_identity()
    if request.method != "POST":
        account = queries.get_account(session(), me.account_id)
        return _page(CompanyForm(data=_values(account), duty_choices=_duty_choices(account)))
    form = CompanyForm(duty_choices=_duty_choices(queries.get_account(session(), me.account_id)))
    session().rollback()  # nobody else waits for the database while the logo is decoded
    is_valid = form.validate()
    duty = _find_duty_contact(form, me.account_id)
    if not is_valid or duty is None:
        return _page(form), 422
    columns, version = _columns(form) | duty, form.shown_version()
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


def _values(account: Account) -> dict[str, str | bool]:
    """What the form shows. The phone has its +code, so that a change of country cannot turn it into another number."""
    return {
        "version": str(account.version),
        "name": account.name,
        "country": account.country,
        "timezone": account.timezone,
        "contact_name": account.contact_name,
        "contact_email": account.contact_email,
        "contact_phone": show_phone(account.contact_phone, ""),
        "contact_policy": account.contact_policy,
        "duty_contact": _duty_public_id(account),
        "accent": account.accent or OWN_ACCENT,
        "requires_totp": account.requires_totp,
    }


def _duty_choices(account: Account) -> list[tuple[str, str]]:
    """The contacts that the select offers without scripts, the present one whatever comes before it."""
    today = today_in(account.timezone, now())
    page = list_page(session(), account.id, RecordFilter(kind=CONTACT), today=today, limit=FIRST_CHOICES)
    offered = {line.columns.public_id: line.columns.name for line in page.lines}
    chosen = [request.form.get("duty_contact", ""), _duty_public_id(account)]
    for public_id in filter(None, chosen):
        contact = find_record(session(), account.id, public_id)
        if contact is not None and contact.kind == CONTACT:
            offered.setdefault(contact.public_id, contact.name)
    return list(offered.items())


def _duty_public_id(account: Account) -> str:
    links = find_links(session(), account.id, (account.duty_contact_id,))
    return links[account.duty_contact_id].public_id if account.duty_contact_id in links else ""


def _find_duty_contact(form: CompanyForm, account_id: int) -> dict[str, int | None] | None:
    """The column of the chosen contact, or None with the reason at the field. A form that left it out leaves it."""
    if "duty_contact" not in request.form:
        return {}
    chosen = form.duty_contact.data
    if not chosen:
        return {"duty_contact_id": None}
    contact = find_record(session(), account_id, chosen)
    if contact is None or contact.kind != CONTACT:
        form.duty_contact.errors = ["Choose one of your contacts."]
    elif not contact.email:
        form.duty_contact.errors = [
            f"{contact.name} has no e-mail address on file. Add one, or choose another contact."
        ]
    else:
        return {"duty_contact_id": contact.id}
    return None


def _columns(form: CompanyForm) -> dict[str, str | int | None]:
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
    if change.column == "requires_totp":
        return change.actor_name, form.requires_totp.label.text, "yes" if change.value == "True" else "no"
    if change.column == "duty_contact_id":
        links = (
            find_links(session(), current_identity().account_id, (int(change.value),)) if change.value.isdigit() else {}
        )
        return change.actor_name, form.duty_contact.label.text, next((link.name for link in links.values()), "")
    field = form[change.column]
    words = dict(getattr(field, "choices", ()))
    return change.actor_name, field.label.text, words.get(change.value, change.value)
