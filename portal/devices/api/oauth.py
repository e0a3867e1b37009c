"""The doors of the standards: refresh (RFC 6749), revocation (7009), introspection (7662), metadata (8414), keys.

They take forms, not JSON. A browser may leave the refresh token out: then its cookie counts, if the request comes from
our own pages, and the answer rotates the cookie and says nothing of it.
"""

from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden

from portal.accounts.permissions import DEVICES_MANAGE
from portal.api import cookies
from portal.api.blueprints import PHONE, PROGRAM, ApiBlueprint
from portal.api.phones import CLEAR
from portal.devices import introspection, lost_answers, operations, phones, sessions, tokens
from portal.devices.api import alerts
from portal.devices.api.documents import ERROR, FORM, KEYS, METADATA, ONE_TOKEN, SHOWN, TOKENS, described, text
from portal.devices.models import APP, BY_USER, PAIRED
from portal.web.context import now, portal, session, short_read
from portal.web.identity import find_identity

oauth = ApiBlueprint("oauth", __name__, description="Tokens of phones, as the standards say.")

LOST = "lost"
CANNOT = "The token is unknown, used, revoked or expired."


class Unreadable(Exception):
    """The form cannot be taken: the error of RFC 6749, section 5.2, and a sentence."""


@oauth.route("/oauth/token", methods=["POST"])
@oauth.doc(
    **described(
        {
            "grant_type": text("", "refresh_token"),
            "refresh_token": text("The newest one. A browser leaves it out: its cookie counts."),
            "client_id": text("", sessions.CLIENT_ID),
            "scope": text("That of the session.", PAIRED, APP),
            "answer": text("A browser that never heard whether its sign-in or sign-out worked.", LOST),
        },
        "grant_type",
    )
)
@oauth.response(200, TOKENS, description="The next tokens; without refresh_token where a cookie was sent.")
@oauth.alt_response(400, schema=ERROR, description="RFC 6749, section 5.2")
@oauth.alt_response(403)
def token() -> Response:
    """Gives the next access token and the next refresh token for a refresh token."""
    try:
        secret, by_cookie = read_refresh_form()
    except Unreadable as fault:
        return refuse(*fault.args)
    own, moment, ip = portal(), now(), request.remote_addr or ""
    found = sessions.refresh(session(), own.key_ring, secret=secret, ip=ip, now=moment)
    if by_cookie and request.form.get("answer") == LOST and isinstance(found, phones.Refusal):
        found = lost_answers.step_back(session(), secret=secret, now=moment) or found
    if isinstance(found, phones.Refusal):
        answer = refuse_grant(found, by_cookie=by_cookie)
    elif request.form.get("scope", "") not in ("", found.device_session.scope):
        session().rollback()  # nothing was spent
        return refuse("invalid_scope", "The scope is that of the session, neither more nor less.")
    else:
        row = found.device_session
        operations.note_seen(session(), own.key_ring, device_id=row.device_id, session_id=row.id, ip=ip, now=moment)
        issued = sessions.issue(own.key_ring, own.settings.public_url, sessions.facts_of(session(), row), moment)
        answer = give(issued, found.refresh_secret, by_cookie=by_cookie)
    session().commit()
    return answer


@oauth.route("/oauth/revoke", methods=["POST"])
@oauth.doc(**ONE_TOKEN)
@oauth.response(200, {"type": "object"}, description="The token is not good, whatever it was.")
@oauth.alt_response(400, schema=ERROR, description="RFC 6749, section 5.2")
def revoke() -> Response:
    """Ends the session of a token."""
    try:
        given = read_form("token")["token"]
    except Unreadable as fault:
        return refuse(*fault.args)
    own, moment = portal(), now()
    session_id = introspection.find_session(session(), own.key_ring, own.settings.public_url, given, moment)
    if session_id is not None:
        sessions.end_session(session(), session_id, BY_USER, moment)
        session().commit()
    return jsonify({})


@oauth.route("/oauth/introspect", methods=["POST"])
@oauth.doc(**ONE_TOKEN, security=[PHONE, PROGRAM])
@oauth.response(200, SHOWN, description="RFC 7662, section 2.2")
@oauth.alt_response(400, schema=ERROR, description="RFC 6749, section 5.2")
@oauth.alt_response(401, schema=ERROR, description="RFC 7662, section 2.3")
def introspect() -> Response:
    """Says whether a token is good: to its own session, and to whoever manages the company's devices."""
    try:
        given = read_form("token")["token"]
    except Unreadable as fault:
        return refuse(*fault.args)
    own, moment = portal(), now()
    with short_read() as reader:
        asking = find_asking(reader)
        shown = introspection.find_token(reader, own.key_ring, own.settings.public_url, given, moment)
    if asking is None:
        return refuse_asking()
    account_id, session_id = asking
    is_theirs = shown is not None and (shown.session_id == session_id or shown.account_id == account_id)
    return jsonify(show(shown, own.settings.public_url) if shown and is_theirs else {"active": False})


@oauth.route("/.well-known/jwks.json")
@oauth.response(200, KEYS, description="RFC 7517, section 5")
def jwks() -> Response:
    """The public keys that access tokens are signed with."""
    return cached(tokens.jwks(portal().key_ring))


