"""Provisioning tokens: the list, the editor, the configuration file, and the devices they enrolled."""

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from portal.devices.wording import many
from portal.enrollment import configuration, grants, targets
from portal.enrollment.code_drafts import TOKEN_LIFE, TOKEN_USES, Draft, read_default_lines
from portal.enrollment.forms import TokenForm, show_local
from portal.enrollment.models import CREATE_DEVICE, Grant
from portal.enrollment.payloads import KINDS, link
from portal.enrollment.views import code_pages
from portal.enrollment.views.code_pages import TOKENS, shown, timezone
from portal.enrollment.views.installation_codes import data_address
from portal.lib.secrets import digest
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

provisioning = Blueprint("provisioning", __name__, url_prefix="/provisioning-tokens")

# The token of a new grant waits here for the one page that shows it: the browser that made it is where it goes.
NEW_TOKEN = "provisioning_token"  # noqa: S105  the name of a place


@provisioning.get("")
def index() -> str:
    """The list, and once the token that was just made."""
    return render_template("enrollment/provisioning.html", page=code_pages.list_page(TOKENS), made=_made())


@provisioning.get("/chosen")
def chosen() -> AnyResponse:
    """Edit or Delete of the toolbar, with the selected row."""
    return code_pages.lead_chosen(TOKENS)


