"""Mobile App: the one-time QR code of one's own phone, and the devices that are connected."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.accounts.permissions import DEVICES_MANAGE
from portal.accounts.queries import get_account
from portal.devices import operations, queries
from portal.devices.models import Device
from portal.devices.queries import DeviceFilter, Listed
from portal.devices.wording import Line, describe, revoked_means
from portal.enrollment import grants, joining, onboarding
from portal.errors import NotFound
from portal.lib.clock import local
from portal.lib.lines import one_line
from portal.lib.sealing import KeyRingError
from portal.stickers.drawing import data_address
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

mobile_app = Blueprint("mobile_app", __name__, url_prefix="/mobile-app")

# The newest code waits here, sealed, so that its page can be loaded again while it works.
OFFER = "onboarding"
SHOWN = 100  # devices on this page, the last connected; the devices page has all


@mobile_app.get("")
def index() -> str:
    """The code, if this browser has one that is worth showing, and the connected devices."""
    me = current_identity()
    account = get_account(session(), me.account_id)
    which = DeviceFilter(user_id=_whose())
    found = queries.list_devices(session(), me.account_id, now(), which, limit=SHOWN)
    ways_in = joining.list_ways_in(session(), me.account_id, [one.device.grant_id for one in found])
    return render_template(
        "enrollment/mobile_app.html",
        **_shown_offer(account.timezone),
        host=urlsplit(portal().settings.public_url).netloc + "/app",
        lines=[_line(one, ways_in, account.timezone) for one in found],
        device_count=queries.count_devices(session(), me.account_id, which),
        may_manage=which.user_id is None,
    )


@mobile_app.post("/qr")
def generate() -> Response:
    """A new code. The person's unspent one stops working."""
    me, ring = current_identity(), portal().key_ring
    made = grants.make_onboarding(
        session(), ring, account_id=me.account_id, user_id=me.user_id, actor=me.actor, now=now()
    )
    public_id = made.grant.public_id
    session().commit()
    cookie[OFFER] = {"id": public_id, "sealed": ring.encrypt(f"{made.secret} {made.typed_code}", _context(public_id))}
    return _back("qr")


@mobile_app.post("/qr/<public_id>/undo")
def undo(public_id: str) -> Response:
    """Signs the phone out again that has just used the code."""
    me = current_identity()
    taken_back = onboarding.undo(
        session(), account_id=me.account_id, user_id=me.user_id, public_id=public_id, actor=me.actor, now=now()
    )
    if taken_back is None:
        flash("The 60 seconds are over. Use Revoke Access in the list.", "error")
        return _back("devices")
    name = taken_back.name
    session().commit()
    flash(f"{name} was signed out again.", "success")
    return _back("qr")


@mobile_app.post("/devices/<public_id>/name")
def rename(public_id: str) -> Response:
    """What the device is called."""
    device, name = _device(public_id), one_line(request.form.get("name", ""))[:80]
    if not name:
        flash("A device needs a name.", "error")
        return _back("devices")
    operations.rename(session(), device, name=name, actor=current_identity().actor, now=now())
    session().commit()
    flash("The name is saved.", "success")
    return _back("devices")


@mobile_app.get("/devices/<public_id>/revoke")
def ask_revoke(public_id: str) -> str:
    """What revoking means, before it is done."""
    device = _device(public_id)
    return render_template(
        "devices/ask.html",
        act="Revoke Access",
        names=[device.name],
        consequences=revoked_means(1),
        action_href=url_for("admin.mobile_app.revoke", public_id=public_id),
        back_href=url_for("admin.mobile_app.index", _anchor="devices"),
        pairs=[],
    )


@mobile_app.post("/devices/<public_id>/revoke")
def revoke(public_id: str) -> ResponseReturnValue:
    """Takes a device's access away. Its next request is refused."""
    device = _device(public_id)
    operations.revoke(session(), device, actor=current_identity().actor, now=now())
    name = device.name
    session().commit()
    flash(f"{name} is signed out. It needs a new QR code to come back.", "success")
    return _back("devices")


def _device(public_id: str) -> Device:
    """A device of the company; whoever may not manage them has their own only. Raises NotFound."""
    return queries.get_device_of(session(), current_identity().account_id, _whose(), public_id)


def _whose() -> int | None:
    """Whose devices the person sees here; None: everybody's."""
    me = current_identity()
    return None if me.may(DEVICES_MANAGE.name) else me.user_id


def _line(listed: Listed, ways_in: dict[int, str], timezone: str) -> Line:
    joined_by = joining.joined_by(listed.device, ways_in)
    return describe(listed, joined_by=joined_by, timezone=timezone, now=now())


def _shown_offer(timezone: str) -> dict[str, Any]:
    """The code that waits in the cookie, with how far it is; what is over is shown once more and then forgotten."""
    nothing = {"offer": None, "progress": None, "expires": None, "picture": ""}
    me, kept, settings = current_identity(), cookie.get(OFFER), portal().settings
    if kept is None:
        return nothing
    try:
        grant = onboarding.get_own(session(), me.account_id, me.user_id, kept["id"])
        secret, _, code = portal().key_ring.decrypt(kept["sealed"], _context(kept["id"])).partition(" ")
    except (NotFound, KeyRingError):
        # Another company was chosen meanwhile, or the key file was replaced.
        cookie.pop(OFFER)
        return nothing
    progress = onboarding.follow(session(), grant, now())
    if progress.state != onboarding.WAITING and not progress.undo_seconds_left:
        cookie.pop(OFFER)
    offer = onboarding.draw(
        public_url=settings.public_url,
        account_public_id=me.account_public_id,
        account_name=me.account_name,
        grant=grant,
        secret=secret,
        code=code,
    )
    return {
        "offer": offer,
        "progress": progress,
        "expires": _until(offer.expires_at, timezone),
        "picture": data_address(offer.svg),
    }


def _until(moment: datetime, timezone: str) -> dict[str, str]:
    """Such a short time is told to the second."""
    return {"iso": moment.isoformat(timespec="seconds"), "words": f"{local(moment, timezone):%H:%M:%S}"}


def _context(public_id: str) -> str:
    return f"onboarding:{public_id}"


def _back(section: str) -> Response:
    return redirect(url_for("admin.mobile_app.index", _anchor=section), 303)
