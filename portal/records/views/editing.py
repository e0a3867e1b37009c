"""New records and changed ones."""

from collections.abc import Mapping
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from portal.accounts.models import Account
from portal.lib import clock
from portal.lib.phones import show_phone
from portal.lib.secrets import digest, make_public_id
from portal.records import lists, operations, queries
from portal.records.conflicts import Conflict
from portal.records.filters import RecordFilter
from portal.records.forms import Choices, record_form, refuse
from portal.records.kinds import BY_NAME, KINDS, VEHICLE, Kind
from portal.records.models import Record
from portal.records.views import listing, photos, showing
from portal.records.views.records import own_account, own_record, records
from portal.stickers import operations as stickers
from portal.web.context import now, session
from portal.web.identity import current_identity

FIRST_CHOICES = 500  # without scripts a select offers these; with them it searches all


@records.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """A new record of ``?kind=``, with its sticker."""
    kind = BY_NAME.get(request.values.get("kind", VEHICLE))
    if kind is None:
        abort(404)
    if request.method != "POST":
        return _new_page(kind, _form(kind, {"form_key": make_public_id()}))
    upload, moment = photos.read_upload(), now()
    account, form = own_account(), _form(kind)
    operations.lock_account(session(), account.id)
    sent_before = queries.find_record(session(), account.id, _public_id(form, account.id))
    if sent_before is not None:  # the form came twice: a double click, a reload
        return redirect(url_for("admin.records.show", public_id=sent_before.public_id), 303)
    outcome = _create(account, kind, form, upload, moment)
    if isinstance(outcome, operations.Refusal):
        refuse(form, outcome.errors)
        return _new_page(kind, form), 422
    stickers.issue(session(), account_id=account.id, record_id=outcome.id, now=moment)
    photos.store(upload)
    session().commit()
    flash(f"{outcome.name} is saved. Its QR code is ready to print.", "success")
    return redirect(url_for("admin.records.show", public_id=outcome.public_id), 303)


@records.route("/<public_id>/edit", methods=["GET", "POST"])
def edit(public_id: str) -> ResponseReturnValue:
    """Changes a record. The second of two who save is told who changed what, and keeps what they typed."""
    upload = photos.read_upload() if request.method == "POST" else photos.Upload()
    account, record = own_account(), own_record(public_id)
    kind, old_key = BY_NAME[record.kind], record.photo_key
    if request.method != "POST":
        return _edit_page(record, _form(kind, _typed(account, record), record))
    form = _form(kind, record=record)
    outcome = _update(account, record, form, upload)
    if isinstance(outcome, Conflict):
        form["version"].data = str(outcome.version)
        return _edit_page(record, form, outcome, photo_again=upload.photo is not None), 409
    if isinstance(outcome, operations.Refusal):
        refuse(form, outcome.errors)
        return _edit_page(record, form), 422
    new_key = outcome.photo_key
    photos.store(upload)
    session().commit()
    photos.drop_unused(session(), old_key, new_key)
    flash(f"{outcome.name} is saved.", "success")
    return redirect(url_for("admin.records.show", public_id=public_id), 303)


def _create(
    account: Account, kind: Kind, form: Form, upload: photos.Upload, moment: datetime
) -> Record | operations.Refusal:
    if upload.error:
        return operations.Refusal({"photo": upload.error})
    return operations.create_record(
        session(),
        account=account,
        kind=kind.name,
        values=_values(form, kind, account.id),
        now=moment,
        actor=current_identity().actor,
        photo_key=upload.key or "",
        public_id=_public_id(form, account.id),
    )


def _update(
    account: Account, record: Record, form: Form, upload: photos.Upload
) -> Record | operations.Refusal | Conflict:
    if upload.error:
        return operations.Refusal({"photo": upload.error})
    return operations.update_record(
        session(),
        record,
        account=account,
        values=_values(form, BY_NAME[record.kind], account.id),
        now=now(),
        actor=current_identity().actor,
        seen_version=_seen_version(),
        photo_key=upload.key,
    )


def _seen_version() -> int | None:
    """The version that the page showed. A program that sends no version has seen none and asks for no comparison;
    one that is no number has seen nothing that still stands."""
    seen = request.form.get("version")
    if seen is None:
        return None
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0


