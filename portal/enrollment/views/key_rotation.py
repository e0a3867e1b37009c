"""Rotation of the installation key: at once or with an overlap, now or by a plan, and how many phones have moved."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.accounts.models import Account
from portal.accounts.queries import get_account
from portal.devices.wording import many
from portal.enrollment import installation_keys, pairing
from portal.enrollment.forms import show_local
from portal.enrollment.models import KeyRotation
from portal.enrollment.queries import current_key
from portal.enrollment.views.mobile_setup_forms import PlanForm, RotateForm
from portal.errors import NotFound
from portal.lib.clock import show_moment
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

NOT_THIS_KEY = (
    "The key was rotated a moment ago, or you work in another company now: "
    "this is the newest QR code. Nothing more was changed."
)

NOT_THIS_COMPANY = "You work in another company now: this is its page. Nothing was changed or sent."

key_rotation = Blueprint("key_rotation", __name__, url_prefix="/mobile-setup/rotate")


@key_rotation.before_request
def refuse_other_company() -> Response | None:
    """A form left open while the company was switched sends and plans nothing for the other one."""
    own = current_identity().account_public_id
    if request.form.get("company", own) == own:
        return None
    flash(NOT_THIS_COMPANY, "info")
    return redirect(url_for("admin.mobile_setup.index"), 303)


@key_rotation.get("")
def ask() -> str:
    """What a rotation does to how many phones, and the two ways of doing it."""
    return _question(RotateForm(formdata=None))


@key_rotation.post("")
def rotate() -> ResponseReturnValue:
    """A new key. The QR codes of the old one stop."""
    form, me = RotateForm(), current_identity()
    hours = form.overlap_hours() if form.validate() else None
    if hours is None:
        return _question(form), 422
    if not installation_keys.is_current(session(), me.account_id, form.key.data or ""):
        flash(NOT_THIS_KEY, "info")
        return redirect(url_for("admin.mobile_setup.index"), 303)
    made = installation_keys.rotate(
        session(), portal().key_ring, account_id=me.account_id, overlap_hours=hours, actor=me.actor, now=now()
    )
    generation = made.generation
    session().commit()
    flash(f"The key was rotated. QR code number {generation} is the one to show and print now.", "success")
    return redirect(url_for("admin.mobile_setup.index"), 303)


@key_rotation.get("/plan")
def plan() -> str:
    """The form of the plan."""
    account = _account()
    form = PlanForm(formdata=None, timezone=account.timezone)
    row = installation_keys.find_plan(session(), account.id)
    if row is not None:
        form.process(data=_planned(row, account.timezone))
    return _plan_page(form, row)


@key_rotation.post("/plan")
def save_plan() -> ResponseReturnValue:
    """Saves the plan in place of the one before."""
    account = _account()
    form = PlanForm(timezone=account.timezone)
    planned = form.read(now()) if form.validate() else None
    if planned is None:
        return _plan_page(form, installation_keys.find_plan(session(), account.id)), 422
    installation_keys.plan(
        session(),
        account_id=account.id,
        next_at=planned.next_at,
        every_days=planned.every_days,
        overlap_hours=planned.overlap_hours,
        actor=current_identity().actor,
        now=now(),
    )
    session().commit()
    flash("The plan is saved.", "success")
    return redirect(url_for("admin.mobile_setup.index", _anchor="rotation"), 303)


@key_rotation.post("/plan/cancel")
def cancel_plan() -> Response:
    """No rotation by itself any more."""
    me = current_identity()
    installation_keys.cancel_plan(session(), account_id=me.account_id, actor=me.actor, now=now())
    session().commit()
    flash("The plan is cancelled. The key stays as it is.", "success")
    return redirect(url_for("admin.mobile_setup.index", _anchor="rotation"), 303)


def rotation_values(account: Account) -> dict[str, Any]:
    """The rotation as the page shows it: how far the last one is, and what is planned."""
    progress = installation_keys.progress(session(), account.id, now())
    row = installation_keys.find_plan(session(), account.id)
    key = current_key(session(), account.id)
    return {
        "moved": progress.moved,
        "total": progress.total,
        "left": progress.names_left,
        "unnamed": progress.total - progress.moved - len(progress.names_left),
        "since": show_moment(key.created_at, account.timezone) if key else "",
        "is_first": key is None or key.generation == 1,
        "ending": [
            (one.generation, show_moment(one.superseded_at, account.timezone))
            for one in installation_keys.list_ending(session(), account.id, now())
            if one.superseded_at is not None
        ],
        "plan": _plan_words(row, account.timezone) if row else "",
    }


def _account() -> Account:
    return get_account(session(), current_identity().account_id)


def _question(form: RotateForm) -> str:
    account = _account()
    key = current_key(session(), account.id)
    if key is None:
        raise NotFound("no installation key yet")
    return render_template(
        "enrollment/key_rotation.html",
        form=form,
        key=key.public_id,
        company=account.name,
        consequences=_consequences(pairing.count_paired(session(), account.id, now()), key.generation or 1),
    )


def _consequences(paired: pairing.Paired, generation: int) -> list[str]:
    """What each way of rotating does, with the numbers of this company."""
    codes = (
        f"QR code number {generation} and every printed copy of it stop working. Show or print number {generation + 1}."
    )
    if not paired.total:
        return ["No phone is paired with it.", codes]
    by_itself = "moves by itself" if paired.signed_in == 1 else "move by themselves"
    moving = f"{many(paired.signed_in, 'phone')} with somebody signed in {by_itself}" if paired.signed_in else ""
    waiting = f"{many(paired.waiting, 'phone')} without must scan the new code before it ends" if paired.waiting else ""
    return [
        f"{many(paired.total, 'phone')} {'is' if paired.total == 1 else 'are'} paired with it: "
        f"somebody is signed in on {paired.signed_in:,}, nobody on {paired.waiting:,}.",
        codes,
        f"Cut now: {'that phone stops at its' if paired.total == 1 else f'all {paired.total:,} stop at their'} "
        "next token refresh and must scan the new code.",
        f"Overlap: {'; '.join(filter(None, (moving, waiting)))}.",
    ]


def _plan_page(form: PlanForm, row: KeyRotation | None) -> str:
    timezone = form.timezone
    return render_template(
        "enrollment/key_rotation_plan.html",
        form=form,
        company_id=current_identity().account_public_id,
        plan=_plan_words(row, timezone) if row else "",
        paired=pairing.count_paired(session(), current_identity().account_id, now()),
    )


def _planned(row: KeyRotation, timezone: str) -> dict[str, Any]:
    """The plan as the form's values."""
    by_days = row.overlap_hours % 24 == 0
    return {
        "next_at": show_local(row.next_at, timezone),
        "every_days": str(row.every_days or ""),
        "mode": "overlap" if row.overlap_hours else "cut",
        "overlap": str((row.overlap_hours // 24 if by_days else row.overlap_hours) or 14),
        "unit": "days" if by_days else "hours",
    }


def _plan_words(row: KeyRotation, timezone: str) -> str:
    """The plan as one sentence."""
    period = "day" if row.every_days == 1 else f"{row.every_days} days"
    again = f", then every {period}" if row.every_days else ""
    return f"{show_moment(row.next_at, timezone)}{again}, {overlap_words(row.overlap_hours)}"


def overlap_words(hours: int) -> str:
    """0 -> 'cutting at once'; 336 -> 'with 14 days to move'."""
    if not hours:
        return "cutting at once"
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"with {count} {unit}{'' if count == 1 else 's'} to move"