@oauth.route("/.well-known/oauth-authorization-server")
@oauth.response(200, METADATA, description="RFC 8414, section 2")
def metadata() -> Response:
    """Where what is, for programs."""
    url = portal().settings.public_url
    return cached(
        {
            "issuer": url,
            "token_endpoint": f"{url}/oauth/token",
            "revocation_endpoint": f"{url}/oauth/revoke",
            "introspection_endpoint": f"{url}/oauth/introspect",
            "jwks_uri": f"{url}/.well-known/jwks.json",
            "service_documentation": f"{url}/api/v1/openapi.json",
            "scopes_supported": [PAIRED, APP],
            "response_types_supported": [],  # there is no authorization endpoint
            "grant_types_supported": ["refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "introspection_endpoint_auth_methods_supported": ["Bearer"],
        }
    )


# Forms


def read_form(*required: str) -> dict[str, str]:
    """The form's fields. Unknown ones are let be, empty ones count as left out (RFC 6749, section 3.2).

    Raises Unreadable when one is missing or named twice.
    """
    if request.mimetype != FORM:
        raise Unreadable("invalid_request", f"Send the fields as {FORM}.")
    if any(len(values) > 1 for _, values in request.form.lists()):
        raise Unreadable("invalid_request", "A field is named twice.")
    found = {name: value for name, value in request.form.items() if value}
    missing = [name for name in required if name not in found]
    if missing:
        raise Unreadable("invalid_request", f"The field {missing[0]} is missing.")
    return found


def read_refresh_form() -> tuple[str, bool]:
    """The refresh token, and whether it came as a cookie. Raises Unreadable, and Forbidden for a foreign page's."""
    form = read_form("grant_type")
    if form["grant_type"] != "refresh_token":
        raise Unreadable("unsupported_grant_type", "This portal refreshes tokens; phones join by scanning a QR code.")
    if form.get("client_id", sessions.CLIENT_ID) != sessions.CLIENT_ID:
        raise Unreadable("invalid_client", "There is no such client.")
    if form.get("scope", APP) not in (APP, PAIRED):
        raise Unreadable("invalid_scope", f"The scopes are {PAIRED} and {APP}.")
    secret, cookie = form.get("refresh_token", ""), cookies.read_refresh()
    if not secret and not cookie:
        raise Unreadable("invalid_request", "The field refresh_token is missing, and there is no cookie.")
    if not secret and not is_from_here():
        raise Forbidden("The cookie counts only for the portal's own pages.")
    return secret or cookie, not secret


def is_from_here() -> bool:
    """Whether one of our own pages sent this, as browsers tell; what they say nothing about is no browser's request."""
    own = (None, portal().settings.public_url, f"{request.scheme}://{request.host}")
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    return site in (None, "same-origin") and (origin in own or (origin == "null" and site == "same-origin"))


# Answers


def give(issued: sessions.Tokens, refresh_secret: str, *, by_cookie: bool) -> Response:
    """The tokens (RFC 6749, section 5.1)."""
    body = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scope,
    }
    answer = jsonify(body if by_cookie else body | {"refresh_token": refresh_secret})
    answer.headers["Pragma"] = "no-cache"  # beside the Cache-Control of every answer
    if by_cookie:
        cookies.set_refresh(answer, refresh_secret)
    return answer


def refuse(error: str, sentence: str, status: int = 400) -> Response:
    """An error as RFC 6749, section 5.2, writes it."""
    answer = jsonify(error=error, error_description=sentence)
    answer.status_code = status
    return answer


def refuse_grant(found: phones.Refusal, *, by_cookie: bool) -> Response:
    """The refusal of a refresh token, with its reason. Cookies go only with a session that is over for good.

    A token that is not known may be one that another tab replaced a moment ago: its cookie is not touched.
    """
    if found.reuse is not None:
        alerts.post(session(), found.reuse, now())
    answer = jsonify(error="invalid_grant", error_description=CANNOT, reason=found.reason)
    answer.status_code = 400
    if found.reason in phones.FOR_GOOD:
        answer.headers["Clear-Site-Data"] = CLEAR
    if by_cookie and found.reason in phones.OVER:
        cookies.clear(answer)
    return answer


def refuse_asking() -> Response:
    """Who asks about a token must show who they are."""
    answer = refuse("invalid_token", "Send the token's own bearer, or sign in as somebody who manages devices.", 401)
    sent = "Authorization" in request.headers
    answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if sent else "Bearer"
    return answer


def cached(document: dict[str, Any]) -> Response:
    """A public document that anybody may keep for 5 minutes."""
    answer = jsonify(document)
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


# Introspection


def find_asking(reader: Session) -> tuple[int, int] | None:
    """Who asks, as the account all of whose tokens they may see and the session whose they may; 0 for none."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        own = portal()
        bearer = introspection.find_token(reader, own.key_ring, own.settings.public_url, given.strip(), now())
        is_bearer = scheme.lower() == "bearer" and bearer is not None and bool(bearer.jti)
        return (0, bearer.session_id) if is_bearer and bearer else None
    identity = find_identity()
    if identity is None or identity.must_set_up_second_step or not identity.may(DEVICES_MANAGE.name):
        return None
    return identity.account_id, 0


def show(shown: introspection.Shown, issuer: str) -> dict[str, Any]:
    """What is said of a good token (RFC 7662, section 2.2)."""
    said: dict[str, Any] = {
        "active": True,
        "sub": shown.sub,
        "client_id": shown.client_id,
        "scope": shown.scope,
        "iat": shown.iat,
        "exp": shown.exp,
        "iss": issuer,
        "sid": shown.session_public_id,
        "device_id": shown.device_public_id,
    }
    return said | ({"token_type": "Bearer", "aud": tokens.audience(issuer), "jti": shown.jti} if shown.jti else {})
