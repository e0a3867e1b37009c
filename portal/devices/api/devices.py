"""The company's devices for programs and phones: list, one of them, rename, revoke."""

from typing import Any

from marshmallow import fields

from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.schemas import ApiSchema, Line, Moment, Text, Whole
from portal.devices import operations, queries
from portal.devices.models import ACTIVE, EXPECTED, PENDING, REVOKED, SUSPENDED
from portal.devices.queries import ALL, SHOWN, DeviceFilter, Listed
from portal.enrollment import joining
from portal.web.context import now, session

devices = ApiBlueprint("devices", __name__, description="The company's phones: list, rename, revoke.")

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
        required=True, metadata={"description": "It has no session any more and must scan a new code."}
    )
    signs_out_at = Moment(
        required=True, allow_none=True, metadata={"description": "When its session ends by itself, within 7 days."}
    )


class DevicesSchema(ApiSchema):
    """A list of devices, the last connected first."""

    devices = fields.List(fields.Nested(DeviceSchema), required=True)
    total = fields.Integer(required=True, metadata={"description": "How many there are on all pages."})


class WhichSchema(ApiSchema):
    """Which devices to list."""

    q = Text(100, load_default="", metadata={"description": "Words in name, platform, model or person."})
    status = Text(
        20, load_default="", choices=("", *STATUSES, ALL), metadata={"description": "Empty: all but revoked ones."}
    )
    limit = Whole(1, SHOWN, is_text=True, load_default=SHOWN)
    offset = Whole(0, 1_000_000, is_text=True, load_default=0)


class NameSchema(ApiSchema):
    """What a device is called."""

    name = Line(operations.LONGEST_NAME, shortest=1, required=True)


@devices.route("/admin/app/devices")
@devices.arguments(WhichSchema, location="query")
@devices.response(200, DevicesSchema)
def index(which: dict[str, Any]) -> dict[str, Any]:
    """Lists the connected devices."""
    account_id = caller().account_id
    chosen = DeviceFilter(text=which["q"], status=which["status"])
    found = queries.list_devices(session(), account_id, now(), chosen, limit=which["limit"], offset=which["offset"])
    ways_in = joining.list_ways_in(session(), account_id, [one.device.grant_id for one in found])
    return {
        "devices": [_document(one, ways_in) for one in found],
        "total": queries.count_devices(session(), account_id, chosen),
    }


@devices.route("/admin/app/devices/<public_id>")
@devices.response(200, DeviceSchema)
def show(public_id: str) -> dict[str, Any]:
    """One device, revoked or not."""
    return show_device(public_id)


@devices.route("/admin/app/devices/<public_id>", methods=["PATCH"])
@devices.arguments(NameSchema)
@devices.response(200, DeviceSchema)
def rename(changes: dict[str, Any], public_id: str) -> dict[str, Any]:
    """Renames a device."""
    me = caller()
    device = queries.get_device(session(), me.account_id, public_id)
    operations.rename(session(), device, name=changes["name"], actor=me.actor, now=now())
    answer = show_device(public_id)
    session().commit()
    return answer


@devices.route("/admin/app/devices/<public_id>", methods=["DELETE"])
@devices.response(204)
def revoke(public_id: str) -> None:
    """Revokes a device: its next request is refused. A second time changes nothing."""
    me = caller()
    device = queries.get_device(session(), me.account_id, public_id)
    operations.revoke(session(), device, actor=me.actor, now=now())
    session().commit()


def show_device(public_id: str) -> dict[str, Any]:
    """A device of the caller's company as a document. Raises NotFound."""
    account_id = caller().account_id
    found = queries.get_listed(session(), account_id, public_id, now())
    return _document(found, joining.list_ways_in(session(), account_id, [found.device.grant_id]))


def _document(listed: Listed, ways_in: dict[int, str]) -> dict[str, Any]:
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
