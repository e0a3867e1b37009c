"""Settings, Gate: what is spent of the passcode's guesses, attacked stickers, crew links, known devices."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.accounts.queries import get_account
from portal.audit.operations import record as audit
from portal.gate import budget, known_devices, operations, queries
from portal.gate.forms import CrewLinkForm
from portal.gate.models import CrewLink, KnownDevice
from portal.gate.throttle import GRANT, odds
from portal.gate.views.wording import show_percent
from portal.lib.clock import show_moment
from portal.lib.lines import one_line
from portal.lib.passcodes import SHORTEST, count_codes
from portal.stickers.drawing import data_address, svg
from portal.stickers.queries import get_by_public_id
from portal.stickers.symbols import variable_symbol
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

gate_settings = Blueprint("gate_settings", __name__, url_prefix="/settings/gate")

# The secret of a new link waits here for the one page that shows it: the browser that made it is where it goes.
NEW_LINK = "crew_link"
# The generation of a code that was just changed: the next page, and no other, shows it. A cookie that somebody kept
# shows no later code.
ROTATED = "passcode_rotated"


@dataclass(frozen=True)
class Odds:
    """The chance of a stranger: as the budget stands, and after a grant."""

    codes: int
    now: str
    after_grant: str


@gate_settings.get("")
def index() -> str:
    """The page."""
    return _page(CrewLinkForm(formdata=None))


@gate_settings.post("/links")
def make_link() -> ResponseReturnValue:
    """Makes a crew link, to be shown once on the next page."""
    me, form = current_identity(), CrewLinkForm()
    if not form.validate():
        return _page(form), 422
    link, secret = known_devices.make_crew_link(
        session(),
        account_id=me.account_id,
        label=form.label.data,
        most_uses=form.most_uses.data,
        life=timedelta(days=form.days.data),
        created_by_name=me.name,
        now=now(),
    )
    _audit("crew-link.make", ("crew-link", link.public_id, link.label), {"phones": link.most_uses})
    label = link.label
    session().commit()
    cookie[NEW_LINK] = {"label": label, "secret": secret}
    return _back("links")


@gate_settings.post("/links/<public_id>/revoke")
def revoke_link(public_id: str) -> Response:
    """A link that makes no more phones known; those it made stay."""
    link = known_devices.get_link(session(), current_identity().account_id, public_id)
    link.revoked_at = link.revoked_at or now()
    _audit("crew-link.revoke", ("crew-link", public_id, link.label), {"used": link.use_count})
    session().commit()
    cookie.pop(NEW_LINK, None)
    flash("The crew link is revoked. Phones that it made known stay known.", "success")
    return _back("links")


@gate_settings.post("/devices/<public_id>/name")
def rename_device(public_id: str) -> Response:
    """What the company calls a device."""
    device = known_devices.get_device(session(), current_identity().account_id, public_id)
    before, device.name = device.name, one_line(request.form.get("name", ""))[:100]
    _audit("known-device.rename", ("known-device", public_id, device.name), {"name": device.name}, name=before)
    session().commit()
    flash("The name is saved.", "success")
    return _back("devices")


@gate_settings.post("/devices/<public_id>/revoke")
def revoke_device(public_id: str) -> Response:
    """The device is a stranger again: its tries count against the stickers' and the company's guesses."""
    device = known_devices.get_device(session(), current_identity().account_id, public_id)
    device.revoked_at = device.revoked_at or now()
    _audit("known-device.revoke", ("known-device", public_id, device.name or device.browser))
    session().commit()
    flash("The device is no longer known. A visit that it has open ends within 12 hours.", "success")
    return _back("devices")


@gate_settings.post("/rotate")
def rotate() -> Response:
    """A new random passcode with a new budget. Printed stickers and known devices stay valid."""
    operations.rotate_passcode(session(), portal().key_ring, account_id=current_identity().account_id, now=now())
    _audit("passcode.rotate", _gate())
    generation = queries.get_passcode_row(session(), current_identity().account_id).generation
    session().commit()
    flash("The passcode was changed. Printed stickers stay valid.", "success")
    cookie[ROTATED] = generation
    return _back("budget")


@gate_settings.post("/grant")
def grant() -> Response:
    """50 more guesses for unknown devices."""
    granted = budget.grant(session(), current_identity().account_id)
    _audit("passcode.grant", _gate(), {"guesses": granted.most})
    session().commit()
    flash(f"Unknown phones have {granted.most - granted.spent} guesses left.", "success")
    return _back("budget")


@gate_settings.post("/stickers/<public_id>/reopen")
def reopen_sticker(public_id: str) -> Response:
    """Unknown devices may try at this sticker again."""
    sticker = get_by_public_id(session(), current_identity().account_id, public_id)
    name = sticker.record.name if sticker.record else ""
    budget.reopen_sticker(session(), sticker.id)
    _audit("sticker.reopen", ("sticker", public_id, name))
    session().commit()
    flash(f"The sticker of {name} is open again.", "success")
    return _back("stickers")


@gate_settings.post("/seen")
def put_away() -> Response:
    """The banner goes until the next alert."""
    budget.put_alarm_away(session(), current_identity().account_id)
    _audit("gate.alarm-seen", _gate())
    session().commit()
    return _back("budget")


def _page(form: CrewLinkForm) -> str:
    me, moment = current_identity(), now()
    account_id, timezone = me.account_id, get_account(session(), me.account_id).timezone
    row = queries.get_passcode_row(session(), account_id)
    passcode = queries.reveal_passcode(portal().key_ring, row)
    spent = budget.get_budget(session(), account_id)
    return render_template(
        "gate/gate_settings.html",
        form=form,
        budget=spent,
        odds=_odds(spent, len(passcode) or SHORTEST),
        attacked=budget.list_attacked(session(), account_id, moment),
        new_passcode=passcode if cookie.pop(ROTATED, None) == row.generation else "",
        new_link=_new_link(),
        links=[_link_line(link, timezone) for link in known_devices.list_open_links(session(), account_id, moment)],
        devices=[_device_line(*row, timezone) for row in known_devices.list_devices(session(), account_id, moment)],
        device_count=known_devices.count_devices(session(), account_id, moment),
    )


def _odds(spent: budget.Budget, length: int) -> Odds:
    codes = count_codes(length)
    return Odds(codes, show_percent(odds(spent.most, codes)), show_percent(odds(spent.most + GRANT, codes)))


def _new_link() -> dict[str, str] | None:
    """The link that was just made, as text and as a picture, the one time it is shown."""
    made = cookie.pop(NEW_LINK, None)
    if made is None:
        return None
    address = portal().settings.public_url + url_for("public.crew.show", secret=made["secret"])
    picture = svg(variable_symbol(address, "M"), f"Crew link for {made['label']}")
    return {
        "label": made["label"],
        "address": address,
        "picture": data_address(picture),
    }


def _link_line(link: CrewLink, timezone: str) -> dict[str, str | int]:
    return {
        "public_id": link.public_id,
        "label": link.label,
        "used": f"{link.use_count} of {link.most_uses}",
        "expires": show_moment(link.expires_at, timezone),
        "made_by": link.created_by_name,
    }


def _device_line(device: KnownDevice, link_label: str, timezone: str) -> dict[str, str]:
    def shown(moment: datetime) -> str:
        return show_moment(moment, timezone)

    return {
        "public_id": device.public_id,
        "name": device.name,
        "browser": device.browser,
        "since": shown(device.created_at),
        "how": f"crew link: {link_label}" if device.crew_link_id else "typed the right code",
        "seen": shown(device.last_seen_at),
    }


def _audit(action: str, target: tuple[str, str, str], after: dict[str, object] | None = None, **before: object) -> None:
    """One event of the signed-in person. ``target``: its kind, public id and name."""
    me = current_identity()
    audit(
        session(),
        account_id=me.account_id,
        actor=me.actor,
        action=action,
        now=now(),
        target_kind=target[0],
        target_public_id=target[1],
        target_name=target[2],
        before=before,
        after=after,
    )


def _gate() -> tuple[str, str, str]:
    me = current_identity()
    return "qr-portal", me.account_public_id, me.account_name


def _back(section: str) -> Response:
    return redirect(url_for("admin.gate_settings.index", _anchor=section), 303)
