"""Add device: a device of its own with its installation code, which is sent, sent again, and made anew."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.accounts.permissions import DEVICES_MANAGE
from portal.accounts.queries import get_account
from portal.devices.models import EXPECTED, REVOKED, Device
from portal.devices.queries import get_device
from portal.enrollment import code_drafts, code_sending, expected, grants, targets
from portal.enrollment.code_sending import BY_MAIL, BY_SMS, NOT_SENT, Content, Sending
from portal.enrollment.forms import ExpectedDeviceForm, read_count
from portal.enrollment.models import Grant
from portal.enrollment.payloads import host
from portal.enrollment.views.code_pages import scanned_link, shown, timezone
from portal.enrollment.views.installation_codes import CODES, picture
from portal.jobs import models as jobs
from portal.lib.clock import show_moment
from portal.lib.typed_codes import grouped
from portal.web import mailer
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

expected_devices = Blueprint("expected_devices", __name__, url_prefix="/devices")

_SENT = {BY_MAIL: "The code goes by e-mail to {}.", BY_SMS: "The code goes by SMS to {}.", NOT_SENT: ""}


@expected_devices.route("/add", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    """Adds a device; its code goes to whoever will carry it."""
    me, form = current_identity(), _form()
    if request.method != "POST":
        return _add_page(form)
    user_id, days = targets.find_user_id(session(), me.account_id, form.owner.data or ""), read_count(form.days.data)
    sending = _check_sending(form, user_id)
    if days is None or not 1 <= days <= code_drafts.LONGEST_LIFE.days:
        form.refuse({"days": f"Type a number from 1 to {code_drafts.LONGEST_LIFE.days}."})
    made = expected.add_device(
        session(), portal().key_ring, account_id=me.account_id, name=form.name.data, user_id=user_id,
        life=timedelta(days=days or 1), actor=me.actor, now=now(),
    )  # fmt: skip
    if isinstance(made, grants.Faults):
        form.refuse(made.errors)
    if isinstance(made, grants.Faults) or form.errors or sending is None:
        session().rollback()
        return _add_page(form), 422
    _send(made.device, made.code.grant, sending)
    public_id = made.device.public_id
    session().commit()
    flash(f"{form.name.data} is added. {_SENT[sending.way].format(sending.recipient)}".strip(), "success")
    return redirect(url_for(".show_code", public_id=public_id), 303)


@expected_devices.get("/<public_id>/code")
def show_code(public_id: str) -> str:
    """The device's code, as long as there is one that works."""
    return _code_page(_own(public_id), _form())


@expected_devices.post("/<public_id>/code/send")
def send_code(public_id: str) -> ResponseReturnValue:
    """Sends the code again, or somewhere else."""
    device, form = _own(public_id), _form()
    grant, sending = expected.find_code(session(), device, now()), _check_sending(form, device.user_id)
    if grant is None or sending is None:
        return _code_page(device, form), 422
    _send(device, grant, sending)
    session().commit()
    flash(_SENT[sending.way].format(sending.recipient) or "Nothing was sent.", "success")
    return redirect(url_for(".show_code", public_id=public_id), 303)


@expected_devices.post("/<public_id>/code/renew")
def renew_code(public_id: str) -> Response:
    """Makes another code; the one before stops working."""
    device = _own(public_id)
    if device.status == REVOKED:  # while the page was open, which now says so
        return redirect(url_for(".show_code", public_id=public_id), 303)
    expected.renew_code(session(), portal().key_ring, device=device, actor=current_identity().actor, now=now())
    session().commit()
    flash("The new code is ready. Send it, or show it here.", "success")
    return redirect(url_for(".show_code", public_id=public_id), 303)


def _own(public_id: str) -> Device:
    return get_device(session(), current_identity().account_id, public_id)


def _form() -> ExpectedDeviceForm:
    account_id = current_identity().account_id
    return ExpectedDeviceForm(
        people=targets.list_people(session(), account_id),
        contacts=targets.list_contacts(session(), account_id, request.form.get("contact", "")),
    )


def _check_sending(form: ExpectedDeviceForm, user_id: int | None) -> Sending | None:
    """Where the code goes; None after the sentence was put at its field."""
    account, way = get_account(session(), current_identity().account_id), form.send_by.data or ""
    if form.contact.data and way in (BY_MAIL, BY_SMS):
        place = "contact"
        found = code_sending.check_contact(session(), account.id, way=way, public_id=form.contact.data)
    else:
        place = "recipient"
        found = code_sending.check(session(), account, way=way, typed=form.recipient.data, user_id=user_id)
    if isinstance(found, Sending):
        return found
    form.refuse({place: found})
    return None


def _send(device: Device, grant: Grant, sending: Sending) -> None:
    code = grouped(grants.reveal(portal().key_ring, grant))
    code_sending.send(
        session(),
        get_account(session(), device.account_id),
        device,
        grant,
        sending=sending,
        content=Content(scanned_link(grant, code), code, host(portal().settings.public_url)),
        key_ring=portal().key_ring,
        render=mailer.render,
        now=now(),
    )


def _add_page(form: ExpectedDeviceForm) -> str:
    href, label = _back(url_for("admin.devices.index"), "Devices")
    return render_template("enrollment/device_add.html", form=form, cancel_href=href, back_label=label)


def _back(href: str, label: str) -> tuple[str, str]:
    """Where to go back to: a page of devices, or the list of codes for whoever may not see those."""
    return (href, label) if current_identity().may(DEVICES_MANAGE.name) else (CODES.href("index"), CODES.title)


def _code_page(device: Device, form: ExpectedDeviceForm) -> str:
    grant = expected.find_code(session(), device, now())
    last = code_sending.find_last(session(), device.account_id, device)
    form.send_by.choices = [one for one in form.send_by.choices if one.value]
    if last is not None and request.method != "POST":
        form.send_by.data = BY_SMS if last.channel == jobs.BY_SMS else BY_MAIL
        form.recipient.data = last.recipient
    return render_template(
        "enrollment/device_code.html",
        device=_describe(device),
        code=picture(grant) if grant else None,
        form=form,
        sent=_describe_sent(last, grant) if last else None,
    )


def _describe_sent(last: jobs.Mail, grant: Grant | None) -> dict[str, Any]:
    """Where a code of the device went last, and whether it was this one."""
    is_this = grant is not None and code_sending.is_about(last, grant)
    return {"recipient": last.recipient, "at": show_moment(last.created_at, timezone()), "is_this": is_this}


def _describe(device: Device) -> dict[str, Any]:
    """The device, and what a code would do for it."""
    href, label = _back(url_for("admin.devices.show", public_id=device.public_id), device.name)
    sentence = "It has no code that works. Make a new one to install it."
    if device.status == REVOKED:
        sentence = "It was revoked. Add it as a new device to install it again."
    elif device.status != EXPECTED:
        since = shown(device.connected_at, timezone())
        sentence = f"It is installed since {since}. A new code moves it to another phone: the old one is signed out."
    return {
        "public_id": device.public_id,
        "name": device.name,
        "href": href,
        "back_label": label,
        "sentence": sentence,
        "may_have_code": device.status != REVOKED,
    }
