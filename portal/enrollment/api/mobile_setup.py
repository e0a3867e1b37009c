"""The pairing QR code and the rotation of its key, for programs of an admin; no phone may use them."""

from typing import Any, ClassVar

from flask import Response
from marshmallow import fields

from portal.accounts.queries import get_account
from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.problems import DoesNotFit, problem
from portal.api.schemas import ApiSchema, Flag, Moment, Text, Whole
from portal.enrollment import grants, installation_keys, pairing
from portal.enrollment.installation_keys import LONGEST_OVERLAP_HOURS
from portal.web.context import now, portal, session

mobile_setup_doors = ApiBlueprint(
    "mobile_setup", __name__, url_prefix="/admin", description="The QR code that pairs phones with the company."
)


class PairingRequest(ApiSchema):
    """For whom the QR code is."""

    may_be_absent = True

    username = Text(
        pairing.LONGEST_USERNAME,
        load_default="",
        metadata={"description": "Pre-fills the sign-in and proves nothing; empty for everybody's code."},
    )


class PairingDocument(ApiSchema):
    """The QR code. Whoever scans it still signs in with their own password."""

    payload = fields.String(required=True, metadata={"description": "The link in the QR code."})
    svg = fields.String(required=True)
    api_url = fields.String(required=True)
    company = fields.String(required=True)
    username = fields.String(required=True)
    generation = fields.Integer(required=True, metadata={"description": "The number of the key, from 1."})


class RotationRequest(ApiSchema):
    """How the old key ends. Without fields it is cut at once."""

    rules: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"not": {"required": ["cut_now"]}},
            {"properties": {"cut_now": {"enum": [True]}, "overlap_hours": {"maximum": 0}}, "required": ["cut_now"]},
            {
                "properties": {"cut_now": {"enum": [False]}, "overlap_hours": {"minimum": 1}},
                "required": ["cut_now", "overlap_hours"],
            },
        ]
    }

    generation = Whole(
        1,
        1_000_000_000,
        metadata={
            "description": "The number of the key to replace, from pairing-qr. A request that is sent twice with it "
            "rotates once; without it, twice."
        },
    )
    overlap_hours = Whole(0, LONGEST_OVERLAP_HOURS, load_default=0)
    cut_now = Flag(metadata={"description": "true: at once, and overlap_hours is 0 or absent."})


class ProgressDocument(ApiSchema):
    """How many phones have moved to the newest key."""

    moved = fields.Integer(required=True)
    total = fields.Integer(required=True)
    left = fields.List(
        fields.String(),
        required=True,
        metadata={"description": f"Names of those left, at most {installation_keys.MOST_NAMES}."},
    )
    ends_at = Moment(required=True, allow_none=True, metadata={"description": "When the key before it stops."})


class RotationDocument(ProgressDocument):
    """The new key, and how far the phones are."""

    generation = fields.Integer(required=True)


@mobile_setup_doors.route("/pairing-qr", methods=["POST"])
@mobile_setup_doors.arguments(PairingRequest, required=False)
@mobile_setup_doors.response(200, PairingDocument)
@mobile_setup_doors.alt_response(409)
def make_pairing_qr(given: dict[str, Any]) -> pairing.PairingQr:
    """The company's QR code, with a username in it if one is given. The first call makes the key."""
    username = pairing.read_username(given["username"])
    if username is None:
        raise DoesNotFit({"username": [pairing.TOO_LONG]})
    account = get_account(session(), caller().account_id)
    key = grants.ensure_installation_key(session(), portal().key_ring, account.id, now())
    drawn = pairing.draw(
        portal().key_ring,
        key,
        account,
        public_url=portal().settings.public_url,
        username=username,
    )
    session().commit()
    return drawn


@mobile_setup_doors.route("/installation-key/rotate", methods=["POST"])
@mobile_setup_doors.arguments(RotationRequest)
@mobile_setup_doors.response(200, RotationDocument)
@mobile_setup_doors.alt_response(409)
def rotate(given: dict[str, Any]) -> dict[str, Any] | Response:
    """A new key. The old one stops at once, or after the overlap. 409: it has another number than the one named."""
    hours = given["overlap_hours"]
    if "cut_now" in given and given["cut_now"] != (hours == 0):
        sentence = "Send cut_now true without overlap_hours, or false with some."
        return problem(422, errors={"cut_now": [sentence]})
    me = caller()
    newest = installation_keys.newest_generation(session(), me.account_id)
    if given.get("generation", newest) != newest:
        detail = "The key was rotated since you read its number. Nothing was changed."
        return problem(409, detail, reason="changed", generation=newest)
    made = installation_keys.rotate(
        session(), portal().key_ring, account_id=me.account_id, overlap_hours=hours, actor=me.actor, now=now()
    )
    answer = _progress() | {"generation": made.generation}
    session().commit()
    return answer


@mobile_setup_doors.route("/installation-key/progress")
@mobile_setup_doors.response(200, ProgressDocument)
def show_progress() -> dict[str, Any]:
    """How many phones have the newest key, and which have not."""
    return _progress()


def _progress() -> dict[str, Any]:
    found = installation_keys.progress(session(), caller().account_id, now())
    return {"moved": found.moved, "total": found.total, "left": found.names_left, "ends_at": found.ends_at}
