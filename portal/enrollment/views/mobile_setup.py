"""Mobile Setup: the QR code that pairs phones with the company, on screen, on paper and by mail."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.accounts.models import Account, Membership
from portal.accounts.names import has_email
from portal.accounts.permissions import INSTALLATION_KEY_ROTATE
from portal.accounts.queries import get_account
from portal.enrollment import grants, pairing
from portal.enrollment.models import Grant
from portal.enrollment.queries import current_key
from portal.enrollment.views.key_rotation import refuse_other_company, rotation_values
from portal.enrollment.views.mobile_setup_forms import SendForm
from portal.errors import NotFound
from portal.lib.clock import local
from portal.stickers.drawing import data_address
from portal.web.addresses import environment, pairing_warnings
from portal.web.context import now, portal, session
from portal.web.identity import current_identity
from portal.web.mailer import render

mobile_setup = Blueprint("mobile_setup", __name__, url_prefix="/mobile-setup")
mobile_setup.before_request(refuse_other_company)


@mobile_setup.get("")
def index() -> str:
    """The QR code; ``?username=`` fills that in."""
    return _page(SendForm(formdata=None))


@mobile_setup.post("/key")
def make_key() -> Response:
    """The first QR code of the company."""
    grants.ensure_installation_key(session(), portal().key_ring, current_identity().account_id, now())
    session().commit()
    return redirect(url_for("admin.mobile_setup.index"), 303)


@mobile_setup.get("/print")
def print_page() -> str:
    """One A4 page with the QR code and what to do with it. Raises NotFound without a key."""
    account, key = _account(), _key()
    drawn = _draw(account, key, _username() or "")
    return render_template(
        "enrollment/mobile_setup_print.html",
        qr=drawn,
        picture=data_address(drawn.svg),
        public_url=portal().settings.public_url,
        host=urlsplit(portal().settings.public_url).netloc,
        printed_on=f"{local(now(), account.timezone):%d %b %Y}",
    )


@mobile_setup.post("/send")
def send() -> ResponseReturnValue:
    """The QR code to one of the company's people by mail."""
    form = SendForm()
    member = pairing.find_member(session(), current_identity().account_id, form.recipient.data or "")
    if not form.validate() or member is None or not has_email(member.user.email):
        form.refuse({"recipient": _why_not(member)} if form.recipient.data else {})
        return _page(form), 422
    email = member.user.email
    _send(member, is_prefilled=form.is_prefilled.data)
    session().commit()
    kept = portal().settings.mail_server is None
    flash(f"The QR code for {email} " + ("stands in Outgoing mail." if kept else "is on its way."), "success")
    return redirect(url_for("admin.mobile_setup.index"), 303)


def _send(member: Membership, *, is_prefilled: bool) -> None:
    pairing.send(
        session(),
        portal().key_ring,
        _key(),
        _account(),
        member,
        public_url=portal().settings.public_url,
        is_prefilled=is_prefilled,
        render=render,
        actor=current_identity().actor,
        now=now(),
    )


def _why_not(member: Membership | None) -> str:
    if member is None:
        return "Nobody in the company signs in with this. Pick somebody from the list."
    return f"{member.user.name} has no e-mail. Show the QR code on your screen, or print it."


def _page(form: SendForm) -> str:
    me, account = current_identity(), _account()
    key = current_key(session(), account.id)
    if key is None:
        return render_template("enrollment/mobile_setup_empty.html", **_installation(account))
    typed = _username()
    username = typed or ""
    drawn = _draw(account, key, username)
    people = pairing.list_people(session(), account.id)
    may_rotate = me.may(INSTALLATION_KEY_ROTATE.name)
    return render_template(
        "enrollment/mobile_setup.html",
        form=form,
        qr=drawn,
        picture=data_address(drawn.svg),
        too_long=pairing.TOO_LONG if typed is None else "",
        is_stranger=bool(username) and pairing.find_member(session(), account.id, username) is None,
        people=people[: pairing.MOST_SUGGESTED],
        mailable=[one for one in people if has_email(one.username)][: pairing.MOST_SUGGESTED],
        other_companies=len(me.memberships) > 1,
        has_mail_server=portal().settings.mail_server is not None,
        rotation=rotation_values(account) if may_rotate else None,
        **_installation(account),
    )


def _username() -> str | None:
    return pairing.read_username(request.args.get("username", ""))


def _installation(account: Account) -> dict[str, Any]:
    public_url = portal().settings.public_url
    return {
        "company": account.name,
        "company_id": account.public_id,
        "public_url": public_url,
        "environment": environment(public_url),
        "warnings": pairing_warnings(public_url, request.host_url.rstrip("/")),
    }


def _account() -> Account:
    return get_account(session(), current_identity().account_id)


def _key() -> Grant:
    key = current_key(session(), current_identity().account_id)
    if key is None:
        raise NotFound("no installation key yet")
    return key


def _draw(account: Account, key: Grant, username: str) -> pairing.PairingQr:
    public_url = portal().settings.public_url
    return pairing.draw(portal().key_ring, key, account, public_url=public_url, username=username)
