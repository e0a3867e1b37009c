"""Archiving, restoring and deleting, one record or many."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from portal.accounts import staffing
from portal.lib import clock
from portal.records import bulk as many
from portal.records import deletion, lists, operations
from portal.records.filters import RecordFilter
from portal.records.models import Record
from portal.records.views import photos
from portal.records.views.records import own_account, own_record, records
from portal.stickers import operations as stickers
from portal.visits import messaging
from portal.visits import operations as visits
from portal.visits.models import Scan
from portal.web.context import now, session
from portal.web.identity import current_identity


@records.post("/<public_id>/archive")
def archive(public_id: str) -> Response:
    """Takes a record out of the lists."""
    record = operations.archive_record(session(), own_record(public_id), now=now(), actor=current_identity().actor)
    session().commit()
    flash(f"{record.name} is archived. Whoever scans its sticker is told so.", "success")
    return redirect(url_for("admin.records.show", public_id=public_id), 303)


@records.post("/<public_id>/restore")
def restore(public_id: str) -> Response:
    """Brings a record back."""
    record = operations.restore_record(session(), own_record(public_id), now=now(), actor=current_identity().actor)
    session().commit()
    flash(f"{record.name} is restored.", "success")
    return redirect(url_for("admin.records.show", public_id=public_id), 303)


@records.route("/<public_id>/delete", methods=["GET", "POST"])
def delete(public_id: str) -> ResponseReturnValue:
    """Names and counts what hangs on the record, then deletes it."""
    record = own_record(public_id)
    if request.method != "POST":
        return render_template("records/delete.html", record=record, consequences=_consequences(record))
    name, kind, photo_key, moment = record.name, record.kind, record.photo_key, now()
    operations.lock_account(session(), record.account_id)
    stickers.revoke_all_for_record(session(), record.account_id, record.id, moment)
    visits.forget_record(session(), record.account_id, record.id)
    messaging.forget_record(session(), record.account_id, record.id)
    staffing.forget_contact(session(), record.account_id, record.id)
    deletion.delete_record(session(), record, now=moment, actor=current_identity().actor)
    session().commit()
    photos.drop_unused(session(), photo_key, "")
    flash(f"{name} is deleted.", "success")
    return redirect(url_for("admin.records.index", kind=kind), 303)


@records.post("/bulk")
def bulk() -> ResponseReturnValue:
    """Archives or restores the ticked records, or all that a filter means, after saying how many that are."""
    action = request.form.get("action", "")
    if action not in ("archive", "restore"):
        abort(400)
    account, me = own_account(), current_identity()
    back = RecordFilter.from_query_string(request.form.get("back", ""))
    back_href = url_for("admin.records.index", **back.to_args())
    ids = _selected(account.id, account.timezone)
    if not ids:
        flash("Tick at least one record first.", "error")
        return redirect(back_href, 303)
    if not request.form.get("confirmed"):
        return render_template(
            "records/bulk.html", action=action, count=len(ids), pairs=_pairs(), back_href=back_href, back=back
        )
    verb = many.archive_many if action == "archive" else many.restore_many
    count = verb(session(), account.id, ids, now=now(), actor=me.actor)
    session().commit()
    flash(f"{count:,} {'record is' if count == 1 else 'records are'} {action}d.", "success")
    return redirect(back_href, 303)


def _selected(account_id: int, timezone: str) -> list[int]:
    """The row ids that a form names: by its filter when it carries one, else by its ticks."""
    if "filter" in request.form:
        filter = RecordFilter.from_query_string(request.form["filter"])
        return lists.list_ids(session(), account_id, filter, None, today=clock.today_in(timezone, now()))
    return lists.list_by_public_ids(session(), account_id, request.form.getlist("record"))


def _pairs() -> list[tuple[str, str]]:
    """What the confirming form sends again."""
    if "filter" in request.form:
        return [("filter", request.form["filter"])]
    return [("record", public_id) for public_id in request.form.getlist("record")]


def _consequences(record: Record) -> list[str]:
    """What follows from a deletion, in sentences with numbers."""
    counts = deletion.count_consequences(session(), record.account_id, record.id)
    scans = session().scalar(
        select(func.count()).select_from(Scan).where(Scan.account_id == record.account_id, Scan.record_id == record.id)
    )
    sentences = [
        f"{record.name} is removed for good with its notes and photo. Archiving keeps them.",
        "Its sticker stops working: whoever scans it is told that it was revoked.",
    ]
    for count, words in (
        (counts.owner_of, "without their owner"),
        (counts.supervisor_of, "without their supervisor"),
        (counts.location_of, "without their location"),
    ):
        if count:
            sentences.append(f"{_many(count, 'record')} will be left {words}.")
    if counts.expirations:
        sentences.append(f"{_many(counts.expirations, 'expiration')} will be deleted with it.")
    if scans:
        sentences.append(f"{_many(scans, 'scan')} will stay in the log without its name.")
    return sentences


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
