"""The editors of installation codes and of provisioning tokens: empty, filled, read, and shown again with faults."""

from typing import Any

from flask import render_template, request

from portal.enrollment import grants, targets
from portal.enrollment.code_drafts import ACTIONS, Draft, usual_uses
from portal.enrollment.forms import LimitsForm, show_local
from portal.enrollment.models import Grant
from portal.enrollment.views.code_pages import Kind, timezone
from portal.web.context import now, session
from portal.web.identity import current_identity


def show_new(kind: Kind) -> str:
    """The editor of a code that does not exist yet."""
    zone = timezone()
    first = {"expires_at": show_local(now() + kind.editor.life, zone), "max_uses": str(kind.editor.uses)}
    return _show(kind, _form(kind, zone, first))


def show_saved(kind: Kind, grant: Grant) -> str:
    """The editor of a code as it stands."""
    zone = timezone()
    values = {
        "version": str(grant.version),
        "description": grant.description,
        "user_id": targets.public_id_of_user(session(), grant.user_id),
        "expires_at": show_local(grant.expires_at, zone),
        "not_before": show_local(grant.not_before, zone),
        "max_uses": str(grant.max_uses or ""),
        "requires_approval": grant.requires_approval,
        "allowed_networks": "\n".join(grant.allowed_networks),
        "tags": ", ".join(grant.tags),
    }
    return _show(kind, _form(kind, zone, values | kind.editor.values(grant)), grant)


def read(kind: Kind, grant: Grant | None = None) -> tuple[LimitsForm, Draft]:
    """What was typed: the form, and what it says. ``grant``: the one that is edited."""
    form = _form(kind, timezone())
    user_id = targets.find_user_id(session(), current_identity().account_id, form["user_id"].data or "")
    kept = {"expires_at": grant.expires_at, "not_before": grant.not_before} if grant else {}
    return form, kind.editor.draft(form, user_id=user_id, kept=kept)


def show_faults(kind: Kind, form: LimitsForm, faults: grants.Faults, grant: Grant | None = None) -> tuple[str, int]:
    """What was typed, with a sentence at each field that is wrong."""
    form.refuse(faults.errors)
    return _show(kind, form, grant), 422


def show_conflict(kind: Kind, form: LimitsForm, found: grants.Conflict, grant: Grant) -> tuple[str, int]:
    """What was typed, and what somebody else saved meanwhile. Saving it again puts it in the place of that."""
    form.version.data = str(found.version)
    names = list(dict.fromkeys(change.actor_name for change in found.changes))
    labels = [form[change.field].label.text for change in found.changes if change.field in form]
    conflict = {"who": " and ".join(names) or "Somebody else", "noun": kind.noun, "changed": ", ".join(labels)}
    return _show(kind, form, grant, conflict), 409


def _show(kind: Kind, form: LimitsForm, grant: Grant | None = None, conflict: dict[str, Any] | None = None) -> str:
    """The editor with what the form holds."""
    return render_template(
        kind.editor.template,
        form=form,
        title=f"Edit {grant.description}" if grant else f"Add {kind.noun}",
        action=kind.href("edit", public_id=grant.public_id) if grant else kind.href("new"),
        cancel_href=kind.href("index"),
        back_label=kind.title,
        conflict=conflict,
        usual_uses={} if grant else {one: usual_uses(one) for one in ACTIONS},
    )


def _form(kind: Kind, zone: str, values: dict[str, Any] | None = None) -> LimitsForm:
    """With these values, or else with what was sent."""
    people = targets.list_people(session(), current_identity().account_id)
    return kind.editor.form(formdata=None if values else request.form, timezone=zone, people=people, data=values or {})
