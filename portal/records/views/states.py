"""The state of a record: in use, out of order, lost, stolen or retired."""

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from portal.records import operations
from portal.records.models import Record
from portal.records.views.records import own_account, own_record, records
from portal.web.context import now, session
from portal.web.identity import current_identity


@records.post("/<public_id>/state")
def set_state(public_id: str) -> Response:
    """Says in which state the record is from now on."""
    record = operations.update_record(
        session(),
        own_record(public_id),
        account=own_account(),
        values={"state": request.form.get("state", "")},
        now=now(),
        actor=current_identity().actor,
    )
    if not isinstance(record, Record):
        abort(400, "That is not a state that a record can be in.")
    session().commit()
    flash(f"{record.name} is {record.state}.", "success")
    return redirect(url_for("admin.records.show", public_id=public_id), 303)
