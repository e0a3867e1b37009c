"""Settings, Outgoing mail (with text messages) and Jobs: what waits, went and died, and another try for the dead."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import get_account
from portal.enrollment import mailed
from portal.jobs import lists
from portal.jobs.mails import opened
from portal.jobs.models import BY_SMS, DEAD, DONE, QUEUED, RUNNING, Job, Mail
from portal.lib.clock import show_moment
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

outgoing = Blueprint("outgoing", __name__, url_prefix="/settings")

KINDS = {
    "records.import": "Import",
    "labels.print": "Label sheets",
    "records.remind": "Reminders of the day",
}
STATES = (DEAD, QUEUED, DONE)


@dataclass(frozen=True)
class Line:
    """A mail or a job in a list. ``state`` is the word on its badge; ``may_retry``: it is dead, and not for good."""

    public_id: str
    title: str
    detail: str
    state: str
    fault: str
    at: str
    may_retry: bool


@outgoing.get("/outgoing-mail")
def mails() -> str:
    """The mails of the company, the newest first; ``?state=dead`` only the dead."""
    me = current_identity()
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    rows = lists.list_mails(session(), me.account_id, state=state, before_id=_before())
    timezone = get_account(session(), me.account_id).timezone
    return render_template(
        "jobs/mails.html",
        lines=[_mail_line(row, timezone) for row in rows[: lists.PAGE]],
        older=_older("admin.outgoing.mails", rows, state=state or None),
        state=state,
        dead_count=lists.count_dead(session(), me.account_id, Mail),
        server=portal().settings.mail_server,
        gateway=portal().settings.sms_gateway,
        timezone=timezone,
    )


@outgoing.get("/outgoing-mail/<public_id>")
def mail(public_id: str) -> str:
    """One mail with its text."""
    me = current_identity()
    row = lists.get_mail(session(), me.account_id, public_id)
    timezone = get_account(session(), me.account_id).timezone
    return render_template(
        "jobs/mail.html",
        mail=row,
        line=_mail_line(row, timezone),
        is_sms=row.channel == BY_SMS,
        text=opened(portal().key_ring, row).text,
        sender=row.sender_name or me.account_name,
        sent=show_moment(row.sent_at, timezone) if row.sent_at else "",
        is_doubtful=row.handed_at is not None and row.sent_at is None,
        why_not=_why_not(row),
    )


@outgoing.post("/outgoing-mail/<public_id>/send")
def send_again(public_id: str) -> ResponseReturnValue:
    """Another try for a dead mail."""
    me = current_identity()
    row = lists.get_mail(session(), me.account_id, public_id)
    why_not = _why_not(row)
    woken = not why_not and lists.send_again(session(), row, actor=me.actor, now=now())
    session().commit()
    flash(*("It is tried again.", "success") if woken else (why_not or "It is not given up: nothing to do.", "info"))
    return redirect(url_for("admin.outgoing.mail", public_id=public_id), 303)


@outgoing.get("/jobs")
def jobs() -> str:
    """The work of the company in the background, the newest first."""
    me = current_identity()
    rows = lists.list_jobs(session(), me.account_id, before_id=_before())
    timezone = get_account(session(), me.account_id).timezone
    return render_template(
        "jobs/jobs.html",
        lines=[_job_line(row, timezone) for row in rows[: lists.PAGE]],
        older=_older("admin.outgoing.jobs", rows),
        dead_count=lists.count_dead(session(), me.account_id, Job),
        timezone=timezone,
    )


@outgoing.post("/jobs/<public_id>/run")
def run_again(public_id: str) -> ResponseReturnValue:
    """Another try for a dead job."""
    me = current_identity()
    row = lists.get_job(session(), me.account_id, public_id)
    woken = lists.run_again(session(), row, actor=me.actor, now=now())
    session().commit()
    flash(*("It is tried again.", "success") if woken else ("It is not given up: nothing to do.", "info"))
    return redirect(url_for("admin.outgoing.jobs"), 303)


def _why_not(row: Mail) -> str:
    """Why an unsent mail must not go out any more; "" when it may, or has."""
    return mailed.why_not(session(), portal().key_ring, row, now()) if row.state in (DEAD, QUEUED) else ""


def _mail_line(row: Mail, timezone: str) -> Line:
    settings, is_sms = portal().settings, row.channel == BY_SMS
    server = settings.sms_gateway if is_sms else settings.mail_server
    is_kept = server is None and row.state == QUEUED
    waiting = "kept, not sent" if is_kept else "retrying" if row.try_count else "waiting"
    words = {QUEUED: waiting, RUNNING: "running", DONE: "sent", DEAD: "not sent"}
    return Line(
        public_id=row.public_id,
        title=row.subject,
        detail=f"SMS to {row.recipient}" if is_sms else f"to {row.recipient}",
        state=words[row.state],
        fault=row.fault,
        at=show_moment(row.created_at, timezone),
        may_retry=row.state == DEAD and not _why_not(row),
    )


def _job_line(row: Job, timezone: str) -> Line:
    words = {QUEUED: "retrying" if row.try_count else "waiting", RUNNING: "running", DONE: "done", DEAD: "failed"}
    return Line(
        public_id=row.public_id,
        title=KINDS.get(row.kind, row.kind),
        detail=row.payload.get("file_name", ""),
        state=words[row.state],
        fault=row.fault,
        at=show_moment(row.created_at, timezone),
        may_retry=row.state == DEAD,
    )


def _before() -> int:
    """The id below which the page goes on; 0 for the newest."""
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _older(endpoint: str, rows: list[Any], **values: Any) -> str:
    """Where older ones are; "" on the last page."""
    return url_for(endpoint, before=rows[lists.PAGE - 1].id, **values) if len(rows) > lists.PAGE else ""
