"""What the layout needs on every signed-in page: the person, and the sidebar their permissions allow."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.permissions import DOORS, GATE_MANAGE
from portal.gate.budget import Alarm, find_alarm
from portal.web.context import short_read
from portal.web.identity import Identity, find_identity


@dataclass(frozen=True)
class Entry:
    """A line of the sidebar."""

    label: str
    icon: str
    endpoint: str
    values: tuple[tuple[str, str], ...] = ()
    children: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Link:
    """An entry as the template shows it. ``current``: "page" on its own page, "true" on one below it, else ""."""

    label: str
    icon: str
    href: str
    current: str
    children: tuple["Link", ...]


SIDEBAR = (
    Entry("Overview", "speedometer2", "admin.home.index"),
    Entry("Vehicles", "truck", "admin.records.index", (("kind", "vehicle"),)),
    Entry("Equipment", "tools", "admin.records.index", (("kind", "equipment"),)),
    Entry("Locations", "geo-alt", "admin.records.index", (("kind", "location"),)),
    Entry("Contacts", "person-vcard", "admin.records.index", (("kind", "contact"),)),
    Entry("Messages", "chat-left-text", "admin.messages.index"),
    Entry("Scans", "qr-code-scan", "admin.scans.index"),
    Entry("Labels", "upc-scan", "admin.labels.choose"),
    Entry("Calendars", "calendar3", "admin.calendars.index"),
    Entry(
        "Phones",
        "phone",
        "",
        children=(
            Entry("Mobile Setup", "phone", "admin.mobile_setup.index"),
            Entry("Mobile App", "qr-code", "admin.mobile_app.index"),
            Entry("Devices", "phone", "admin.devices.index"),
            Entry("Installation codes", "123", "admin.installation_codes.index"),
            Entry("Provisioning tokens", "boxes", "admin.provisioning.index"),
        ),
    ),
    Entry("Import", "file-earmark-arrow-up", "admin.transfer.import_start"),
    Entry(
        "Settings",
        "gear",
        "",
        children=(
            Entry("QR Code Portal", "qr-code", "admin.qr_portal.edit"),
            Entry("Gate", "shield-lock", "admin.gate_settings.index"),
            Entry("Visitors", "eye", "admin.visitors.edit"),
            Entry("Company", "building", "admin.company.edit"),
            Entry("People", "people", "admin.people.index"),
            Entry("Outgoing mail", "envelope", "admin.outgoing.mails"),
            Entry("Jobs", "list-check", "admin.outgoing.jobs"),
            Entry("Audit", "clock-history", "admin.audit.index"),
        ),
    ),
)


def bind(app: Flask) -> None:
    """Gives every template ``identity``, ``nav`` and ``gate_alarm``: filled behind the admin door, empty elsewhere."""
    app.context_processor(layout_values)


def layout_values() -> dict[str, Any]:
    """``identity`` is None and ``nav`` empty on public pages, so that they never look up a session."""
    identity = find_identity() if "admin" in request.blueprints and not g.get("is_error_page") else None
    alarm = find_gate_alarm(identity) if identity else None
    return {"identity": identity, "nav": links(identity) if identity else (), "gate_alarm": alarm}


def find_gate_alarm(identity: Identity) -> Alarm | None:
    """What the banner says to those who may act on it: one row, read for nobody else."""
    if not identity.may(GATE_MANAGE.name):
        return None
    try:
        with short_read() as own:
            return find_alarm(own, identity.account_id)
    except SQLAlchemyError:
        # The page that says so is being drawn: it must not fail for its banner.
        return None


def links(identity: Identity) -> tuple[Link, ...]:
    """The sidebar of this person: entries whose door they may not open are absent."""
    shown = (_link(entry, identity) for entry in SIDEBAR)
    return tuple(link for link in shown if link is not None)


def _link(entry: Entry, identity: Identity) -> Link | None:
    children = tuple(link for link in (_link(child, identity) for child in entry.children) if link is not None)
    if not entry.endpoint:
        current = "true" if any(link.current for link in children) else ""
        return Link(entry.label, entry.icon, "", current, children) if children else None
    if entry.endpoint not in current_app.view_functions:
        return None
    permission = DOORS[entry.endpoint].permission
    if permission is not None and not identity.may(permission.name):
        return None
    return Link(entry.label, entry.icon, address(entry), _current(entry), children)


def _current(entry: Entry) -> str:
    if request.endpoint == entry.endpoint:
        return "page" if all(request.args.get(key) == value for key, value in entry.values) else ""
    # Of lists that share an address, a page below it does not tell which one it belongs to.
    return "true" if not entry.values and request.path.startswith(url_for(entry.endpoint) + "/") else ""


def address(entry: Entry) -> str:
    """Where an entry leads: its values are the query string."""
    return url_for(entry.endpoint) + (f"?{urlencode(entry.values)}" if entry.values else "")
