"""Installation codes and provisioning tokens as documents: what comes in, what goes out, and what both kinds share."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from portal.api.callers import caller
from portal.api.problems import DoesNotFit
from portal.api.schemas import ApiSchema, Flag, Line, Moment, Several, Text, Whole
from portal.enrollment import code_drafts, code_lists, grants, queries, targets
from portal.enrollment.code_drafts import Draft
from portal.enrollment.code_filters import NEWEST, SORTS, CodeFilter
from portal.enrollment.models import PROVISIONING, Grant
from portal.enrollment.payloads import KINDS, link
from portal.enrollment.queries import Listed
from portal.errors import NotFound
from portal.web.context import now, portal, session

STATES = (
    grants.ACTIVE, grants.SCHEDULED, grants.EXHAUSTED, grants.EXPIRED, queries.PERSON_GONE, queries.DEVICE_GONE,
)  # fmt: skip
OUTCOMES = ("redeemed", "refused")
LONGEST_NETWORK = 50
# An address with or without a prefix: RFC 4632 exactly, RFC 4291 by its characters.
_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
NETWORK = (
    rf"^({_OCTET}(\.{_OCTET}){{3}}(/(3[0-2]|[12]?[0-9]))?"
    r"|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)$"
)


class CodesQuerySchema(ApiSchema):
    """Which of them to list, and in which order."""

    q = Line(200, load_default="", metadata={"description": "Words of any column, or a code."})
    state = Text(20, load_default="", choices=("", *STATES), metadata={"description": "Empty: all."})
    sort = Text(
        20,
        load_default=NEWEST,
        choices=tuple(sign + sort for sort in SORTS for sign in ("", "-")),
        metadata={"description": "A column; with a hyphen in front the other way round."},
    )


class LimitsInSchema(ApiSchema):
    """What both kinds take. Whatever a change leaves out stays as it is."""

    description = Line(code_drafts.LONGEST_DESCRIPTION, shortest=1)
    expires_at = Moment(metadata={"description": "Within 365 days."})
    max_uses = Whole(1, code_drafts.MOST_USES)
    not_before = Moment(allow_none=True)
    requires_approval = Flag(metadata={"description": "Devices wait until somebody approves them."})
    allowed_networks = Several(
        Text(LONGEST_NETWORK, pattern=NETWORK),
        validate=validate.Length(max=code_drafts.MOST_NETWORKS, error="Use at most {max} networks."),
        metadata={"description": "CIDR, such as 203.0.113.0/24; none: from anywhere."},
    )
    tags = Several(
        Line(code_drafts.LONGEST_TAG),
        validate=validate.Length(max=code_drafts.MOST_TAGS, error="Use at most {max} tags."),
        metadata={"description": "Every device that joins gets them. No commas."},
    )
    user_id = Text(
        320,
        allow_none=True,
        metadata={"description": "Whom devices are registered to: an id, an e-mail or a sign-in name."},
    )


class LimitsOutSchema(ApiSchema):
    """What both kinds tell."""

    id = fields.String(required=True)
    description = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    expires_at = Moment(required=True, allow_none=True)
    not_before = Moment(required=True, allow_none=True)
    max_uses = fields.Integer(required=True, allow_none=True)
    use_count = fields.Integer(required=True)
    uses_left = fields.Integer(required=True, allow_none=True)
    last_used_at = Moment(required=True, allow_none=True)
    requires_approval = fields.Boolean(required=True)
    allowed_networks = fields.List(fields.String(), required=True)
    tags = fields.List(fields.String(), required=True)
    user_id = fields.String(required=True, allow_none=True)
    created_by = fields.String(required=True)
    created_at = Moment(required=True)
    version = fields.Integer(required=True)


class RedemptionSchema(ApiSchema):
    """One try to use a code."""

    at = Moment(required=True)
    outcome = fields.String(required=True, metadata={"enum": list(OUTCOMES)})
    reason = fields.String(required=True, metadata={"description": "Of a refusal."})
    device_id = fields.String(required=True, allow_none=True)
    device_name = fields.String(required=True)
    browser = fields.String(required=True)
    ip = fields.String(required=True, allow_none=True)


class RedemptionsSchema(ApiSchema):
    """Tries, the newest first: the last 200."""

    redemptions = fields.List(fields.Nested(RedemptionSchema), required=True)


class CountSchema(ApiSchema):
    """How many devices that touched."""

    count = fields.Integer(required=True)


def get_former(kind: str, public_id: str) -> Grant:
    """The caller's, removed or not: what it enrolled is there still. Raises NotFound."""
    return queries.get_grant(session(), caller().account_id, public_id, kinds=(kind,))


