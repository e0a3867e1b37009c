"""Installation codes: the list, the pop-up with the QR code, the editor, removal, and the devices they enrolled."""

from base64 import b64encode
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.devices.wording import many
from portal.enrollment import grants, targets
from portal.enrollment.code_drafts import CODE_LIFE, CODE_USES
from portal.enrollment.forms import CodeForm, show_local
from portal.enrollment.models import Grant
from portal.enrollment.payloads import KINDS, link
from portal.enrollment.views import code_pages
from portal.enrollment.views.code_pages import CODES, shown, timezone
from portal.lib.typed_codes import grouped
from portal.stickers.drawing import svg
from portal.stickers.symbols import variable_symbol
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

installation_codes = Blueprint("installation_codes", __name__, url_prefix="/installation-codes")


@installation_codes.get("")
def index() -> str:
    """Installation Code List."""
    return render_template("enrollment/codes.html", page=code_pages.list_page(CODES))


@installation_codes.get("/chosen")
def chosen() -> Response:
    """Edit or Delete of the toolbar, with the selected row."""
    return code_pages.lead_chosen(CODES)


@installation_codes.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Adds a code."""
    me, zone = current_identity(), timezone()
    if request.method != "POST":
        return _editor(_form(zone, expires_at=show_local(now() + CODE_LIFE, zone), max_uses=str(CODE_USES)))
    form = _form(zone)
    made = grants.make_installation_code(
        session(), portal().key_ring, account_id=me.account_id, draft=_draft(form), actor=me.actor, now=now()
    )
    if isinstance(made, grants.Faults):
        form.refuse(made.errors)
        return _editor(form), 422
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


@installation_codes.route("/<public_id>/edit", methods=["GET", "POST"])
def edit(public_id: str) -> ResponseReturnValue:
    """Changes a code. The second of two who save is told, and keeps what they typed."""
    me, zone, grant = current_identity(), timezone(), code_pages.get_own(CODES, public_id)
    if request.method != "POST":
        return _editor(_form(zone, **_typed(grant, zone)), grant)
    form = _form(zone)
    saved = grants.edit_installation_code(
        session(), account_id=me.account_id, public_id=public_id, version=form.shown_version(),
        draft=_draft(form, grant.expires_at), actor=me.actor, now=now(),
    )  # fmt: skip
    if isinstance(saved, grants.Conflict):
        form.version.data = str(saved.version)
        return _editor(form, grant, code_pages.conflict(saved, CODES.noun)), 409
    if isinstance(saved, grants.Faults):
        form.refuse(saved.errors)
        return _editor(form, grant), 422
    name = saved.description
    session().commit()
    flash(f"{name} is saved.", "success")
    return redirect(CODES.href("index"), 303)


@installation_codes.route("/<public_id>/delete", methods=["GET", "POST"])
def delete(public_id: str) -> ResponseReturnValue:
    """Says what follows, then removes the code."""
    me, grant = current_identity(), code_pages.get_own(CODES, public_id)
    if request.method != "POST":
        return code_pages.ask_removal(CODES, grant)
    grants.revoke(session(), account_id=me.account_id, public_id=public_id, actor=me.actor, now=now())
    name = grant.description
    session().commit()
    flash(f"{name} is removed.", "success")
    return redirect(CODES.href("index"), 303)


@installation_codes.route("/<public_id>/<any(suspend,revoke):act>-devices", methods=["GET", "POST"])
def act_on_devices(public_id: str, act: str) -> ResponseReturnValue:
    """Says what follows, then suspends or revokes every device that the code enrolled."""
    grant = code_pages.get_own(CODES, public_id)
    if request.method != "POST":
        return code_pages.ask_act(CODES, grant, act)
    count = code_pages.act_on_devices(session(), grant, act)
    session().commit()
    flash(f"{many(count)} {'is' if count == 1 else 'are'} {act.rstrip('e')}ed.", "success")
    return redirect(CODES.href("show", public_id=public_id), 303)


def scanned_link(grant: Grant) -> str:
    """What the QR code of a code holds."""
    me = current_identity()
    return link(
        portal().settings.public_url,
        kind=KINDS[grant.kind],
        secret=grouped(grants.reveal(portal().key_ring, grant)),
        account_name=me.account_name,
        account_public_id=me.account_public_id,
    )


def host() -> str:
    """Where codes are typed."""
    return urlsplit(portal().settings.public_url).netloc


def data_address(text: str, title: str) -> str:
    """The symbol of a text, as an address that needs no other request."""
    return "data:image/svg+xml;base64," + b64encode(svg(variable_symbol(text, "M"), title).encode()).decode()


def picture(grant: Grant) -> dict[str, Any]:
    """A code as the pop-up shows it. One that opens nothing any more has no picture, and a sentence why."""
    zone, state = timezone(), grants.state(grant, now())
    code = grouped(grants.reveal(portal().key_ring, grant))
    scanned = scanned_link(grant)
    return {
        "title": "Installation code",
        "description": grant.description,
        "code": code,
        "back_href": CODES.href("index"),
        "back_label": CODES.title,
        "sentence": _why_closed(grant, state, zone),
        "picture": data_address(scanned, f"Installation code {code}")
        if state in (grants.ACTIVE, grants.SCHEDULED)
        else "",
        "host": host(),
        "expires": shown(grant.expires_at, zone, "It is removed"),
        "uses_left": f"{(grant.max_uses or 0) - grant.use_count:,}",
        "link": scanned,
    }


def _why_closed(grant: Grant, state: str, zone: str) -> str:
    if state == grants.SCHEDULED:
        return f"It does not work before {shown(grant.not_before, zone)}."
    if state == grants.EXHAUSTED:
        return f"All {many(grant.max_uses or 0, 'use')} are spent. Edit it to allow more."
    if state == grants.EXPIRED:
        return f"It expired on {shown(grant.expires_at, zone)}. Edit it to let it work longer."
    return f"It was removed on {shown(grant.revoked_at, zone)}." if state == grants.REVOKED else ""


def _facts(grant: Grant) -> list[tuple[str, str]]:
    account_id, facts = grant.account_id, [("Action", code_pages.action_words(grant))]
    if grant.revoked_at is None:
        facts.insert(0, ("Installation Code", grouped(grants.reveal(portal().key_ring, grant))))
    if grant.username_prefix:
        facts.append(("Username prefix", grant.username_prefix))
    if grant.user_id:
        facts.append(("Account", targets.name_of_user(session(), account_id, grant.user_id)))
    if grant.device_id:
        facts.append(("Device", targets.name_of_device(session(), account_id, grant.device_id)))
    return facts + code_pages.facts_of(grant, timezone())


def _form(zone: str, **data: Any) -> CodeForm:
    account_id = current_identity().account_id
    return CodeForm(
        formdata=None if data else request.form,
        timezone=zone,
        people=targets.list_people(session(), account_id),
        devices=targets.list_devices(session(), account_id),
        data=data,
    )


def _draft(form: CodeForm, expires_at: datetime | None = None) -> Any:
    account_id = current_identity().account_id
    return form.draft(
        user_id=targets.find_user_id(session(), account_id, form.user_id.data or ""),
        device_id=targets.find_device_id(session(), account_id, form.device_id.data or ""),
        expires_at=expires_at,
    )


def _typed(grant: Grant, zone: str) -> dict[str, Any]:
    """A code as its editor shows it."""
    return {
        "version": str(grant.version),
        "description": grant.description,
        "action": grant.action,
        "username_prefix": grant.username_prefix,
        "user_id": targets.public_id_of_user(session(), grant.user_id),
        "device_id": targets.public_id_of_device(session(), grant.device_id),
        "expires_at": show_local(grant.expires_at, zone),
        "not_before": show_local(grant.not_before, zone),
        "max_uses": str(grant.max_uses or ""),
        "requires_approval": grant.requires_approval,
        "allowed_networks": "\n".join(grant.allowed_networks),
        "tags": ", ".join(grant.tags),
    }


def _editor(form: CodeForm, grant: Grant | None = None, conflict: dict[str, Any] | None = None) -> str:
    action = CODES.href("edit", public_id=grant.public_id) if grant else CODES.href("new")
    return render_template(
        "enrollment/code_edit.html",
        form=form,
        title=f"Edit {grant.description}" if grant else "Add installation code",
        action=action,
        cancel_href=CODES.href("index"),
        back_label=CODES.title,
        conflict=conflict,
        has_devices=len(form.device_id.choices) > 1,
    )
