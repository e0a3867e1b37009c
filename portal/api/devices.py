"""A device as a document, for the rooms whose doors answer one."""

from typing import Any

from marshmallow import fields

from portal.api.callers import caller
from portal.api.schemas import ApiSchema, Moment
from portal.devices import queries
from portal.devices.models import ACTIVE, EXPECTED, PENDING, REVOKED, SUSPENDED
from portal.devices.queries import Listed
from portal.enrollment import joining
from portal.web.context import now, session

STATUSES = (ACTIVE, PENDING, SUSPENDED, EXPECTED, REVOKED)


class DeviceSchema(ApiSchema):
    """A device."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    platform = fields.String(required=True)
    model = fields.String(required=True)
    app_version = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    person = fields.String(required=True, metadata={"description": "Who is signed in, or whom it is registered to."})
    joined_by = fields.String(required=True, metadata={"description": "The kind of code it joined by, in words."})
    last_active_at = Moment(required=True, allow_none=True)
    connected_at = Moment(required=True, allow_none=True)
    tags = fields.List(fields.String(), required=True, metadata={"description": "What its code or token gave it."})
    defaults = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "What it began with."}
    )
    ip = fields.String(
        required=True, allow_none=True, metadata={"description": "Its last address; null where none is kept."}
    )
    is_stale = fields.Boolean(required=True, metadata={"description": "Unused for 60 days."})
    is_new_network = fields.Boolean(
        required=True, metadata={"description": "In the last 7 days seen in a new network."}
    )
    is_signed_out = fields.Boolean(
        required=True, metadata={"description": "Its session or its key has ended: it must scan a new code."}
    )
    signs_out_at = Moment(
        required=True, allow_none=True, metadata={"description": "When its session ends by itself, within 7 days."}
    )


def show_device(public_id: str) -> dict[str, Any]:
    """A device of the caller's company as a document. Raises NotFound."""
    account_id = caller().account_id
    found = queries.get_listed(session(), account_id, public_id, now())
    return document(found, joining.list_ways_in(session(), account_id, [found.device.grant_id]))


def document(listed: Listed, ways_in: dict[int, str]) -> dict[str, Any]:
    """The document of a device. ``ways_in``: by row id of its grant."""
    device = listed.device
    return {
        "id": device.public_id,
        "name": device.name,
        "platform": device.platform,
        "model": device.model,
        "app_version": device.app_version,
        "status": device.status,
        "person": listed.person,
        "joined_by": joining.joined_by(device, ways_in),
        "last_active_at": device.last_active_at,
        "connected_at": device.connected_at,
        "tags": device.tags,
        "defaults": device.defaults,
        "ip": device.last_ip or None,
        "is_stale": listed.is_stale,
        "is_new_network": listed.is_new_network,
        "is_signed_out": listed.is_signed_out,
        "signs_out_at": listed.ends_at,
    }
