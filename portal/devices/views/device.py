"""One device: its details, how it joined, its history; renamed, suspended, resumed, approved, revoked."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.queries import get_account
from portal.audit.models import AuditEvent
from portal.audit.queries import list_for_target
from portal.audit.words import changes
from portal.devices import operations, queries
from portal.devices.models import Device
from portal.devices.views.devices import devices
from portal.devices.wording import MEANINGS, Line, deed, describe, in_words, revoked_means, suspended_means
from portal.enrollment import joining
from portal.lib.clock import show_moment
from portal.lib.lines import one_line
from portal.web.context import now, session
from portal.web.identity import current_identity

HISTORY = 50
ALREADY = "Nothing was changed: the device is in another state by now. This page shows which."
ASKED = {"suspend": ("Suspend", suspended_means(1)), "revoke": ("Revoke Access", revoked_means(1))}


@devices.get("/<public_id>")
def show(public_id: str) -> str:
    """Everything about a device."""
    me = current_identity()
    timezone = get_account(session(), me.account_id).timezone
    listed = queries.get_listed(session(), me.account_id, public_id, now())
    device = listed.device
    ways_in = joining.list_ways_in(session(), me.account_id, [device.grant_id])
    line = describe(listed, joined_by=joining.joined_by(device, ways_in), timezone=timezone, now=now())
    return render_template(
        "devices/show.html",
        line=line,
        meaning=MEANINGS[device.status],
        facts=_facts(line, device, timezone),
        tries=[(show_moment(one.at, timezone), one) for one in joining.list_tries(session(), me.account_id, device.id)],
        history=[
            _event(event, timezone) for event in list_for_target(session(), me.account_id, device.public_id, HISTORY)
        ],
    )


@devices.get("/<public_id>/<any(suspend, revoke):act>")
def ask(public_id: str, act: str) -> str:
    """What an act does, before it is done."""
    device = own_device(public_id)
    words, consequences = ASKED[act]
    return render_template(
        "devices/ask.html",
        act=words,
        names=[device.name],
        consequences=consequences,
        action_href=url_for(f"admin.devices.{act}", public_id=public_id),
        back_href=url_for("admin.devices.show", public_id=public_id),
        pairs=[],
    )


@devices.post("/<public_id>/name")
def rename(public_id: str) -> Response:
    """What the device is called."""
    device, name = own_device(public_id), one_line(request.form.get("name", ""))
    operations.rename(session(), device, name=name, actor=current_identity().actor, now=now())
    session().commit()
    flash("The name is saved." if name else "A device needs a name.", "success" if name else "error")
    return _back(public_id)


@devices.post("/<public_id>/suspend")
def suspend(public_id: str) -> Response:
    """Nothing goes on this device until it is resumed."""
    is_done = operations.suspend(session(), own_device(public_id), actor=current_identity().actor, now=now())
    session().commit()
    _tell(is_done, "The device is suspended. Resume it whenever you want.")
    return _back(public_id)


@devices.post("/<public_id>/resume")
def resume(public_id: str) -> Response:
    """A suspended device goes on."""
    is_done = operations.resume(session(), own_device(public_id), actor=current_identity().actor, now=now())
    session().commit()
    _tell(is_done, "The device works again.")
    return _back(public_id)


@devices.post("/<public_id>/approve")
def approve(public_id: str) -> Response:
    """Lets a device in that waits for it."""
    is_done = operations.approve(session(), own_device(public_id), actor=current_identity().actor, now=now())
    session().commit()
    _tell(is_done, "The device is approved and works now.")
    return _back(public_id)


@devices.post("/<public_id>/revoke")
def revoke(public_id: str) -> Response:
    """Takes a device's access away, for good. Its next request is refused."""
    device = own_device(public_id)
    operations.revoke(session(), device, actor=current_identity().actor, now=now())
    name = device.name
    session().commit()
    flash(f"{name} is signed out. It needs a new QR code to come back.", "success")
    return redirect(url_for("admin.devices.index"), 303)


def own_device(public_id: str) -> Device:
    """A device of the person's company. Raises NotFound."""
    return queries.get_device(session(), current_identity().account_id, public_id)


def _facts(line: Line, device: Device, timezone: str) -> list[tuple[str, str, str]]:
    """Label, value, and what stands there when there is none."""
    tags = ", ".join(device.tags)
    kept = ", ".join(f"{name}: {value}" for name, value in sorted(device.defaults.items()))
    return [
        ("Platform", line.platform, "Not told"),
        ("Model", device.model, "Not told"),
        ("App version", device.app_version, "Not told"),
        ("Person", line.person, "Nobody"),
        ("Last Active", line.last_active, "Never"),
        ("Connected On", line.connected, "Not yet"),
        ("Joined by", line.joined_by, "Added by an admin"),
        ("Address", line.address, "Not kept"),
        ("Tags", tags, "None"),
        ("Defaults", kept, "None"),
        ("Device identifier", device.public_id, ""),
        ("Added", show_moment(device.created_at, timezone), ""),
    ]


def _event(event: AuditEvent, timezone: str) -> dict[str, object]:
    return {
        "at": show_moment(event.at, timezone),
        "who": event.actor_name,
        "did": deed(event.action),
        "changes": [in_words(change, joining.KINDS) for change in changes(event.before, event.after)],
    }


def _tell(is_done: bool, sentence: str) -> None:
    """What was done; nothing, where a page was old and the device is another by now."""
    flash(sentence if is_done else ALREADY, "success" if is_done else "error")


def _back(public_id: str) -> Response:
    return redirect(url_for("admin.devices.show", public_id=public_id), 303)
