"""The page behind a crew link: a button makes this phone known. Only looking consumes nothing, so previews are free."""

from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.models import Account
from portal.accounts.queries import get_account
from portal.database import reading
from portal.gate import budget, known_devices
from portal.gate.views import visitor
from portal.gate.views.pages import public_page
from portal.lib.browsers import browser_kind
from portal.web.compression import compress
from portal.web.context import now, session

crew = Blueprint("crew", __name__, url_prefix="/crew")
crew.after_request(compress)


@crew.get("/<secret>")
def show(secret: str) -> Response:
    """What the link does, and its button; or that this phone is known already, or that the link is over."""
    with reading():
        link = known_devices.find_link(session(), secret, now())
        if link is None:
            return _page(404, None, "unknown")
        account = get_account(session(), link.account_id)
        known = _is_known(account, now())
    if known:
        return _page(200, account, "known")
    return _page(200, account, "open") if link.is_open else _page(410, account, "over")


@crew.post("/<secret>")
def join(secret: str) -> Response:
    """Takes one use and makes the phone known. One that is known already takes none."""
    moment = now()
    link = known_devices.find_link(session(), secret, moment)
    if link is None:
        return _page(404, None, "unknown")
    account = get_account(session(), link.account_id)
    answer = redirect(url_for("public.crew.show", secret=secret), 303)
    if _is_known(account, moment):
        return answer
    made = known_devices.use_link(session(), secret, browser_kind(request.user_agent.string), moment)
    if made is None:
        return _page(410, account, "over")
    public_id = account.public_id
    session().commit()
    visitor.remember_device(answer, public_id, made)
    return answer


def _is_known(account: Account, moment: datetime) -> bool:
    """Whether this phone is known and has tries left. One without is a stranger: the link is its way back."""
    secret_hash = visitor.device_hash(account.public_id)
    if not secret_hash:
        return False
    device_id = known_devices.find_device_id(session(), account.id, secret_hash, moment)
    return device_id is not None and not budget.is_device_spent(session(), account.id, device_id)


def _page(status: int, account: object, state: str) -> Response:
    return public_page(
        "gate/crew.html",
        status,
        accent=getattr(account, "accent", ""),
        company=account,
        state=state,
        action=request.path,
    )
