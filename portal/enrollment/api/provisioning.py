"""Provisioning tokens for programs: as installation codes, but the token is told only once, when it is made."""

from dataclasses import replace
from typing import Any

from marshmallow import fields, validate

from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.schemas import ApiSchema, Line, Pairs, Text, Whole
from portal.enrollment import configuration, grants
from portal.enrollment.api import code_documents
from portal.enrollment.api.code_documents import CodesQuerySchema, LimitsInSchema, LimitsOutSchema
from portal.enrollment.api.code_doors import Kind, add_doors
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
from portal.enrollment.models import CREATE_DEVICE, PROVISIONING, Grant
from portal.web.context import now, portal, session

provisioning = ApiBlueprint("provisioning", __name__, description="Tokens by which whole fleets join.")

BASE = "/admin/provisioning-tokens"
NAMES = "name is how devices are called: Tablet {n} makes Tablet 1, Tablet 2 and so on."


class ProvisioningTokenFieldsSchema(LimitsInSchema):
    """What a token has beside its limits: what its devices begin with."""

    defaults = Pairs(
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
    """A list of tokens, 1,000 at most: search, or choose a state, to find the others."""

    provisioning_tokens = fields.List(fields.Nested(ProvisioningTokenSchema), required=True)


@provisioning.route(BASE)
@provisioning.arguments(CodesQuerySchema, location="query")
@provisioning.response(200, ProvisioningTokensSchema)
def index(which: dict[str, str]) -> dict[str, Any]:
    """Lists the company's tokens."""
    found = code_documents.find_listed(PROVISIONING, which)
    return {"provisioning_tokens": [_document(one.grant, state) for one, state in found]}


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
    answer = _document(made.grant, code_documents.state_of(made.grant)) | {
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
    grant = code_documents.get_own(PROVISIONING, public_id)
    return _document(grant, code_documents.state_of(grant))


@provisioning.route(f"{BASE}/<public_id>/config.json")
@provisioning.response(200, ConfigurationSchema)
def config(public_id: str) -> dict[str, Any]:
    """The configuration file, without the token: put it in by hand, or make another one."""
    return _config(code_documents.get_own(PROVISIONING, public_id), None)


def _document(grant: Grant, state: str) -> dict[str, Any]:
    return code_documents.shared(grant, state) | {"hint": grant.hint, "defaults": grant.defaults}


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


add_doors(
    provisioning,
    Kind(PROVISIONING, "token", BASE, ProvisioningTokenChangesSchema, ProvisioningTokenSchema, _document, _draft),
)
