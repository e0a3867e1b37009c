"""The doors that installation codes and provisioning tokens share: edit, removal, and the devices they enrolled."""

from functools import partial, update_wrapper

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from portal.devices.wording import many
from portal.enrollment import grants
from portal.enrollment.enrolled import act_on_devices as act_on_enrolled
from portal.enrollment.views import code_editors, code_questions
from portal.enrollment.views.code_pages import Kind, get_own
from portal.web.context import now, session
from portal.web.identity import current_identity

BOTH = ["GET", "POST"]


def add_doors(blueprint: Blueprint, kind: Kind) -> None:
    """Adds them to the blueprint of a kind, each under the name of its view."""
    for path, view, methods in (
        ("/chosen", chosen, ["GET"]),
        ("/<public_id>/edit", edit, BOTH),
        ("/<public_id>/delete", delete, BOTH),
        ("/<public_id>/<any(suspend,revoke):act>-devices", act_on_devices, BOTH),
    ):
        blueprint.add_url_rule(path, view_func=update_wrapper(partial(view, kind), view), methods=methods)


def chosen(kind: Kind) -> Response:
    """From the row that was selected in the list to its editor or its removal."""
    public_id, act = request.args.get("chosen", ""), request.args.get("act", "")
    if act not in ("edit", "delete"):
        raise BadRequest
    if not public_id:
        flash("Select a row in the list first.", "error")
        return redirect(kind.href("index"), 303)
    get_own(kind, public_id)
    return redirect(kind.href(act, public_id=public_id), 303)


def edit(kind: Kind, public_id: str) -> ResponseReturnValue:
    """Changes one. The second of two who save is told, and keeps what they typed."""
    me, grant = current_identity(), get_own(kind, public_id)
    if request.method != "POST" and grant.revoked_at is not None:
        flash(f"This {kind.short_noun} was removed. Make a new one.", "error")
        return redirect(kind.href("show", public_id=public_id), 303)
    if request.method != "POST":
        return code_editors.show_saved(kind, grant)
    form, draft = code_editors.read(kind, grant)
    saved = grants.edit_installation_code(
        session(), account_id=me.account_id, public_id=public_id, version=form.shown_version(),
        draft=draft, actor=me.actor, now=now(),
    )  # fmt: skip
    if isinstance(saved, grants.Conflict):
        return code_editors.show_conflict(kind, form, saved, grant)
    if isinstance(saved, grants.Faults):
        return code_editors.show_faults(kind, form, saved, grant)
    name = saved.description
    session().commit()
    flash(f"{name} is saved.", "success")
    return redirect(kind.href("index"), 303)


def delete(kind: Kind, public_id: str) -> ResponseReturnValue:
    """Says what follows, then removes it."""
    me, grant = current_identity(), get_own(kind, public_id)
    if request.method != "POST":
        return code_questions.ask_removal(kind, grant)
    grants.revoke(session(), account_id=me.account_id, public_id=public_id, actor=me.actor, now=now())
    name = grant.description
    session().commit()
    flash(f"{name} is removed.", "success")
    return redirect(kind.href("index"), 303)


def act_on_devices(kind: Kind, public_id: str, act: str) -> ResponseReturnValue:
    """Says what follows, then suspends or revokes every device that it enrolled."""
    grant = get_own(kind, public_id)
    if request.method != "POST":
        return code_questions.ask_act(kind, grant, act)
    count = act_on_enrolled(session(), grant, act, actor=current_identity().actor, now=now())
    session().commit()
    flash(f"{many(count)} {'is' if count == 1 else 'are'} {act.rstrip('e')}ed.", "success")
    return redirect(kind.href("show", public_id=public_id), 303)
