"""A paired phone's own doors: a person signs in and out on it, and it asks who it is."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.accounts import queries
from portal.accounts.counting import Refusal
from portal.accounts.names import shown
from portal.api import arrivals
from portal.api.arrivals import ArrivalSchema, SiteSchema
from portal.api.blueprints import ApiBlueprint
from portal.api.callers import Caller, caller
from portal.api.phones import ended, unauthorised
from portal.api.problems import problem
from portal.api.schemas import ApiSchema, Text
from portal.audit.operations import Actor, record
from portal.devices import phones, sessions
from portal.devices.models import Device
from portal.lib.passwords import LONGEST
from portal.web import proving
from portal.web.context import now, session

phone = ApiBlueprint("phone", __name__, description="A paired phone itself.")

WRONG = "The e-mail or sign-in name, or the password, is not right."
ELSEWHERE = (
    "You do not belong to the company that this phone is paired with. The QR code may have been made for a different "
    "company: ask your admin to generate a new one, and scan it."
)
WRONG_PERSON = "wrong_credentials"
NEEDS_CODE = "Type the code of your authenticator app, or a recovery code."
NO_SECOND_STEP = "The company asks for a second step. Set it up on a computer first, under Profile, then sign in here."


class SignInSchema(ApiSchema):
    """Who signs in. ``username``: an e-mail, or a sign-in name that the company gave."""

    username = Text(320, shortest=1, required=True, is_trimmed=True)
    password = Text(LONGEST, shortest=1, required=True)
    totp = Text(
        40, allow_none=True, load_default="", metadata={"description": "The second step's code, of whoever has one."}
    )
    refresh_in = arrivals.refresh_in()


class SignOutSchema(ApiSchema):
    """Where the paired session's refresh token goes."""

    refresh_in = arrivals.refresh_in()


class PersonSchema(ApiSchema):
    """Who is signed in."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    username = fields.String(required=True, metadata={"description": "The e-mail, or the sign-in name."})
    role = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)


class MeSchema(ApiSchema):
    """A phone with its company and its person, null while nobody is signed in."""

    device_id = fields.String(required=True)
    device_name = fields.String(required=True)
    scope = fields.String(required=True)
    person = fields.Nested(PersonSchema, required=True, allow_none=True)
    site = fields.Nested(SiteSchema, required=True)


@phone.route("/app/me")
@phone.response(200, MeSchema)
def me() -> dict[str, Any]:
    """The phone, its company, and who is signed in on it."""
    who = caller()
    return {
        "device_id": who.device_public_id,
        "device_name": who.device_name,
        "scope": who.scope,
        "person": _person(who) if who.user_id is not None else None,
        "site": arrivals.site_of(who.account_name, who.account_public_id),
    }


def _person(who: Caller) -> dict[str, Any]:
    return {
        "id": who.user_public_id,
        "name": who.name,
        "username": shown(who.email, who.sign_in_name),
        "role": who.role,
        "permissions": sorted(who.permissions),
    }


@phone.route("/app/sign-in", methods=["POST"])
@phone.arguments(SignInSchema)
@phone.response(200, ArrivalSchema)
@phone.alt_response(429)
def sign_in(sent: dict[str, str]) -> Response:
    """Signs a person in on the phone, into its company. The session is new; the one before ends.

    401 with reason totp_required asks for ``totp``; 403 with reason other_company: the person is not of it.
    """
    arrivals.refuse_others(sent["refresh_in"])
    who = caller()
    proof = proving.prove_on_phone(
        sent["username"], sent["password"], account_id=who.account_id, account_public_id=who.account_public_id
    )
    if not isinstance(proof, proving.Proof):
        return unauthorised(WRONG, WRONG_PERSON) if proof is None else problem(429, proving.too_many(proof))
    proving.accept(proof)
    refused = _second_step(who, proof, sent["totp"] or "")
    if refused is None:
        refused = _enter(who, proof, sent["refresh_in"])
    session().commit()
    return refused


def _second_step(who: Caller, proof: proving.Proof, totp: str) -> Response | None:
    """Why a right password is not enough, or None."""
    found = proof.credentials
    if queries.find_membership(session(), who.account_id, found.user_id) is None:
        return problem(403, ELSEWHERE, reason="other_company")
    if not found.has_second_step:
        is_required = queries.get_account(session(), who.account_id).requires_totp
        return problem(403, NO_SECOND_STEP, reason="second_step_missing") if is_required else None
    if not totp:
        return unauthorised(NEEDS_CODE, "totp_required")
    fault = proving.try_code(found.user_id, totp)
    if isinstance(fault, Refusal):
        return problem(429, proving.too_many(fault))
    return unauthorised(fault, "wrong_totp") if fault else None


def _enter(who: Caller, proof: proving.Proof, where: str) -> Response:
    """Opens the person's session, unless password or phone changed at this very moment."""
    found, moment = proof.credentials, now()
    current = queries.find_credentials_by_id(session(), found.user_id)
    if current is None or current.password_hash != found.password_hash:
        return unauthorised(WRONG, WRONG_PERSON)
    opened = sessions.sign_in_person(session(), device_session_id=who.session_id, user_id=found.user_id, now=moment)
    if isinstance(opened, phones.Refusal):
        return ended(opened.reason)
    _record(who, "device.sign_in", found.user_id)
    return _answer(who, opened, where)


@phone.route("/app/sign-out", methods=["POST"])
@phone.arguments(SignOutSchema)
@phone.response(200, ArrivalSchema)
def sign_out(sent: dict[str, str]) -> Response:
    """Signs the person out. The phone stays paired, with a new session that may only sign in."""
    arrivals.refuse_others(sent["refresh_in"])
    who = caller()
    opened = sessions.sign_out_person(session(), device_session_id=who.session_id, now=now())
    if isinstance(opened, phones.Refusal):
        return ended(opened.reason)
    if who.user_id is not None:
        _record(who, "device.sign_out", who.user_id)
    reply = _answer(who, opened, sent["refresh_in"])
    session().commit()
    return reply


def _answer(who: Caller, opened: sessions.Opened, where: str) -> Response:
    return arrivals.answer(
        session().get_one(Device, opened.device_session.device_id),
        opened.device_session,
        opened.refresh_secret,
        account_name=who.account_name,
        account_public_id=who.account_public_id,
        where=where,
    )


def _record(who: Caller, action: str, user_id: int) -> None:
    member = queries.find_membership(session(), who.account_id, user_id)
    record(
        session(),
        account_id=who.account_id,
        actor=Actor(user_id, member.user.name if member else who.name),
        action=action,
        now=now(),
        target_kind="device",
        target_public_id=who.device_public_id,
        target_name=who.device_name,
    )
