"""The company's devices for programs and phones: list, one of them, rename, revoke."""

from typing import Any

from marshmallow import fields

from portal.accounts.permissions import DEVICES_MANAGE
from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.devices import STATUSES, DeviceSchema, document, show_device
from portal.api.schemas import ApiSchema, Line, Text, Whole
from portal.devices import operations, queries
from portal.devices.models import Device
from portal.devices.queries import ALL, SHOWN, DeviceFilter
from portal.enrollment import joining
from portal.web.context import now, session

devices = ApiBlueprint("devices", __name__, description="The company's phones: list, rename, revoke.")


class DevicesSchema(ApiSchema):
    """A list of devices, the last connected first."""

    devices = fields.List(fields.Nested(DeviceSchema), required=True)
    total = fields.Integer(required=True, metadata={"description": "How many there are on all pages."})


class WhichSchema(ApiSchema):
    """Which devices to list."""

    q = Text(
        100,
        load_default="",
        metadata={
            "description": "Words in name, platform, model or person, in any letter case, with or without accents."
        },
    )
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
    """Lists the connected devices; to whoever may not manage the company's, their own."""
    account_id = caller().account_id
    chosen = DeviceFilter(text=which["q"], status=which["status"], user_id=_whose())
    ids = queries.search(session(), account_id, chosen)
    page = {"limit": which["limit"], "offset": which["offset"], "found": ids}
    found = queries.list_devices(session(), account_id, now(), chosen, **page)
    ways_in = joining.list_ways_in(session(), account_id, [one.device.grant_id for one in found])
    return {
        "devices": [document(one, ways_in) for one in found],
        "total": queries.count_devices(session(), account_id, chosen, ids),
    }


@devices.route("/admin/app/devices/<public_id>")
@devices.response(200, DeviceSchema)
def show(public_id: str) -> dict[str, Any]:
    """One device, revoked or not."""
    return show_device(_device(public_id).public_id)


@devices.route("/admin/app/devices/<public_id>", methods=["PATCH"])
@devices.arguments(NameSchema)
@devices.response(200, DeviceSchema)
def rename(changes: dict[str, Any], public_id: str) -> dict[str, Any]:
    """Renames a device."""
    operations.rename(session(), _device(public_id), name=changes["name"], actor=caller().actor, now=now())
    answer = show_device(public_id)
    session().commit()
    return answer


@devices.route("/admin/app/devices/<public_id>", methods=["DELETE"])
@devices.response(204)
def revoke(public_id: str) -> None:
    """Revokes a device: its next request is refused. A second time changes nothing."""
    operations.revoke(session(), _device(public_id), actor=caller().actor, now=now())
    session().commit()


def _device(public_id: str) -> Device:
    """A device of those that the caller sees. Raises NotFound."""
    return queries.get_device_of(session(), caller().account_id, _whose(), public_id)


def _whose() -> int | None:
    """Whose devices the caller sees; None: everybody's."""
    me = caller()
    return None if me.may(DEVICES_MANAGE.name) else me.user_id