def _form(kind: Kind, data: Mapping[str, str] | None = None, record: Record | None = None) -> Form:
    """The kind's form, from ``data`` or, without, from what was sent."""
    choices = {
        field.name: _choices(field.reference, _chosen(field.name, record))
        for field in kind.fields
        if field.type == "reference"
    }
    return record_form(kind, choices)(None if data is not None else request.form, data=data)


def _chosen(name: str, record: Record | None) -> list[str]:
    """Public ids that a select must offer whatever else it offers: what was sent, and what stands."""
    links = queries.find_links(session(), record.account_id, [getattr(record, name)]) if record else {}
    return [request.form.get(name, ""), *(link.public_id for link in links.values())]


def _choices(kind: str, chosen: list[str]) -> Choices:
    account = own_account()
    today = clock.today_in(account.timezone, now())
    page = lists.list_page(session(), account.id, RecordFilter(kind=kind), today=today, limit=FIRST_CHOICES)
    options = {line.columns.public_id: listing.choice(line.columns) for line in page.lines}
    for public_id in chosen:
        record = queries.find_record(session(), account.id, public_id) if public_id else None
        if record is not None:
            options.setdefault(record.public_id, listing.choice(record))
    return list(options.items())


def _typed(account: Account, record: Record) -> dict[str, str]:
    """A record as its form shows it."""
    links = queries.find_links(session(), account.id, (record.owner_id, record.location_id, record.supervisor_id))
    typed = {"version": str(record.version)}
    for field in BY_NAME[record.kind].form_fields:
        value = getattr(record, field.name)
        if field.type == "reference":
            typed[field.name] = links[value].public_id if value in links else ""
        elif field.type == "phone" and value:
            # With its +code, so that a change of the company's country cannot turn it into another number.
            typed[field.name] = show_phone(value, "")
        else:
            typed[field.name] = "" if value is None else str(value)
    return typed


def _values(form: Form, kind: Kind, account_id: int) -> dict[str, str | int | None]:
    """What was sent, by column; another record's public id becomes its row id, 0 when there is none. Fields that the
    form left out are left alone."""
    values: dict[str, str | int | None] = {}
    for field in kind.form_fields:
        if field.name not in request.form:
            continue
        typed = form[field.name].data or ""
        if field.type != "reference":
            values[field.name] = typed
        elif not typed:
            values[field.name] = None
        else:
            target = queries.find_record(session(), account_id, typed)
            values[field.name] = target.id if target else 0
    return values


def _public_id(form: Form, account_id: int) -> str:
    """The new record's public id: the same each time this form is sent, and never one of another account."""
    key = form["form_key"].data or ""
    return digest(f"{account_id}:{key}")[:16] if key else ""


def _new_page(kind: Kind, form: Form) -> str:
    return render_template("records/new.html", kind=kind, kinds=KINDS, form=form, groups=groups(kind))


def _edit_page(record: Record, form: Form, conflict: Conflict | None = None, *, photo_again: bool = False) -> str:
    timezone = own_account().timezone
    told = conflict and {
        "who": " and ".join(conflict.who),
        "at": clock.show_moment(conflict.at, timezone),
        "changes": [(one.label, showing.words(one.before), showing.words(one.after)) for one in conflict.changes],
        "photo_again": photo_again,
    }
    kind = BY_NAME[record.kind]
    thumb = listing.photo_href(record.public_id, record.photo_key, "thumb")
    return render_template(
        "records/edit.html", record=record, kind=kind, form=form, groups=groups(kind), conflict=told, thumb=thumb
    )


def groups(kind: Kind) -> list[tuple[str, list[tuple[str, str]]]]:
    """The form's panels: a title and its fields, each with the kind that it picks from ("" for typed ones)."""
    parts: dict[str, list[tuple[str, str]]] = {kind.label: [], "People and place": [], "Notes": []}
    for field in kind.form_fields:
        notes = field.name in ("visitor_notes", "private_notes")
        title = "People and place" if field.reference else "Notes" if notes else kind.label
        parts[title].append((field.name, field.reference))
    return list(parts.items())
