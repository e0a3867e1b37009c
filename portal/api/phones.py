"""Phones as callers: what a bearer token stands for, and what a phone is told whose token does not count any more.

A token only carries: its device and its session are read on every request, which is what makes a revocation take effect
at the next one.
"""

from flask import Response, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import database
from portal.api.callers import Caller
from portal.api.problems import problem
from portal.devices import operations, phones, tokens
from portal.extensions import db
from portal.web.context import now, portal

# What to do about each of devices.phones' reasons.
ENDED = {
    phones.GONE: "This device's access was revoked. Ask an admin of your company for a new QR code and scan it.",
    phones.ASLEEP: "This device is suspended. Ask an admin of your company.",
    phones.WAITING: "This device waits until an admin of your company approves it.",
    phones.PERSON_GONE: "Whoever was signed in here is no longer in the company. Ask one of its admins.",
    phones.NEEDS_SECOND_STEP: "The company asks for a second step. Set it up on a computer, under Profile.",
    phones.OLD_KEY: "The company replaced its QR code. Scan the new one.",
    phones.EXPIRED: "This token is over. Get a new one at /oauth/token, or scan a new QR code.",
    phones.INVALID: "This token is not right. Get a new one at /oauth/token, or scan a new QR code.",
}
# An end for good: what the phone keeps of the company goes with it (Clear-Site-Data, section 3.1).
CLEAR = '"cache", "storage"'


def find_phone() -> Caller | Response:
    """The phone of the request's bearer token, or the 401 to answer. Whatever is not right is logged below."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        return unauthorised("Send the header Authorization with a bearer token.", phones.INVALID, is_token=True)
    own, moment = portal(), now()
    claims = tokens.read(own.key_ring, own.settings.public_url, text.strip(), moment)
    if isinstance(claims, tokens.Forged):
        return ended(phones.EXPIRED if claims.reason == "expired" else phones.INVALID)
    with database.reading(), db.engine.connect() as connection:
        found = phones.find_phone(connection, claims, moment)
    if isinstance(found, phones.Refusal):
        return ended(found.reason)
    if operations.is_seen_due(own.key_ring, found, request.remote_addr or "", moment):
        _note_seen(found)
    return phone_caller(found)


def phone_caller(found: phones.Phone) -> Caller:
    """The phone, with the person signed in on it, as a caller."""
    return Caller(
        account_id=found.account_id,
        account_public_id=found.account_public_id,
        account_name=found.account_name,
        user_id=found.user_id,
        user_public_id=found.user_public_id,
        name=found.user_name,
        email=found.email,
        sign_in_name=found.sign_in_name,
        role=found.role,
        permissions=found.permissions,
        session_id=found.session_id,
        scope=found.scope,
        device_id=found.device_id,
        device_public_id=found.device_public_id,
        device_name=found.device_name,
        connects_phones=found.connects_phones,
    )


def ended(reason: str) -> Response:
    """The 401 of a token that does not count, or not any more."""
    answer = unauthorised(ENDED[reason], reason, is_token=True)
    if reason in phones.FOR_GOOD:
        answer.headers["Clear-Site-Data"] = CLEAR
    return answer


def unauthorised(detail: str = "", reason: str = "sign_in_required", *, is_token: bool = False) -> Response:
    """A 401 that says how to come in; ``is_token``: a bearer token was sent and refused (RFC 6750, section 3)."""
    answer = problem(401, detail, reason=reason)
    answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if is_token else "Bearer"
    return answer


def _note_seen(found: phones.Phone) -> None:
    """In a transaction of its own, before the view's begins: a GET writes nothing else."""
    try:
        with Session(db.engine) as session:
            operations.note_seen(
                session,
                portal().key_ring,
                device_id=found.device_id,
                session_id=found.session_id,
                ip=request.remote_addr or "",
                now=now(),
            )
            session.commit()
    except OperationalError:
        # A long write holds the database: the next request notes it. Looking must not fail for it.
        return