def get_own(kind: str, public_id: str) -> Grant:
    """The caller's. Raises NotFound, for a removed one too: programs do not see those any more."""
    found = get_former(kind, public_id)
    if found.revoked_at is not None:
        raise NotFound(f"grant {public_id}")
    return found


def find_listed(kind: str, which: dict[str, str]) -> list[tuple[Listed, str]]:
    """The caller's as the query wants them, with their states. Their people and devices are read with them, and, as
    long as these are held, not once each again."""
    moment = now()
    found = code_lists.list_codes(
        session(), portal().key_ring, caller().account_id, kind=kind, filter=CodeFilter(**which), now=moment
    )
    return [(one, grants.state(one.grant, moment, one.gone)) for one in found]


def state_of(grant: Grant) -> str:
    """One of STATES."""
    return grants.standing(session(), grant, now())


def shared(grant: Grant, state: str) -> dict[str, Any]:
    """The part of the document that both kinds have."""
    return {
        "id": grant.public_id,
        "description": grant.description,
        "state": state,
        "expires_at": grant.expires_at,
        "not_before": grant.not_before,
        "max_uses": grant.max_uses,
        "use_count": grant.use_count,
        "uses_left": None if grant.max_uses is None else max(0, grant.max_uses - grant.use_count),
        "last_used_at": grant.last_used_at,
        "requires_approval": grant.requires_approval,
        "allowed_networks": grant.allowed_networks,
        "tags": grant.tags,
        "user_id": targets.public_id_of_user(session(), grant.user_id) or None,
        "created_by": grant.created_by_name,
        "created_at": grant.created_at,
        "version": grant.version,
    }


def scanned_link(grant: Grant, secret: str) -> str:
    """What the QR code holds."""
    me = caller()
    return link(
        portal().settings.public_url,
        kind=KINDS[grant.kind],
        secret=secret,
        account_name=me.account_name,
        account_public_id=me.account_public_id,
    )


def limits(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given fields as arguments of a draft, with ``errors``."""
    found = {
        name: given[name]
        for name in ("description", "expires_at", "max_uses", "not_before", "requires_approval")
        if name in given
    }
    errors = {}
    if "allowed_networks" in given:
        found["allowed_networks"], errors["allowed_networks"] = code_drafts.read_networks(given["allowed_networks"])
    if "tags" in given:
        found["tags"], errors["tags"] = code_drafts.read_tags(given["tags"])
    if "user_id" in given:
        found["user_id"] = targets.find_user_id(session(), caller().account_id, given["user_id"] or "")
    return found | {"errors": {name: sentence for name, sentence in errors.items() if sentence}}


def draft_of(grant: Grant) -> Draft:
    """A code as it stands, to be changed in part."""
    return Draft(
        description=grant.description,
        action=grant.action,
        expires_at=grant.expires_at,
        max_uses=grant.max_uses,
        username_prefix=grant.username_prefix,
        user_id=grant.user_id,
        device_id=grant.device_id,
        not_before=grant.not_before,
        requires_approval=grant.requires_approval,
        allowed_networks=grant.allowed_networks,
        tags=grant.tags,
        defaults=grant.defaults,
        is_fleet=grant.kind == PROVISIONING,
    )


def refuse(faults: grants.Faults) -> DoesNotFit:
    """The refusal with each field's sentence, to be raised."""
    return DoesNotFit({name or "body": [sentence] for name, sentence in faults.errors.items()})


def list_tries(grant: Grant) -> dict[str, Any]:
    """The document of the tries."""
    found = queries.list_redemptions(session(), grant.account_id, grant.id)
    return {
        "redemptions": [
            {
                "at": one.redemption.at,
                "outcome": one.redemption.outcome,
                "reason": one.redemption.reason,
                "device_id": one.device.public_id if one.device else None,
                "device_name": one.device.name if one.device else "",
                "browser": one.redemption.browser,
                "ip": one.redemption.ip or None,
            }
            for one in found
        ]
    }
