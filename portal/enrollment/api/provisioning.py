"""Provisioning tokens for programs: as installation codes, but the token is told only once, when it is made."""

from dataclasses import replace
from typing import Any

from flask import Response
from marshmallow import fields, validate

from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.problems import problem
from portal.api.schemas import ApiSchema, Line, Text, Whole
from portal.enrollment import code_lists, configuration, grants
from portal.enrollment.api import code_documents
from portal.enrollment.api.code_documents import (
    CodesQuerySchema,
    CountSchema,
    LimitsInSchema,
    LimitsOutSchema,
    RedemptionsSchema,
)
from portal.enrollment.code_drafts import (
    LONGEST_DESCRIPTION,
    LONGEST_KEY,
    LONGEST_VALUE,
    MOST_DEFAULTS,
    TOKEN_LIFE,
    TOKEN_USES,
    Draft,
    read_defaults,
)
from portal.enrollment.code_filters import CodeFilter
from portal.enrollment.models import CREATE_DEVICE, PROVISIONING, Grant
from portal.web.context import now, portal, session

provisioning = ApiBlueprint("provisioning", __name__, description="Tokens by which whole fleets join.")

BASE = "/admin/provisioning-tokens"
NAMES = "name is how devices are called: Tablet {n} makes Tablet 1, Tablet 2 and so on."


class ProvisioningTokenFieldsSchema(LimitsInSchema):
    """What a token has beside its limits: what its devices begin with."""

    defaults = fields.Dict(
        keys=Text(LONGEST_KEY, shortest=1, pattern="^[A-Za-z0-9_.-]+$"),
        values=Line(LONGEST_VALUE),
        validate=validate.Length(max=MOST_DEFAULTS, error="Use at most {max} defaults."),
        metadata={"description": NAMES, "maxProperties": MOST_DEFAULTS},
    )


class NewProvisioningTokenSchema(ProvisioningTokenFieldsSchema):
    """A token to be made. It works for 30 days and 100 devices unless said otherwise."""

    description = Line(LONGEST_DESCRIPTION, shortest=1, required=True)


class ProvisioningTokenChangesSchema(ProvisioningTokenFieldsSchema):
    """What is to change. With ``version``, only if nobody changed it since that was read."""

    version = Whole(1, 1_000_000_000)


class ProvisioningTokenSchema(LimitsOutSchema):
    """A token without the token."""

    hint = fields.String(required=True, metadata={"description": "How the token begins."})
    defaults = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ConfigurationSchema(ApiSchema):
    """The configuration file for mass rollout."""

    version = fields.Integer(required=True)
    api_url = fields.String(required=True)
    token = fields.String(required=True, allow_none=True, metadata={"description": "Null: it was told once."})
    hint = fields.String(required=True)
    company = fields.String(required=True)
    account_id = fields.String(required=True)
    tags = fields.List(fields.String(), required=True)
    defaults = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    expires_at = fields.String(required=True, allow_none=True)


class MadeProvisioningTokenSchema(ProvisioningTokenSchema):
    """A new token, told this once."""

    token = fields.String(required=True)
    link = fields.String(required=True, metadata={"description": "To be scanned."})
    config = fields.Nested(ConfigurationSchema, required=True)


class ProvisioningTokensSchema(ApiSchema):
    """A list of tokens."""

    provisioning_tokens = fields.List(fields.Nested(ProvisioningTokenSchema), required=True)


@provisioning.route(BASE)
@provisioning.arguments(CodesQuerySchema, location="query")
@provisioning.response(200, ProvisioningTokensSchema)
def index(which: dict[str, str]) -> dict[str, Any]:
    """Lists the company's tokens."""
    found = code_lists.list_codes(
        session(), portal().key_ring, caller().account_id, kind=PROVISIONING, filter=CodeFilter(**which), now=now()
    )
    return {"provisioning_tokens": [_document(one.grant) for one in found]}


