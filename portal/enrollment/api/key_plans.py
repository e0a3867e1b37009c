"""The pairing QR code by mail, and the planned rotation of its key, for programs of an admin; no phone may use them."""

from datetime import datetime, timedelta
from typing import Any

from marshmallow import fields

from portal.accounts.names import has_email
from portal.accounts.queries import get_account
from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.problems import DoesNotFit
from portal.api.schemas import ApiSchema, Flag, Line, Moment, Whole
from portal.enrollment import grants, installation_keys, pairing
from portal.enrollment.installation_keys import LONGEST_OVERLAP_HOURS, LONGEST_PERIOD_DAYS
from portal.enrollment.models import KeyRotation
from portal.web.context import now, portal, session
from portal.web.mailer import render

key_plans = ApiBlueprint(
    "key_plans",
    __name__,
    url_prefix="/admin",
    description="The pairing QR code by mail; planned rotations of its key.",
)

FARTHEST = timedelta(days=365)
PLAN = "/installation-key/plan"


class MailRequest(ApiSchema):
    """To whom the QR code goes."""

    recipient = Line(
        pairing.LONGEST_USERNAME,
        shortest=1,
        required=True,
        metadata={"description": "Somebody of the company with an e-mail, by what they sign in with."},
    )
    is_prefilled = Flag(load_default=True, metadata={"description": "Whether it pre-fills their username."})


class MailDocument(ApiSchema):
    """Where the QR code goes."""

    recipient = fields.String(required=True)


class PlanRequest(ApiSchema):
    """When the key is rotated, and how."""

    next_at = Moment(required=True, metadata={"description": "Still to come, within 365 days."})
    every_days = Whole(
        1,
        LONGEST_PERIOD_DAYS,
        allow_none=True,
        load_default=None,
        metadata={"description": "Then again every so many days; null: once."},
    )
    overlap_hours = Whole(
        0,
        LONGEST_OVERLAP_HOURS,
        load_default=0,
        metadata={"description": "How long phones may move; 0: the old key is cut. Not longer than every_days."},
    )


class PlannedDocument(ApiSchema):
    """The planned rotation."""

    next_at = Moment(required=True)
    every_days = fields.Integer(required=True, allow_none=True)
    overlap_hours = fields.Integer(required=True)
    planned_by = fields.String(required=True)


class PlanDocument(ApiSchema):
    """What is planned."""

    plan = fields.Nested(PlannedDocument, required=True, allow_none=True, metadata={"description": "null: nothing."})


@key_plans.route("/pairing-qr/send", methods=["POST"])
@key_plans.arguments(MailRequest)
@key_plans.response(202, MailDocument)
@key_plans.alt_response(409)
def send(given: dict[str, Any]) -> dict[str, str]:
    """Sends the QR code to one of the company's people by mail. 409: nobody of it, or somebody without an e-mail."""
    me, own = caller(), portal()
    account = get_account(session(), me.account_id)
    member = pairing.find_member(session(), account.id, given["recipient"])
    if member is None:
        raise DoesNotFit({"recipient": ["Nobody in the company signs in with this."]})
    if not has_email(member.user.email):
        raise DoesNotFit({"recipient": [f"{member.user.name} has no e-mail. Show the QR code, or print it."]})
    pairing.send(
        session(),
        own.key_ring,
        grants.ensure_installation_key(session(), own.key_ring, account.id, now()),
        account,
        member,
        public_url=own.settings.public_url,
        is_prefilled=given["is_prefilled"],
        render=render,
        actor=me.actor,
        now=now(),
    )
    answer = {"recipient": member.user.email}
    session().commit()
    return answer


@key_plans.route(PLAN)
@key_plans.response(200, PlanDocument)
def show() -> dict[str, Any]:
    """The planned rotation of the installation key."""
    return _document(installation_keys.find_plan(session(), caller().account_id))


@key_plans.route(PLAN, methods=["PUT"])
@key_plans.arguments(PlanRequest)
@key_plans.response(200, PlanDocument)
@key_plans.alt_response(409)
def save(given: dict[str, Any]) -> dict[str, Any]:
    """Plans a rotation in place of the one before. 409: the moment is past or too far, or the overlap too long."""
    me, moment = caller(), now()
    errors = _check(given, moment)
    if errors:
        raise DoesNotFit(errors)
    answer = _document(installation_keys.plan(session(), account_id=me.account_id, actor=me.actor, now=moment, **given))
    session().commit()
    return answer


@key_plans.route(PLAN, methods=["DELETE"])
@key_plans.response(204)
def cancel() -> None:
    """Cancels the plan. The key stays as it is; a second time changes nothing."""
    me = caller()
    installation_keys.cancel_plan(session(), account_id=me.account_id, actor=me.actor, now=now())
    session().commit()


def _check(given: dict[str, Any], moment: datetime) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not moment < given["next_at"] <= moment + FARTHEST:
        errors["next_at"] = [f"Choose a moment that is still to come, within {FARTHEST.days} days."]
    if given["every_days"] and given["overlap_hours"] > given["every_days"] * 24:
        errors["overlap_hours"] = ["The overlap would be longer than the time between two rotations."]
    return errors


def _document(row: KeyRotation | None) -> dict[str, Any]:
    if row is None:
        return {"plan": None}
    planned = {name: getattr(row, name) for name in ("next_at", "every_days", "overlap_hours")}
    return {"plan": planned | {"planned_by": row.planned_by_name}}
