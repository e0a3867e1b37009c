"""The overview: what there is, what has expired, how much is scanned, and what to do next."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from portal.accounts.permissions import DEVICES_MANAGE, MOBILE_SETUP
from portal.accounts.queries import get_account
from portal.devices.queries import DeviceFilter, count_devices
from portal.gate.queries import get_passcode_row
from portal.lib.clock import show_moment, today_in
from portal.records.kinds import KINDS
from portal.visits import queries
from portal.visits.queries import KindCounts
from portal.visits.scan_filters import OUTCOMES
from portal.web.addresses import public_url_warnings
from portal.web.context import now, portal, session
from portal.web.identity import Identity, current_identity

home = Blueprint("home", __name__, url_prefix="")

RECENT = 8


@dataclass(frozen=True)
class Step:
    """One of the first things to do."""

    text: str
    href: str
    label: str
    is_done: bool


@dataclass(frozen=True)
class Phones:
    """How many phones there are, and where their tile leads; "" for no tile."""

    count: int
    href: str


@home.get("/")
def index() -> str:
    """The page after signing in."""
    identity, moment = current_identity(), now()
    account = get_account(session(), identity.account_id)
    counts = queries.count_kinds(session(), account.id, today_in(account.timezone, moment))
    rows = [counts.get(kind.name, KindCounts(kind.name, 0, 0, 0, 0)) for kind in KINDS]
    has_passcode = bool(get_passcode_row(session(), account.id).sealed_text)
    scans_30_days = count_scans(session(), account.id, 30)
    phones = phone_tile(identity)
    return render_template(
        "visits/home.html",
        company=account.name,
        kinds=list(zip(KINDS, rows, strict=True)),
        expired_count=sum(row.expired_count for row in rows),
        due_count=sum(row.due_count for row in rows),
        record_count=sum(row.record_count for row in rows),
        scans_7_days=count_scans(session(), account.id, 7),
        scans_30_days=scans_30_days,
        recent=latest_scans(account.id, account.timezone),
        has_passcode=has_passcode,
        may_set_up=identity.may("settings.view"),
        warnings=public_url_warnings(portal().settings.public_url) if identity.may("settings.view") else [],
        phones=phones,
        steps=first_steps(identity, counts, phones, has_passcode=has_passcode, is_scanned=scans_30_days > 0),
    )


def latest_scans(account_id: int, timezone: str) -> list[tuple[str, str, str, str, str]]:
    """(when, outcome in words, browser, record's public id, record's name), the newest first."""
    return [
        (show_moment(scan.at, timezone), OUTCOMES.get(scan.outcome, scan.outcome), scan.browser, public_id, name)
        for scan, public_id, name in queries.list_recent(session(), account_id, RECENT)
    ]


def count_scans(read: Session, account_id: int, days: int) -> int:
    return queries.count_scans(read, account_id, since=now() - timedelta(days=days))


def phone_tile(identity: Identity) -> Phones:
    """The company's phones, for whoever may see the list, or the QR code that connects the first."""
    count = count_devices(session(), identity.account_id, DeviceFilter())
    if count and identity.may(DEVICES_MANAGE.name):
        return Phones(count, url_for("admin.devices.index"))
    return Phones(count, url_for("admin.mobile_setup.index") if identity.may(MOBILE_SETUP.name) else "")


def first_steps(
    identity: Identity, counts: dict[str, KindCounts], phones: Phones, *, has_passcode: bool, is_scanned: bool
) -> list[Step]:
    """What a new company does first, as far as this person may; nothing once all of it is done."""
    has_records = any(kind != "contact" for kind in counts)
    steps = [
        (
            "settings.view",
            Step("Set the 4-digit passcode", url_for("admin.qr_portal.edit"), "Set the passcode", has_passcode),
        ),
        (
            "records.edit",
            Step(
                "Add the people to ask",
                url_for("admin.records.new", kind="contact"),
                "Add a contact",
                "contact" in counts,
            ),
        ),
        (
            "records.edit",
            Step("Add what gets a sticker", url_for("admin.records.new", kind="vehicle"), "Add a vehicle", has_records),
        ),
        (
            "labels.print",
            Step("Print labels and stick them on", url_for("admin.labels.choose"), "Print labels", is_scanned),
        ),
    ]
    allowed = [step for permission, step in steps if identity.may(permission)]
    if all(step.is_done for step in allowed):
        return []  # phones alone keep nobody busy: a company may well do without
    if identity.may(MOBILE_SETUP.name):
        href = url_for("admin.mobile_setup.index")
        allowed.append(Step("Connect your people's phones", href, "Show the QR code", phones.count > 0))
    return allowed
