"""Mobile App for programs: a one-time QR code for one's own phone, and how far it is."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.api.blueprints import ApiBlueprint
from portal.api.callers import Caller, caller
from portal.api.devices import STATUSES
from portal.api.problems import problem
from portal.api.schemas import ApiSchema, Moment
from portal.enrollment import grants, onboarding
from portal.web.context import now, portal, session

mobile_app = ApiBlueprint("mobile_app", __name__, description="One-time QR codes that connect one's own phone.")


class OfferSchema(ApiSchema):
    """A code, shown once."""

    id = fields.String(required=True)
    token = fields.String(required=True, metadata={"description": "The one-time secret, for exchange-token."})
    payload = fields.String(required=True, metadata={"description": "The link that the QR code holds."})
    svg = fields.String(required=True, metadata={"description": "The QR code as a picture."})
    code = fields.String(required=True, metadata={"description": "The same way in for typing: BCDF-GHJK."})
    api_url = fields.String(required=True)
    site_name = fields.String(required=True)
    logo_url = fields.String(required=True)
    expires_at = Moment(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})


class JoinedSchema(ApiSchema):
    """The phone that used the code."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    platform = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})


class ProgressSchema(ApiSchema):
    """How far a code is. Seconds are those of the moment of the answer."""

    state = fields.String(
        required=True,
        metadata={
            "enum": [
                onboarding.WAITING,
                onboarding.USED,
                onboarding.TAKEN_BACK,
                onboarding.EXPIRED,
                onboarding.SUPERSEDED,
            ]
        },
    )
    seconds_left = fields.Integer(required=True)
    undo_seconds_left = fields.Integer(required=True)
    device = fields.Nested(JoinedSchema, required=True, allow_none=True)


@mobile_app.route("/admin/app/generate-qr", methods=["POST"])
@mobile_app.response(201, OfferSchema)
def generate_qr() -> dict[str, Any]:
    """Generates a QR code for the caller's own phone: 5 minutes, one use. The caller's unspent one stops working."""
    me, moment = caller(), now()
    made = grants.make_onboarding(
        session(), portal().key_ring, account_id=me.account_id, user_id=_person(me), actor=me.actor, now=moment
    )
    offer = onboarding.draw(
        public_url=portal().settings.public_url,
        account_public_id=me.account_public_id,
        account_name=me.account_name,
        grant=made.grant,
        secret=made.secret,
        code=made.typed_code,
    )
    session().commit()
    return vars(offer) | {"id": offer.grant_id, "expires_in": onboarding.seconds_until(offer.expires_at, moment)}


@mobile_app.route("/admin/app/grants/<public_id>")
@mobile_app.response(200, ProgressSchema)
def grant(public_id: str) -> dict[str, Any]:
    """How far a QR code of the caller's own is. Changes nothing."""
    return _progress(public_id)


@mobile_app.route("/admin/app/grants/<public_id>/undo", methods=["POST"])
@mobile_app.response(200, ProgressSchema)
@mobile_app.alt_response(409)
def undo(public_id: str) -> dict[str, Any] | Response:
    """Signs the phone out again that used the code within the last 60 seconds. A second time changes nothing."""
    me = caller()
    taken_back = onboarding.undo(
        session(), account_id=me.account_id, user_id=_person(me), public_id=public_id, actor=me.actor, now=now()
    )
    if taken_back is None:
        return problem(409, "No phone used it in the last 60 seconds. Revoke the device instead.", reason="too_late")
    answer = _progress(public_id)
    session().commit()
    return answer


def _progress(public_id: str) -> dict[str, Any]:
    me = caller()
    found = onboarding.get_own(session(), me.account_id, _person(me), public_id)
    progress = onboarding.follow(session(), found, now())
    device = progress.device
    return {
        "state": progress.state,
        "seconds_left": progress.seconds_left,
        "undo_seconds_left": progress.undo_seconds_left,
        "device": device
        and {"id": device.public_id, "name": device.name, "platform": device.platform, "status": device.status},
    }


def _person(me: Caller) -> int:
    """Behind these doors stands a browser, and a browser always has a person."""
    return me.user_id or 0
