"""What is done to a device besides renaming and revoking it; and how long the company keeps addresses."""

from collections.abc import Callable
from typing import Any

from flask import Response
from marshmallow import fields

from portal.accounts.queries import get_account
from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.devices import DeviceSchema, show_device
from portal.api.problems import problem
from portal.api.schemas import ApiSchema, Whole
from portal.devices import addresses, operations, queries
from portal.devices.models import ACTIVE, SUSPENDED
from portal.enrollment import cleanup
from portal.web.context import now, session

device_acts = ApiBlueprint("device_acts", __name__, description="Phones are suspended, resumed and approved.")

DEVICE = "/admin/app/devices/<public_id>"
SETTINGS = "/admin/app/settings"


class DeviceSettingsIn(ApiSchema):
    """What the company keeps of its devices."""

    address_days = Whole(
        0,
        addresses.MOST_DAYS,
        required=True,
        metadata={"description": "How many days the last address of a device is kept; 0 for not at all."},
    )


class DeviceSettingsOut(ApiSchema):
    """What the company keeps of its devices."""

    address_days = fields.Integer(required=True)


@device_acts.route(f"{DEVICE}/suspend", methods=["POST"])
@device_acts.response(200, DeviceSchema)
@device_acts.alt_response(409)
def suspend(public_id: str) -> dict[str, Any] | Response:
    """Refuses an active device until it is resumed. 409 when it is neither active nor suspended already."""
    answer = _act(operations.suspend, SUSPENDED, public_id)
    session().commit()
    return answer


@device_acts.route(f"{DEVICE}/resume", methods=["POST"])
@device_acts.response(200, DeviceSchema)
@device_acts.alt_response(409)
def resume(public_id: str) -> dict[str, Any] | Response:
    """Lets a suspended device go on. 409 when it waits for approval, is expected or revoked."""
    answer = _act(operations.resume, ACTIVE, public_id)
    session().commit()
    return answer


@device_acts.route(f"{DEVICE}/approve", methods=["POST"])
@device_acts.response(200, DeviceSchema)
@device_acts.alt_response(409)
def approve(public_id: str) -> dict[str, Any] | Response:
    """Lets a device in that waits for it. 409 when it is suspended, expected or revoked."""
    answer = _act(operations.approve, ACTIVE, public_id)
    session().commit()
    return answer


@device_acts.route(SETTINGS)
@device_acts.response(200, DeviceSettingsOut)
def show_settings() -> dict[str, int]:
    """What the company keeps of its devices."""
    return {"address_days": get_account(session(), caller().account_id).device_address_days}


@device_acts.route(SETTINGS, methods=["PATCH"])
@device_acts.arguments(DeviceSettingsIn)
@device_acts.response(200, DeviceSettingsOut)
def save_settings(given: dict[str, int]) -> dict[str, int]:
    """Changes what is kept. Addresses that are older are forgotten at once."""
    me = caller()
    days = given["address_days"]
    cleanup.keep_addresses_for(session(), account_id=me.account_id, days=days, actor=me.actor, now=now())
    session().commit()
    return given


def _act(verb: Callable[..., bool], aim: str, public_id: str) -> dict[str, Any] | Response:
    """Does it; a device that is there already is no fault."""
    me = caller()
    device = queries.get_device(session(), me.account_id, public_id)
    if not verb(session(), device, actor=me.actor, now=now()) and device.status != aim:
        return problem(409, "This does not fit the device's status.", reason=device.status)
    return show_device(public_id)