@provisioning.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Makes a token, to be shown once on the next page."""
    me, zone = current_identity(), timezone()
    if request.method != "POST":
        return _editor(_form(zone, expires_at=show_local(now() + TOKEN_LIFE, zone), max_uses=str(TOKEN_USES)))
    form = _form(zone)
    made = grants.make_provisioning(session(), account_id=me.account_id, draft=_draft(form), actor=me.actor, now=now())
    if isinstance(made, grants.Faults):
        form.refuse(made.errors)
        return _editor(form), 422
    waiting = {"public_id": made.grant.public_id, "token": made.secret}
    session().commit()
    cookie[NEW_TOKEN] = waiting
    return redirect(TOKENS.href("index"), 303)


@provisioning.get("/<public_id>")
def show(public_id: str) -> str:
    """One token: what it carries, every device it enrolled, every try."""
    grant = code_pages.get_own(TOKENS, public_id)
    page = code_pages.describe(TOKENS, grant, _facts(grant))
    return render_template("enrollment/provisioning_show.html", code=page, config_href=_config_href(grant))


@provisioning.route("/<public_id>/edit", methods=["GET", "POST"])
def edit(public_id: str) -> ResponseReturnValue:
    """Changes a token. The second of two who save is told, and keeps what they typed."""
    me, zone, grant = current_identity(), timezone(), code_pages.get_own(TOKENS, public_id)
    if request.method != "POST":
        return _editor(_form(zone, **_typed(grant, zone)), grant)
    form = _form(zone)
    saved = grants.edit_installation_code(
        session(), account_id=me.account_id, public_id=public_id, version=form.shown_version(),
        draft=_draft(form, grant.expires_at), actor=me.actor, now=now(),
    )  # fmt: skip
    if isinstance(saved, grants.Conflict):
        form.version.data = str(saved.version)
        return _editor(form, grant, code_pages.conflict(saved, TOKENS.noun)), 409
    if isinstance(saved, grants.Faults):
        form.refuse(saved.errors)
        return _editor(form, grant), 422
    name = saved.description
    session().commit()
    flash(f"{name} is saved.", "success")
    return redirect(TOKENS.href("index"), 303)


@provisioning.route("/<public_id>/delete", methods=["GET", "POST"])
def delete(public_id: str) -> ResponseReturnValue:
    """Says what follows, then removes the token."""
    me, grant = current_identity(), code_pages.get_own(TOKENS, public_id)
    if request.method != "POST":
        return code_pages.ask_removal(TOKENS, grant)
    grants.revoke(session(), account_id=me.account_id, public_id=public_id, actor=me.actor, now=now())
    name = grant.description
    session().commit()
    flash(f"{name} is removed.", "success")
    return redirect(TOKENS.href("index"), 303)


@provisioning.route("/<public_id>/<any(suspend,revoke):act>-devices", methods=["GET", "POST"])
def act_on_devices(public_id: str, act: str) -> ResponseReturnValue:
    """Says what follows, then suspends or revokes every device that the token enrolled."""
    grant = code_pages.get_own(TOKENS, public_id)
    if request.method != "POST":
        return code_pages.ask_act(TOKENS, grant, act)
    count = code_pages.act_on_devices(session(), grant, act)
    session().commit()
    flash(f"{many(count)} {'is' if count == 1 else 'are'} {act.rstrip('e')}ed.", "success")
    return redirect(TOKENS.href("show", public_id=public_id), 303)


@provisioning.route("/<public_id>/config.json", methods=["GET", "POST"])
def config(public_id: str) -> Response:
    """The configuration file: without the token, or with it when the page that shows it once sends it along."""
    grant, token = code_pages.get_own(TOKENS, public_id), request.form.get("token")
    if token is not None and digest(token) != grant.lookup_hash:
        raise BadRequest("This is not the token that was made here.")
    me = current_identity()
    content = configuration.describe(
        grant, public_url=portal().settings.public_url, company=me.account_name,
        account_public_id=me.account_public_id, token=token,
    )  # fmt: skip
    answer = Response(json.dumps(content, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="portal-{grant.hint}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _made() -> dict[str, str] | None:
    """The token that was just made, the one time it is shown."""
    waiting = cookie.pop(NEW_TOKEN, None)
    if waiting is None:
        return None
    me, grant = current_identity(), code_pages.get_own(TOKENS, waiting["public_id"])
    scanned = link(
        portal().settings.public_url,
        kind=KINDS[grant.kind],
        secret=waiting["token"],
        account_name=me.account_name,
        account_public_id=me.account_public_id,
    )
    return {
        "description": grant.description,
        "token": waiting["token"],
        "picture": data_address(scanned, "Provisioning token"),
        "config_href": _config_href(grant),
        "expires": shown(grant.expires_at, timezone()),
        "uses": many(grant.max_uses or 0),
    }


def _config_href(grant: Grant) -> str:
    return TOKENS.href("config", public_id=grant.public_id)


def _facts(grant: Grant) -> list[tuple[str, str]]:
    owner = targets.name_of_user(session(), grant.account_id, grant.user_id) if grant.user_id else "Nobody"
    defaults = ", ".join(f"{key}={value}" for key, value in grant.defaults.items())
    return [
        ("Token", f"{grant.hint}\u2026 (shown once, when it was made)"),
        ("Account", owner),
        ("Defaults", defaults or "None"),
        *code_pages.facts_of(grant, timezone()),
    ]


def _form(zone: str, **data: Any) -> TokenForm:
    people = targets.list_people(session(), current_identity().account_id)
    return TokenForm(formdata=None if data else request.form, timezone=zone, people=people, data=data)


def _draft(form: TokenForm, expires_at: datetime | None = None) -> Draft:
    limits = form.limits(expires_at)
    defaults, fault = read_default_lines(form.defaults.data)
    limits["errors"] |= {"defaults": fault} if fault else {}
    user_id = targets.find_user_id(session(), current_identity().account_id, form.user_id.data or "")
    return Draft(action=CREATE_DEVICE, user_id=user_id, defaults=defaults, is_fleet=True, **limits)


def _typed(grant: Grant, zone: str) -> dict[str, Any]:
    """A token as its editor shows it."""
    return {
        "version": str(grant.version),
        "description": grant.description,
        "user_id": targets.public_id_of_user(session(), grant.user_id),
        "defaults": "\n".join(f"{key}={value}" for key, value in grant.defaults.items()),
        "expires_at": show_local(grant.expires_at, zone),
        "not_before": show_local(grant.not_before, zone),
        "max_uses": str(grant.max_uses or ""),
        "requires_approval": grant.requires_approval,
        "allowed_networks": "\n".join(grant.allowed_networks),
        "tags": ", ".join(grant.tags),
    }


def _editor(form: TokenForm, grant: Grant | None = None, conflict: dict[str, Any] | None = None) -> str:
    action = TOKENS.href("edit", public_id=grant.public_id) if grant else TOKENS.href("new")
    return render_template(
        "enrollment/provisioning_edit.html",
        form=form,
        title=f"Edit {grant.description}" if grant else "Add provisioning token",
        action=action,
        cancel_href=TOKENS.href("index"),
        back_label=TOKENS.title,
        conflict=conflict,
    )
