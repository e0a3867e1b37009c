"""What a device gets when it comes in, or when a person signs in or out on it: tokens, and who it talks to.

Two ways to keep the refresh token (``refresh_in``): "body" for programs, "cookie" for a browser, whose script must not
read it (RFC 10017). A cookie is set for our own page alone.
"""

from typing import Any

from flask import Response, jsonify, request
from marshmallow import fields
from werkzeug.exceptions import Forbidden

from portal.api import cookies
from portal.api.schemas import ApiSchema, Text
from portal.devices import sessions
from portal.devices.models import Device, DeviceSession
from portal.enrollment.payloads import api_address, logo_address
from portal.web.context import now, portal, session

BODY = "body"
COOKIE = "cookie"


class SiteSchema(ApiSchema):
    """Whom the device talks to."""

    name = fields.String(required=True)
    account_id = fields.String(required=True)
    api_url = fields.String(required=True)
    logo_url = fields.String(required=True)


class ArrivalSchema(ApiSchema):
    """An open session. ``scope``: "paired" may only sign in, "app" has a person."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "In seconds."})
    scope = fields.String(required=True)
    refresh_token = fields.String(metadata={"description": "Only with refresh_in body."})
    device_id = fields.String(required=True)
    device_name = fields.String(required=True)
    status = fields.String(required=True, metadata={"description": "active, or pending_approval."})
    site = fields.Nested(SiteSchema, required=True)
    sign_in_name = fields.String(metadata={"description": "Of a newcomer without an e-mail."})
    username = fields.String(metadata={"description": "To prefill the sign-in with; it proves nothing."})


def refresh_in() -> Text:
    """The field that chooses where the refresh token goes."""
    about = "Where the refresh token goes. cookie: for this portal's own page alone, as Origin or Sec-Fetch-Site says."
    return Text(10, choices=(BODY, COOKIE), load_default=BODY, metadata={"description": about})


def refuse_others(where: str) -> None:
    """Cookies are for our own page: a request that sets them must say that it comes from there. Raises Forbidden."""
    own = (portal().settings.public_url, f"{request.scheme}://{request.host}")
    is_own = request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin") in own
    if where == COOKIE and not is_own:
        raise Forbidden("Only this portal's own page keeps its refresh token in a cookie. Ask for it in the body.")


def answer(
    device: Device,
    device_session: DeviceSession,
    refresh_secret: str,
    *,
    account_name: str,
    account_public_id: str,
    where: str,
    **more: str,
) -> Response:
    """The answer, made in the caller's transaction: a person's browser gets the cookie for stickers with it."""
    own, moment = portal(), now()
    facts = sessions.facts_of(session(), device_session)
    issued = sessions.issue(own.key_ring, own.settings.public_url, facts, moment)
    body: dict[str, Any] = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scope,
        "device_id": device.public_id,
        "device_name": device.name,
        "status": device.status,
        "site": site_of(account_name, account_public_id),
    }
    body |= {name: text for name, text in more.items() if text}
    if where == BODY:
        return _unstored(jsonify(body | {"refresh_token": refresh_secret}))
    reply = _unstored(jsonify(body))
    cookies.set_refresh(reply, refresh_secret)
    if device_session.user_id is not None:
        cookies.set_phone(reply, sessions.make_phone_cookie(session(), device_session.id, moment))
    else:
        cookies.clear_phone(reply)
    return reply


def site_of(account_name: str, account_public_id: str) -> dict[str, str]:
    """The company at its addresses, as ``SiteSchema`` shows it."""
    public_url = portal().settings.public_url
    return {
        "name": account_name,
        "account_id": account_public_id,
        "api_url": api_address(public_url),
        "logo_url": logo_address(public_url, account_public_id),
    }


def _unstored(reply: Response) -> Response:
    reply.headers["Cache-Control"] = "no-store"  # RFC 6749, section 5.1
    return reply
