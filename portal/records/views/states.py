"""The state of a record: in use, out of order, lost, stolen or retired."""

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from portal.records import operations
from portal.records.states import STATES
from portal.records.views.records import own_account, own_record, records
from portal.web.context import now, session
from portal.web.identity import current_identity


@records.post("/<public_id>/state")
def set_state(public_id: str) -> Response:
    """Says in which state the record is from now on."""
    record, state = own_record(public_id), request.form.get("state")
    if state not in STATES:
        abort(400, "That is not a state that a record can be in.")
    operations.update_record(
        session(),
        record,
        account=own_account(),
        values={"state": state},
        now=now(),
        actor=current_identity().actor,
    )
    session().commit()
    flash(f"{record.name} is {state}.", "success")
    return redirect(url_for("admin.records.show", public_id=public_id), 303)