@provisioning.route(BASE, methods=["POST"])
@provisioning.arguments(NewProvisioningTokenSchema)
@provisioning.response(201, MadeProvisioningTokenSchema)
@provisioning.alt_response(409)
def make(given: dict[str, Any]) -> dict[str, Any]:
    """Makes a token. This answer is the only one that holds it."""
    me, moment = caller(), now()
    base = Draft(
        description="", action=CREATE_DEVICE, expires_at=moment + TOKEN_LIFE, max_uses=TOKEN_USES, is_fleet=True
    )
    made = grants.make_provisioning(
        session(), account_id=me.account_id, draft=_draft(base, given), actor=me.actor, now=moment
    )
    if isinstance(made, grants.Faults):
        raise code_documents.refuse(made)
    answer = _document(made.grant) | {
        "token": made.secret,
        "link": code_documents.scanned_link(made.grant, made.secret),
        "config": _config(made.grant, made.secret),
    }
    session().commit()
    return answer


@provisioning.route(f"{BASE}/<public_id>")
@provisioning.response(200, ProvisioningTokenSchema)
def show(public_id: str) -> dict[str, Any]:
    """One token, without the token."""
    return _document(code_documents.get_own(PROVISIONING, public_id))


@provisioning.route(f"{BASE}/<public_id>", methods=["PATCH"])
@provisioning.arguments(ProvisioningTokenChangesSchema)
@provisioning.response(200, ProvisioningTokenSchema)
@provisioning.alt_response(409)
def edit(given: dict[str, Any], public_id: str) -> dict[str, Any] | Response:
    """Changes what is given."""
    me, grant = caller(), code_documents.get_own(PROVISIONING, public_id)
    version = given.pop("version", grant.version)
    saved = grants.edit_installation_code(
        session(), account_id=me.account_id, public_id=public_id, version=version,
        draft=_draft(code_documents.draft_of(grant, is_fleet=True), given), actor=me.actor, now=now(),
    )  # fmt: skip
    if isinstance(saved, grants.Conflict):
        return problem(409, "Somebody changed it since you read it.", version=saved.version)
    if isinstance(saved, grants.Faults):
        raise code_documents.refuse(saved)
    answer = _document(saved)
    session().commit()
    return answer


@provisioning.route(f"{BASE}/<public_id>", methods=["DELETE"])
@provisioning.response(204)
def remove(public_id: str) -> None:
    """Removes a token. The devices that it enrolled stay connected."""
    me, grant = caller(), code_documents.get_own(PROVISIONING, public_id)
    grants.revoke(session(), account_id=me.account_id, public_id=grant.public_id, actor=me.actor, now=now())
    session().commit()


@provisioning.route(f"{BASE}/<public_id>/config.json")
@provisioning.response(200, ConfigurationSchema)
def config(public_id: str) -> dict[str, Any]:
    """The configuration file, without the token: put it in by hand, or make another one."""
    return _config(code_documents.get_own(PROVISIONING, public_id), None)


@provisioning.route(f"{BASE}/<public_id>/redemptions")
@provisioning.response(200, RedemptionsSchema)
def redemptions(public_id: str) -> dict[str, Any]:
    """The tries to use it, refused ones too."""
    return code_documents.list_tries(code_documents.get_own(PROVISIONING, public_id))


@provisioning.route(f"{BASE}/<public_id>/suspend-devices", methods=["POST"])
@provisioning.response(200, CountSchema)
def suspend_devices(public_id: str) -> dict[str, int]:
    """Suspends every active device that it enrolled."""
    count = code_documents.suspend_devices(code_documents.get_own(PROVISIONING, public_id))
    session().commit()
    return {"count": count}


@provisioning.route(f"{BASE}/<public_id>/revoke-devices", methods=["POST"])
@provisioning.response(200, CountSchema)
def revoke_devices(public_id: str) -> dict[str, int]:
    """Revokes every device that it enrolled, from its next request on."""
    count = code_documents.revoke_devices(code_documents.get_own(PROVISIONING, public_id))
    session().commit()
    return {"count": count}


def _document(grant: Grant) -> dict[str, Any]:
    return code_documents.shared(grant) | {"hint": grant.hint, "defaults": grant.defaults}


def _config(grant: Grant, token: str | None) -> dict[str, Any]:
    me = caller()
    return configuration.describe(
        grant,
        public_url=portal().settings.public_url,
        company=me.account_name,
        account_public_id=me.account_public_id,
        token=token,
    )


def _draft(base: Draft, given: dict[str, Any]) -> Draft:
    changes = code_documents.limits(given)
    if "defaults" in given:
        changes["defaults"], fault = read_defaults(given["defaults"].items())
        changes["errors"] |= {"defaults": fault} if fault else {}
    return replace(base, **changes)
