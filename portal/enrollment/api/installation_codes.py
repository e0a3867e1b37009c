"""Installation codes for programs: list, make, change, remove; their QR codes, tries and devices."""

from dataclasses import replace
from typing import Any, ClassVar

import marshmallow as ma
from flask import Response
from marshmallow import fields

from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.problems import problem
from portal.api.schemas import ApiSchema, Line, Text, Whole
from portal.enrollment import grants, queries, targets
from portal.enrollment.api import code_documents
from portal.enrollment.api.code_documents import CodesQuerySchema, LimitsInSchema, LimitsOutSchema
from portal.enrollment.api.code_doors import Kind, add_doors
from portal.enrollment.code_drafts import ACTIONS, CODE_LIFE, LONGEST_DESCRIPTION, Draft, usual_uses
from portal.enrollment.models import (
    CREATE_ACCOUNT_AND_DEVICE,
    CREATE_DEVICE,
    INSTALLATION_CODE,
    USE_EXISTING_DEVICE,
    Grant,
)
from portal.lib.typed_codes import grouped
from portal.stickers.drawing import svg
from portal.stickers.symbols import variable_symbol
from portal.web.context import now, portal, session

installation_codes = ApiBlueprint("installation_codes", __name__, description="Codes by which devices join.")

BASE = "/admin/installation-codes"
SVG = "image/svg+xml"


class InstallationCodeFieldsSchema(LimitsInSchema):
    """What a code has beside its limits: what it does, and for whom."""

    username_prefix = Text(
        20,
        pattern="^[A-Za-z0-9-]*$",
        metadata={"description": "For create_account_and_device: crew- makes crew-001. Empty: they give e-mails."},
    )
    device_id = Text(16, allow_none=True, metadata={"description": "For use_existing_device."})


class NewInstallationCodeSchema(InstallationCodeFieldsSchema):
    """A code to be made. It works for 7 days and 25 devices (for one device: once) unless said otherwise. Of
    username_prefix, user_id and device_id only what its action needs is kept."""

    rules: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {"properties": {"action": {"enum": [CREATE_ACCOUNT_AND_DEVICE]}}},
            {
                "properties": {"action": {"enum": [CREATE_DEVICE]}, "user_id": {"type": "string", "minLength": 1}},
                "required": ["user_id"],
            },
            {
                "properties": {
                    "action": {"enum": [USE_EXISTING_DEVICE]},
                    "device_id": {"type": "string", "minLength": 1},
                },
                "required": ["device_id"],
            },
        ]
    }

    description = Line(LONGEST_DESCRIPTION, shortest=1, required=True)
    action = Text(30, required=True, choices=tuple(ACTIONS))

    @ma.validates_schema
    def says_for_whom(self, data: dict[str, Any], **_more: Any) -> None:
        """What the action cannot do without. Raises ValidationError."""
        if data.get("action") == CREATE_DEVICE and not data.get("user_id"):
            raise ma.ValidationError("Choose the account that the devices are registered to.", "user_id")
        if data.get("action") == USE_EXISTING_DEVICE and not data.get("device_id"):
            raise ma.ValidationError("Choose the device that is to be installed.", "device_id")


class InstallationCodeChangesSchema(InstallationCodeFieldsSchema):
    """What is to change. With ``version``, only if nobody changed it since that was read."""

    action = Text(30, choices=tuple(ACTIONS))
    version = Whole(1, 1_000_000_000)


class InstallationCodeSchema(LimitsOutSchema):
    """A code."""

    code = fields.String(required=True, metadata={"description": "To be typed, in groups of four."})
    link = fields.String(required=True, metadata={"description": "To be scanned: what the QR code holds."})
    action = fields.String(required=True, metadata={"enum": list(ACTIONS)})
    username_prefix = fields.String(required=True)
    device_id = fields.String(required=True, allow_none=True)


class InstallationCodesSchema(ApiSchema):
    """A list of codes, 1,000 at most: search, or choose a state, to find the others."""

    installation_codes = fields.List(fields.Nested(InstallationCodeSchema), required=True)


@installation_codes.route(BASE)
@installation_codes.arguments(CodesQuerySchema, location="query")
@installation_codes.response(200, InstallationCodesSchema)
def index(which: dict[str, str]) -> dict[str, Any]:
    """Lists the company's codes."""
    found = code_documents.find_listed(INSTALLATION_CODE, which)
    return {"installation_codes": [_document(one.grant, state) for one, state in found]}


@installation_codes.route(BASE, methods=["POST"])
@installation_codes.arguments(NewInstallationCodeSchema)
@installation_codes.response(201, InstallationCodeSchema)
@installation_codes.alt_response(409)
def make(given: dict[str, Any]) -> dict[str, Any]:
    """Makes a code."""
    me, moment = caller(), now()
    action = given["action"]
    base = Draft(description="", action=action, expires_at=moment + CODE_LIFE, max_uses=usual_uses(action))
    made = grants.make_installation_code(
        session(), portal().key_ring, account_id=me.account_id, draft=_draft(base, given), actor=me.actor, now=moment
    )
    if isinstance(made, grants.Faults):
        raise code_documents.refuse(made)
    answer = _document(made.grant, code_documents.state_of(made.grant))
    session().commit()
    return answer


@installation_codes.route(f"{BASE}/<public_id>")
@installation_codes.response(200, InstallationCodeSchema)
def show(public_id: str) -> dict[str, Any]:
    """One code."""
    grant = code_documents.get_own(INSTALLATION_CODE, public_id)
    return _document(grant, code_documents.state_of(grant))


@installation_codes.route(f"{BASE}/<public_id>/qr.svg")
@installation_codes.response(200, {"type": "string"}, content_type=SVG, description="The QR code")
@installation_codes.alt_response(409)
def qr(public_id: str) -> Response:
    """The QR code of a code that can still be used."""
    grant = code_documents.get_own(INSTALLATION_CODE, public_id)
    state = code_documents.state_of(grant)
    if state in (queries.PERSON_GONE, queries.DEVICE_GONE):
        return problem(409, "Whom or what it is for has left the company. Choose another first.", reason=state)
    if state not in (grants.ACTIVE, grants.SCHEDULED):
        return problem(409, "It opens nothing any more. Allow more uses or a later day first.", reason=state)
    code = _code(grant)
    picture = svg(variable_symbol(code_documents.scanned_link(grant, code), "M"), f"Installation code {code}")
    return Response(picture, mimetype=SVG, headers={"Cache-Control": "no-store"})


def _code(grant: Grant) -> str:
    return grouped(grants.reveal(portal().key_ring, grant))


def _document(grant: Grant, state: str) -> dict[str, Any]:
    code = _code(grant)
    return code_documents.shared(grant, state) | {
        "code": code,
        "link": code_documents.scanned_link(grant, code),
        "action": grant.action,
        "username_prefix": grant.username_prefix,
        "device_id": targets.public_id_of_device(session(), grant.device_id) or None,
    }


def _draft(base: Draft, given: dict[str, Any]) -> Draft:
    changes = code_documents.limits(given)
    changes |= {name: given[name] for name in ("action", "username_prefix") if name in given}
    if "device_id" in given:
        changes["device_id"] = targets.find_device_id(session(), caller().account_id, given["device_id"] or "")
    return replace(base, **changes)


add_doors(
    installation_codes,
    Kind(INSTALLATION_CODE, "code", BASE, InstallationCodeChangesSchema, InstallationCodeSchema, _document, _draft),
)
