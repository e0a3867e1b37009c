"""Provisioning tokens: the list, the editor, the configuration file, and the devices they enrolled."""

import json
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal.devices.wording import many
from portal.enrollment import configuration, grants, targets
from portal.enrollment.code_drafts import TOKEN_LIFE, TOKEN_USES
from portal.enrollment.forms import TokenForm
from portal.enrollment.models import PROVISIONING, Grant
from portal.enrollment.views import code_doors, code_editors, code_pages
from portal.enrollment.views.code_pages import SHARED_COLUMNS, Editor, Kind, facts_of, scanned_link, shown, timezone
from portal.lib.secrets import digest
from portal.stickers.drawing import data_address, svg
from portal.stickers.symbols import variable_symbol
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

provisioning = Blueprint("provisioning", __name__, url_prefix="/provisioning-tokens")


def _values(grant: Grant) -> dict[str, Any]:
    return {"defaults": "\n".join(f"{key}={value}" for key, value in grant.defaults.items())}


TOKENS = Kind(
    name=PROVISIONING,
    noun="provisioning token",
    title="Provisioning tokens",
    search_words="Description, token, account or tag",
    doors="provisioning",
    columns=(("Description", "description"), ("Token", "code"), *SHARED_COLUMNS, ("Account", "account"), ("Tags", "")),
    editor=Editor("enrollment/provisioning_edit.html", TOKEN_LIFE, TOKEN_USES, TokenForm, _values, TokenForm.draft),
)

code_doors.add_doors(provisioning, TOKENS)


@provisioning.get("")
def index() -> str:
    """The list, and once the token that was just made."""
    return render_template("enrollment/provisioning.html", page=code_pages.list_page(TOKENS), made=_made())


@provisioning.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Makes a token, to be shown once on the next page."""
    me = current_identity()
    if request.method != "POST":
        return code_editors.show_new(TOKENS)
    form, draft = code_editors.read(TOKENS)
    made = grants.make_provisioning(session(), account_id=me.account_id, draft=draft, actor=me.actor, now=now())
    if isinstance(made, grants.Faults):
        return code_editors.show_faults(TOKENS, form, made)
    waiting = {"public_id": made.grant.public_id, "token": made.secret}
    session().commit()
    cookie[_place()] = waiting
    return redirect(TOKENS.href("index"), 303)


@provisioning.get("/<public_id>")
def show(public_id: str) -> str:
    """One token: what it carries, every device it enrolled, every try."""
    grant = code_pages.get_own(TOKENS, public_id)
    page = code_pages.describe(TOKENS, grant, _facts(grant))
    return render_template("enrollment/provisioning_show.html", code=page, config_href=_config_href(grant))


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


def _place() -> str:
    """Where a new token waits for the one page of its company that shows it: in the browser, where it goes anyway."""
    return f"provisioning_token:{current_identity().account_public_id}"


def _made() -> dict[str, str] | None:
    """The token that was just made, the one time it is shown."""
    waiting = cookie.pop(_place(), None)
    if waiting is None:
        return None
    grant, token = code_pages.get_own(TOKENS, waiting["public_id"]), waiting["token"]
    return {
        "description": grant.description,
        "token": token,
        "picture": data_address(svg(variable_symbol(scanned_link(grant, token), "M"), "Provisioning token")),
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
        *facts_of(grant, timezone()),
    ]
