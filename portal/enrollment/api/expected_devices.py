"""Devices that an admin adds before they are installed: each gets a code by itself, which is shown, sent, made anew."""

from datetime import timedelta
from typing import Any

from flask import Response
from marshmallow import fields

from portal.accounts.queries import get_account
from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.devices import DeviceSchema, show_device
from portal.api.problems import DoesNotFit, problem
from portal.api.schemas import ApiSchema, Line, Moment, Text, Whole
from portal.devices.models import REVOKED, Device
from portal.devices.operations import LONGEST_NAME
from portal.devices.queries import get_device
from portal.enrollment import code_sending, expected, grants, targets
from portal.enrollment.api import code_documents
from portal.enrollment.code_drafts import CODE_LIFE, LONGEST_LIFE
from portal.enrollment.code_sending import BY_MAIL, BY_SMS, NOT_SENT, Content, Sending
from portal.enrollment.models import Grant
from portal.enrollment.payloads import host
from portal.lib.typed_codes import grouped
from portal.stickers.drawing import svg
from portal.stickers.symbols import variable_symbol
from portal.web import mailer
from portal.web.context import now, portal, session

expected_devices = ApiBlueprint(
    "expected_devices", __name__, url_prefix="/admin/devices", description="Devices that are added with their code."
)

CODE = "/<public_id>/code"
NO_CODE = "It has no code that works. POST to this address makes one."


class SendingSchema(ApiSchema):
    """Where the code goes."""

    send_by = Text(
        5,
        choices=(BY_MAIL, BY_SMS),
        required=True,
        metadata={"description": "An SMS needs a gateway; without one it stands in Outgoing mail."},
    )
    recipient = Line(
        320,
        load_default="",
        metadata={"description": "An e-mail address or a telephone number. Empty: the owner's e-mail."},
    )
    contact_id = Text(
        16,
        allow_none=True,
        load_default=None,
        metadata={"description": "A contact of the records, in place of recipient: their address or number."},
    )


class NewDeviceSchema(ApiSchema):
    """A device to be added. Its code works once."""

    name = Line(LONGEST_NAME, shortest=1, required=True)
    user_id = Text(
        320,
        allow_none=True,
        load_default=None,
        metadata={"description": "Whose it is: an id, an e-mail or a sign-in name; null for nobody's."},
    )
    days = Whole(
        1,
        LONGEST_LIFE.days,
        load_default=CODE_LIFE.days,
        metadata={"description": "How long its code works."},
    )
    send = fields.Nested(
        SendingSchema, allow_none=True, load_default=None, metadata={"description": "null: it is not sent."}
    )


class DeviceCodeSchema(ApiSchema):
    """The code that installs one device."""

    code = fields.String(required=True, metadata={"description": "To be typed, in groups of four."})
    link = fields.String(required=True, metadata={"description": "To be scanned: what the QR code holds."})
    svg = fields.String(required=True, metadata={"description": "The QR code as a picture."})
    expires_at = Moment(required=True, allow_none=True)
    sent_to = fields.String(
        required=True, allow_none=True, metadata={"description": "Where this code went last; null: nowhere yet."}
    )


class AddedDeviceSchema(DeviceCodeSchema):
    """A device with its code."""

    device = fields.Nested(DeviceSchema, required=True)


@expected_devices.route("", methods=["POST"])
@expected_devices.arguments(NewDeviceSchema)
@expected_devices.response(201, AddedDeviceSchema)
@expected_devices.alt_response(409)
def add(given: dict[str, Any]) -> dict[str, Any]:
    """Adds a device with an installation code of its own, and sends the code. 409: person or recipient do not fit."""
    me = caller()
    user_id = targets.find_user_id(session(), me.account_id, given["user_id"] or "")
    sending = _check(given["send"], user_id)
    made = expected.add_device(
        session(), portal().key_ring, account_id=me.account_id, name=given["name"], user_id=user_id,
        life=timedelta(days=given["days"]), actor=me.actor, now=now(),
    )  # fmt: skip
    if isinstance(made, grants.Faults):
        raise DoesNotFit({("user_id" if name == "owner" else name): [text] for name, text in made.errors.items()})
    _send(made.device, made.code.grant, sending)
    answer = _shown(made.device, made.code.grant) | {"device": show_device(made.device.public_id)}
    session().commit()
    return answer


@expected_devices.route(CODE)
@expected_devices.response(200, DeviceCodeSchema)
def show_code(public_id: str) -> dict[str, Any] | Response:
    """The device's code, as long as there is one that works."""
    device = _own(public_id)
    grant = expected.find_code(session(), device, now())
    return _shown(device, grant) if grant else problem(404, NO_CODE, reason="no_code")


@expected_devices.route(CODE, methods=["POST"])
@expected_devices.response(201, DeviceCodeSchema)
@expected_devices.alt_response(409)
def renew_code(public_id: str) -> dict[str, Any] | Response:
    """Makes another code; the one before stops working. An installed device moves by it to another phone."""
    device = _own(public_id)
    if device.status == REVOKED:
        return problem(409, "It was revoked. Add it as a new device to install it again.", reason=REVOKED)
    made = expected.renew_code(session(), portal().key_ring, device=device, actor=caller().actor, now=now())
    answer = _shown(device, made.grant)
    session().commit()
    return answer


@expected_devices.route(f"{CODE}/send", methods=["POST"])
@expected_devices.arguments(SendingSchema)
@expected_devices.response(200, DeviceCodeSchema)
@expected_devices.alt_response(409)
def send_code(given: dict[str, Any], public_id: str) -> dict[str, Any] | Response:
    """Sends the code again, or somewhere else."""
    device = _own(public_id)
    grant = expected.find_code(session(), device, now())
    if grant is None:
        return problem(404, NO_CODE, reason="no_code")
    _send(device, grant, _check(given, device.user_id))
    answer = _shown(device, grant)
    session().commit()
    return answer


def _own(public_id: str) -> Device:
    return get_device(session(), caller().account_id, public_id)


def _check(given: dict[str, Any] | None, user_id: int | None) -> Sending:
    """Where the code goes. Raises DoesNotFit."""
    if given is None:
        return Sending(NOT_SENT, "")
    account, way, contact_id = get_account(session(), caller().account_id), given["send_by"], given["contact_id"]
    if contact_id:
        found = code_sending.check_contact(session(), account.id, way=way, public_id=contact_id)
    else:
        found = code_sending.check(session(), account, way=way, typed=given["recipient"], user_id=user_id)
    if isinstance(found, Sending):
        return found
    raise DoesNotFit({"contact_id" if contact_id else "recipient": [found]})


def _send(device: Device, grant: Grant, sending: Sending) -> None:
    code, own = grouped(grants.reveal(portal().key_ring, grant)), portal()
    code_sending.send(
        session(),
        get_account(session(), device.account_id),
        device,
        grant,
        sending=sending,
        content=Content(code_documents.scanned_link(grant, code), code, host(own.settings.public_url)),
        key_ring=own.key_ring,
        render=mailer.render,
        now=now(),
    )


def _shown(device: Device, grant: Grant) -> dict[str, Any]:
    code = grouped(grants.reveal(portal().key_ring, grant))
    link = code_documents.scanned_link(grant, code)
    last = code_sending.find_last(session(), device.account_id, device)
    return {
        "code": code,
        "link": link,
        "svg": svg(variable_symbol(link, "M"), f"Installation code {code}"),
        "expires_at": grant.expires_at,
        "sent_to": last.recipient if last and code_sending.is_about(last, grant) else None,
    }
