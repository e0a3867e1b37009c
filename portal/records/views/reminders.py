"""The page behind a link in a reminder mail: looking changes nothing, a button stops or puts off. No sign-in."""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.accounts.queries import get_account
from portal.lib.clock import today_in
from portal.records import reminders as rules
from portal.records.expirations import when
from portal.records.models import Expiration
from portal.web.context import now, portal, session

reminders = Blueprint("reminders", __name__, url_prefix="/reminders")

STOP = "stop"
RESUME = "resume"


@reminders.get("/<public_id>/<signature>")
def show(public_id: str, signature: str) -> str:
    """The paper, and what can be answered."""
    expiration = _signed(public_id, signature)
    account = get_account(session(), expiration.account_id)
    today = today_in(account.timezone, now())
    snoozed = expiration.snoozed_until_on
    return render_template(
        "records/reminder.html",
        expiration=expiration,
        record=expiration.record,
        company=account.name,
        when=when(expiration.expires_on, today),
        is_over=expiration.expires_on < today,
        is_open=expiration.renewed_at is None and expiration.record.archived_at is None,
        is_stopped=expiration.acknowledged_at is not None,
        snoozed_until=snoozed.isoformat() if snoozed and snoozed > today else "",
        snooze_days=rules.SNOOZE_DAYS,
        action=request.path,
    )


@reminders.post("/<public_id>/<signature>")
def answer(public_id: str, signature: str) -> ResponseReturnValue:
    """``answer`` is stop, resume, or a number of days to put it off."""
    expiration = _signed(public_id, signature)
    given = request.form.get("answer", "")
    if given == STOP:
        rules.acknowledge(session(), expiration, now=now())
    elif given == RESUME:
        rules.resume(session(), expiration, now=now())
    elif given in map(str, rules.SNOOZE_DAYS):
        today = today_in(get_account(session(), expiration.account_id).timezone, now())
        rules.snooze(session(), expiration, today + timedelta(days=int(given)), now=now())
    else:
        abort(400)
    session().commit()
    flash("Saved.", "success")
    return redirect(request.path, 303)


def _signed(public_id: str, signature: str) -> Expiration:
    expiration = rules.find_signed(session(), portal().key_ring, public_id, signature)
    if expiration is None:
        abort(404)
    return expiration
