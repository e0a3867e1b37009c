"""Installation codes: the list, the pop-up with the QR code, the editor, removal, and the devices they enrolled."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.enrollment import grants, queries, targets
from portal.enrollment.code_drafts import ACTIONS, CODE_LIFE, CODE_USES, Draft
from portal.enrollment.forms import CodeForm
from portal.enrollment.models import INSTALLATION_CODE, Grant
from portal.enrollment.payloads import host
from portal.enrollment.views import code_doors, code_editors, code_pages
from portal.enrollment.views.code_pages import SHARED_COLUMNS, Editor, Kind, facts_of, scanned_link, shown, timezone
from portal.lib.typed_codes import grouped
from portal.stickers.drawing import data_address, svg
from portal.stickers.symbols import variable_symbol
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

installation_codes = Blueprint("installation_codes", __name__, url_prefix="/installation-codes")


def _form(**parts: Any) -> CodeForm:
    chosen = request.form.get("device_id", "") or parts["data"].get("device_id", "")
    return CodeForm(devices=targets.list_devices(session(), current_identity().account_id, chosen), **parts)


def _values(grant: Grant) -> dict[str, Any]:
    return {
        "action": grant.action,
        "username_prefix": grant.username_prefix,
        "device_id": targets.public_id_of_device(session(), grant.device_id),
    }


def _draft(form: CodeForm, **known: Any) -> Draft:
    account_id = current_identity().account_id
    return form.draft(device_id=targets.find_device_id(session(), account_id, form.device_id.data or ""), **known)


GONE = {
    queries.PERSON_GONE: "The account has left the company. Edit the code to choose another.",
    queries.DEVICE_GONE: "The device is revoked. Add it as a new device to install it again.",
}

CODES = Kind(
    name=INSTALLATION_CODE,
    noun="installation code",
    title="Installation codes",
    search_words="Description, code, prefix, account or device",
    doors="installation_codes",
    columns=(
        ("Description", "description"),
        ("Installation Code", "code"),
        *SHARED_COLUMNS,
        ("Username prefix", "prefix"),
        ("Account", "account"),
        ("Device", "device"),
    ),
    editor=Editor("enrollment/code_edit.html", CODE_LIFE, CODE_USES, _form, _values, _draft),
)

code_doors.add_doors(installation_codes, CODES)


@installation_codes.get("")
def index() -> str:
    """Installation Code List."""
    return render_template("enrollment/codes.html", page=code_pages.list_page(CODES))


@installation_codes.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Adds a code."""
    me = current_identity()
    if request.method != "POST":
        return code_editors.show_new(CODES)
    form, draft = code_editors.read(CODES)
    made = grants.make_installation_code(
        session(), portal().key_ring, account_id=me.account_id, draft=draft, actor=me.actor, now=now()
    )
    if isinstance(made, grants.Faults):
        return code_editors.show_faults(CODES, form, made)
    name = made.grant.description
    session().commit()
    flash(f"{name} is saved. Click its code to show it.", "success")
    return redirect(CODES.href("index"), 303)


@installation_codes.get("/<public_id>")
def show(public_id: str) -> str:
    """One code: what it is, every device it enrolled, every try."""
    grant = code_pages.get_own(CODES, public_id)
    return render_template("enrollment/code.html", code=code_pages.describe(CODES, grant, _facts(grant)))


@installation_codes.get("/<public_id>/qr")
def qr(public_id: str) -> str:
    """The code, large: the pop-up's content, and a page without scripts."""
    return render_template("enrollment/code_qr.html", code=picture(code_pages.get_own(CODES, public_id)))


def picture(grant: Grant) -> dict[str, Any]:
    """A code as the pop-up shows it. One that opens nothing any more has no picture, and a sentence why."""
    zone, state = timezone(), grants.standing(session(), grant, now())
    code = grouped(grants.reveal(portal().key_ring, grant))
    scanned = scanned_link(grant, code)
    return {
        "title": "Installation code",
        "description": grant.description,
        "code": code,
        "back_href": CODES.href("index"),
        "back_label": CODES.title,
        "sentence": _why_closed(grant, state, zone),
        "picture": data_address(svg(variable_symbol(scanned, "M"), f"Installation code {code}"))
        if state in (grants.ACTIVE, grants.SCHEDULED)
        else "",
        "host": host(portal().settings.public_url),
        "expires": shown(grant.expires_at, zone, "It is removed"),
        "uses_left": f"{(grant.max_uses or 0) - grant.use_count:,}",
        "link": scanned,
    }


def _why_closed(grant: Grant, state: str, zone: str) -> str:
    if state in GONE:
        return GONE[state]
    if state == grants.SCHEDULED:
        return f"It does not work before {shown(grant.not_before, zone)}."
    if state == grants.EXHAUSTED:
        spent = "Its only use is" if grant.max_uses == 1 else f"All {grant.max_uses:,} uses are"
        return f"{spent} spent. Edit it to allow more."
    if state == grants.EXPIRED:
        return f"It expired on {shown(grant.expires_at, zone)}. Edit it to let it work longer."
    return f"It was removed on {shown(grant.revoked_at, zone)}." if state == grants.REVOKED else ""


def _facts(grant: Grant) -> list[tuple[str, str]]:
    account_id, facts = grant.account_id, [("Action", ACTIONS[grant.action])]
    if grant.revoked_at is None:
        facts.insert(0, ("Installation Code", grouped(grants.reveal(portal().key_ring, grant))))
    if grant.username_prefix:
        facts.append(("Username prefix", grant.username_prefix))
    if grant.user_id:
        facts.append(("Account", targets.name_of_user(session(), account_id, grant.user_id)))
    if grant.device_id:
        facts.append(("Device", targets.name_of_device(session(), account_id, grant.device_id)))
    return facts + facts_of(grant, timezone())
