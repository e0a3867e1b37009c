"""The doors: audience -> guard -> prefix -> rooms. Read this file first.

``portal routes`` prints every door with its audience and permission; the permissions stand in
``accounts/permissions.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask

from portal.accounts.api import session_doors
from portal.accounts.views.company import company
from portal.accounts.views.people import people
from portal.accounts.views.profile import profile
from portal.accounts.views.second_step import second_step
from portal.accounts.views.sessions import sessions
from portal.api import description, guard
from portal.api.blueprints import ApiBlueprint
from portal.audit.views import audit
from portal.devices.api.acts import device_acts
from portal.devices.api.devices import devices as device_doors
from portal.devices.api.oauth import oauth
from portal.devices.api.phone import phone
from portal.devices.views.devices import devices
from portal.enrollment.api.decode import decode
from portal.enrollment.api.expected_devices import expected_devices as expected_device_doors
from portal.enrollment.api.installation_codes import installation_codes as installation_code_doors
from portal.enrollment.api.joining import joining
from portal.enrollment.api.key_plans import key_plans
from portal.enrollment.api.mobile_app import mobile_app as mobile_app_doors
from portal.enrollment.api.mobile_setup import mobile_setup_doors
from portal.enrollment.api.provisioning import provisioning as provisioning_doors
from portal.enrollment.views.app import app as field_app
from portal.enrollment.views.expected_devices import expected_devices
from portal.enrollment.views.installation_codes import installation_codes
from portal.enrollment.views.key_rotation import key_rotation
from portal.enrollment.views.mobile_app import mobile_app
from portal.enrollment.views.mobile_setup import mobile_setup
from portal.enrollment.views.provisioning import provisioning
from portal.gate.views.crew import crew
from portal.gate.views.gate import gate
from portal.gate.views.gate_settings import gate_settings
from portal.gate.views.qr_portal import qr_portal
from portal.jobs.views import outgoing
from portal.labels.views.labels import labels
from portal.records.api import record_doors
from portal.records.views.calendars import calendar_feed, calendars
from portal.records.views.records import records
from portal.records.views.reminders import reminders
from portal.records.views.transfer import transfer
from portal.stickers.views.stickers import stickers
from portal.visits.api import scanning
from portal.visits.views.home import home
from portal.visits.views.messages import messages
from portal.visits.views.scans import scans
from portal.visits.views.visitors import visitors
from portal.web import guards, health

Guard = Callable[[], Any]


@dataclass(frozen=True)
class Audience:
    """Who stands before a door, the guard that lets them in, and the rooms behind it.

    ``is_described``: its rooms are ApiBlueprints, and stand in the description of the API.
    """

    name: str
    guard: Guard
    prefix: str
    rooms: tuple[Blueprint, ...]
    is_described: bool = False


BEHIND_SIGN_IN = (
    home,
    messages,
    records,
    transfer,
    stickers,
    labels,
    profile,
    second_step,
    people,
    company,
    audit,
    qr_portal,
    gate_settings,
    calendars,
    outgoing,
    scans,
    visitors,
    mobile_setup,
    key_rotation,
    mobile_app,
    devices,
    expected_devices,
    installation_codes,
    provisioning,
)

FOR_PROGRAMS = (
    description.description,
    session_doors,
    record_doors,
    scanning,
    mobile_setup_doors,
    key_plans,
    mobile_app_doors,
    device_doors,
    device_acts,
    expected_device_doors,
    installation_code_doors,
    provisioning_doors,
    joining,
    phone,
    decode,
)

AUDIENCES = (
    Audience("public", guards.anyone, "", (gate, crew, reminders, calendar_feed)),
    Audience("sign_in", guards.anyone, "", (sessions,)),
    Audience("app", guards.anyone, "/app", (field_app,)),
    Audience("admin", guards.signed_in, "/admin", BEHIND_SIGN_IN),
    Audience("api", guard.knock, "/api/v1", FOR_PROGRAMS, is_described=True),
    Audience("oauth", guard.knock, "", (oauth,), is_described=True),
    Audience("ops", guards.operator, "", (health.health,)),
)


def bind(app: Flask) -> None:
    """Registers every audience with its guard; no route is registered any other way."""
    for audience in AUDIENCES:
        make: type[Blueprint] = ApiBlueprint if audience.is_described else Blueprint
        door = make(audience.name, __name__, url_prefix=audience.prefix)
        door.before_request(audience.guard)
        for room in audience.rooms:
            door.register_blueprint(room)
        if isinstance(door, ApiBlueprint):
            description.add(app, door, audience.rooms)
        else:
            app.register_blueprint(door)


def audience_of(endpoint: str) -> str:
    """The audience of an endpoint; files of the framework are served to anyone."""
    name = endpoint.partition(".")[0]
    return name if name in {audience.name for audience in AUDIENCES} else "files"
