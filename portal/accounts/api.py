"""Signing in for programs: the session cookie of pages, with the CSRF token that their unsafe requests carry."""

from typing import Any

from flask import Response, request
from flask_wtf.csrf import generate_csrf
from marshmallow import fields

from portal.accounts import operations, queries
from portal.accounts.counting import Refusal
from portal.accounts.names import shown
from portal.api.blueprints import ApiBlueprint
from portal.api.phones import unauthorised
from portal.api.problems import problem
from portal.api.schemas import ApiSchema, Text
from portal.lib.browsers import browser_kind
from portal.lib.passwords import LONGEST, hash_password, needs_rehash
from portal.web import identity, proving
from portal.web.context import now, session, short_read
from portal.web.identity import Identity, current_identity

session_doors = ApiBlueprint("session", __name__, description="Signing in for programs.")

WRONG = "E-mail or password is not right."
NEEDS_CODE = "Send the newest code of your app, or a recovery code, in the field totp."


class SignIn(ApiSchema):
    """What a person proves themselves with."""

    email = Text(320, shortest=1, required=True, is_trimmed=True)
    password = Text(LONGEST, shortest=1, required=True)
    totp = Text(
        40, allow_none=True, is_trimmed=True, metadata={"description": "A code of the app, or a recovery code."}
    )
    account = Text(
        16, allow_none=True, metadata={"description": "The id of the company to work in; else where you last worked."}
    )


class Person(ApiSchema):
    """Who is signed in."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    role = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)


class Company(ApiSchema):
    """A company that the person belongs to."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class SessionDocument(ApiSchema):
    """The session: who, in which company, and the token of unsafe requests."""

    csrf_token = fields.String(required=True, metadata={"description": "Goes into the header X-CSRFToken."})
    user = fields.Nested(Person, required=True)
    account = fields.Nested(Company, required=True, allow_none=True)
    accounts = fields.List(fields.Nested(Company), required=True)


@session_doors.route("/session", methods=["POST"])
@session_doors.arguments(SignIn)
@session_doors.response(200, SessionDocument, description="Signed in; the answer sets the session cookie.")
@session_doors.alt_response(401)
@session_doors.alt_response(403)
@session_doors.alt_response(429)
def sign_in(given: dict[str, Any]) -> dict[str, Any] | Response:
    """Signs in. An unknown e-mail and a wrong password are answered alike."""
    browser = _browser()
    proof = proving.prove_password(given["email"], given["password"])
    if isinstance(proof, Refusal):
        return problem(429, proving.too_many(proof))
    if proof is None:
        return unauthorised(WRONG, "wrong_credentials")
    secret = _enter(proof, given, browser)
    session().commit()
    if isinstance(secret, Response):
        return secret
    identity.begin(secret)
    return _document(current_identity())


@session_doors.route("/session")
@session_doors.response(200, SessionDocument)
def show() -> dict[str, Any]:
    """Who is signed in, with a CSRF token."""
    return _document(current_identity())


@session_doors.route("/session", methods=["DELETE"])
@session_doors.response(204)
def sign_out() -> str:
    """Signs out: the session ends."""
    person = current_identity()
    operations.end_session(session(), user_id=person.user_id, session_id=person.session_id)
    session().commit()
    identity.end()
    return ""


def _enter(proof: proving.Proof, given: dict[str, Any], browser: dict[str, Any]) -> str | Response:
    """The new session's secret, or the refusal of somebody whose password was right."""
    found, typed = proof.credentials, given["password"]
    new_hash = hash_password(typed) if needs_rehash(found.password_hash) else ""
    account_id = _choose_account(found.user_id, given.get("account") or "")
    proving.accept(proof)
    if account_id == 0:
        return problem(403, "You do not belong to this company. Leave the field account out.", reason="no_such_company")
    if found.has_second_step:
        if not given.get("totp"):
            return unauthorised(NEEDS_CODE, "totp_required")
        wrong = proving.try_code(found.user_id, given["totp"])
        if isinstance(wrong, Refusal):
            return problem(429, proving.too_many(wrong))
        if wrong:
            return unauthorised(wrong, "wrong_totp")
    secret = operations.sign_in(
        session(), credentials=found, account_id=account_id, new_hash=new_hash, has_typed_code=found.has_second_step,
        **browser,
    )  # fmt: skip
    # None: the password was changed at this very moment.
    return secret or unauthorised(WRONG, "wrong_credentials")


def _choose_account(user_id: int, public_id: str) -> int | None:
    """The row id of the company asked for: None when none is, 0 when the person is not in it."""
    if not public_id:
        return None
    with short_read() as reading:
        return queries.find_own_account_id(reading, user_id, public_id) or 0


def _browser() -> dict[str, Any]:
    """What a new session needs to know of the program: its kind, and the session that it replaces."""
    person = identity.find_identity()
    return {
        "browser": browser_kind(request.headers.get("User-Agent", "")),
        "replaced_session_id": person.session_id if person else None,
        "now": now(),
    }


def _document(person: Identity) -> dict[str, Any]:
    here = {"id": person.account_public_id, "name": person.account_name} if person.account_id else None
    return {
        "csrf_token": generate_csrf(),
        "user": {
            "id": person.user_public_id,
            "name": person.name,
            "email": shown(person.email, None),
            "role": person.role,
            "permissions": sorted(person.permissions),
        },
        "account": here,
        "accounts": [{"id": place.public_id, "name": place.account_name} for place in person.memberships],
    }
