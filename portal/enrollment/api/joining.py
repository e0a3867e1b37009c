"""The doors by which a phone joins: pairing, the one-time QR code, installation codes and provisioning tokens.

They are open: the secret in the body is what lets in. Everything wrong with a secret is answered alike, and looking
costs as much as redeeming.
"""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import marshmallow as ma
from flask import Response, request
from marshmallow import fields

from portal.accounts.counting import Refusal
from portal.accounts.models import Account
from portal.api import arrivals
from portal.api.arrivals import ArrivalSchema
from portal.api.blueprints import ApiBlueprint
from portal.api.problems import InvalidFields, problem
from portal.api.schemas import ApiSchema, Line, Moment, Text
from portal.devices.sessions import DeviceFacts
from portal.devices.wording import many
from portal.enrollment import budgets, redemption
from portal.enrollment.models import INSTALLATION_CODE, INSTALLATION_KEY, ONBOARDING, PROVISIONING
from portal.enrollment.newcomers import Newcomer
from portal.enrollment.payloads import KINDS
from portal.lib.browsers import browser_kind, is_known, platform_kind
from portal.lib.emails import EmailRefused, email_key, parse_email
from portal.lib.passwords import LONGEST, check_password, hash_password
from portal.web.context import now, portal, session
from portal.web.identity import find_identity

joining = ApiBlueprint("joining", __name__, description="Phones come in by what they scanned or what was typed.")

SPENT = "This QR code is expired or already used, generate a new one."
UNKNOWN_KEY = "This QR code does not pair any more. Ask your admin to show the current one, and scan it."
UNKNOWN_CODE = "This code is wrong, expired or already used. Ask whoever gave it to you for a new one."
CORRECTABLE = {
    redemption.NEWCOMER_NEEDED: "This code is for new people: send the field newcomer with what inspect names.",
    redemption.DEVICE_SUSPENDED: "This phone is suspended. Ask your admin to let it in again, then tap Connect.",
    redemption.EMAIL_TAKEN: "Somebody signs in with this e-mail already. Pair the phone and sign in instead.",
}
RESTING = "Too many wrong codes were typed, on this phone or on others. Try again in {}."
UNNAMED = "Phone"


class DeviceSchema(ApiSchema):
    """What a device says about itself. All of it is optional: the browser's name stands in."""

    name = Line(80, allow_none=True)
    platform = Line(40, allow_none=True)
    model = Line(80, allow_none=True)
    installation_uid = Line(
        64, allow_none=True, metadata={"description": "Drawn once by the app: tells that a device came back."}
    )
    app_version = Line(40, allow_none=True)


class SecretSchema(ApiSchema):
    """Exactly one of the two. However long it is, a wrong one is answered like any other: the body has its limit."""

    rules: ClassVar[dict[str, Any]] = {"oneOf": [{"required": ["token"]}, {"required": ["code"]}]}

    token = Text(None, metadata={"description": "What the QR code carries as t."})
    code = Text(None, metadata={"description": "A typed code, in any letter case, with or without hyphens."})

    @ma.validates_schema
    def has_one(self, data: dict[str, Any], **_more: Any) -> None:
        if ("token" in data) == ("code" in data):
            raise ma.ValidationError("Send either token or code.", "token")


class ExchangeSchema(SecretSchema):
    """A one-time token with the phone that shows it."""

    device = fields.Nested(DeviceSchema, allow_none=True, load_default=None)
    refresh_in = arrivals.refresh_in()


class NewcomerSchema(ApiSchema):
    """A new person of the company, always an ordinary member."""

    name = Line(200, shortest=1, required=True)
    email = Text(320, load_default="", is_trimmed=True)
    password = Text(LONGEST, required=True, metadata={"description": "12 characters or more."})


class RedeemSchema(ExchangeSchema):
    """An installation code or provisioning token."""

    newcomer = fields.Nested(NewcomerSchema, load_default=None, allow_none=True)


class PairSchema(ApiSchema):
    """The installation key with the phone that scanned it."""

    key = Text(None, required=True)
    device = fields.Nested(DeviceSchema, allow_none=True, load_default=None)
    username = Line(320, load_default="", metadata={"description": "Comes back to prefill the sign-in: no credential."})
    refresh_in = arrivals.refresh_in()


class SeenSchema(ApiSchema):
    """What a code would do."""

    kind = fields.String(required=True, metadata={"description": "As in the scanned link: pair, join, code or fleet."})
    action = fields.String(required=True)
    site = fields.Nested(arrivals.SiteSchema, required=True)
    uses_left = fields.Integer(required=True, allow_none=True, metadata={"description": "null: without limit."})
    expires_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When it stops; of an installation key, when its overlap ends. null: not by itself."},
    )
    needs = fields.List(fields.String(), required=True, metadata={"description": "Fields of newcomer to ask for."})
    sign_in_prefix = fields.String(required=True)
    device_name = fields.String(required=True)
    person = fields.String(required=True, metadata={"description": "Whom it signs in at once; empty: nobody."})
    requires_approval = fields.Boolean(required=True)


@joining.route("/pair", methods=["POST"])
@joining.arguments(PairSchema)
@joining.response(200, ArrivalSchema)
@joining.alt_response(403)
@joining.alt_response(429)
def pair(sent: dict[str, Any]) -> Response:
    """Pairs a phone with a company by its installation key. Nobody is signed in by that."""
    return _join(sent["key"], (INSTALLATION_KEY,), sent, UNKNOWN_KEY, username=sent["username"])


@joining.route("/admin/app/exchange-token", methods=["POST"])
@joining.arguments(ExchangeSchema)
@joining.response(200, ArrivalSchema)
@joining.alt_response(403)
@joining.alt_response(429)
def exchange_token(sent: dict[str, Any]) -> Response:
    """Exchanges the one-time token of a person's QR code for a signed-in session. It works once, for 5 minutes."""
    return _join(_secret(sent), (ONBOARDING,), sent, SPENT)


@joining.route("/enroll/redeem", methods=["POST"])
@joining.arguments(RedeemSchema)
@joining.response(200, ArrivalSchema)
@joining.alt_response(403)
@joining.alt_response(429)
def redeem(sent: dict[str, Any]) -> Response:
    """Redeems an installation code or provisioning token: a paired phone, and what else the code does."""
    return _join(
        _secret(sent), (INSTALLATION_CODE, PROVISIONING), sent, UNKNOWN_CODE, applicant=_applicant(sent["newcomer"])
    )


@joining.route("/enroll/inspect", methods=["POST"])
@joining.arguments(SecretSchema)
@joining.response(200, SeenSchema)
@joining.alt_response(404)
@joining.alt_response(429)
def inspect(sent: dict[str, Any]) -> dict[str, Any] | Response:
    """Says what a code or token would do. Consumes nothing but a try."""
    text, moment = _secret(sent), now()
    spent = _spend(text)
    if isinstance(spent, Refusal):
        return _too_many(spent)
    seen = redemption.inspect(session(), portal().key_ring, text, moment, request.remote_addr or "")
    (budgets.give_back if seen is not None else budgets.keep)(session(), spent, moment)
    session().commit()
    return _shown(seen) if seen is not None else problem(404, UNKNOWN_CODE)


def _join(text: str, kinds: tuple[str, ...], sent: dict[str, Any], sentence: str, **more: Any) -> Response:
    """Redeems and answers. A refusal is committed too: its try is spent, and what is known about it written down."""
    arrivals.refuse_others(sent["refresh_in"])
    applicant, newcomer = more.pop("applicant", None), None
    spent = _spend(text)
    if applicant and isinstance(spent, budgets.Spent) and _asks_for_a_person(text):
        newcomer = _newcomer(applicant, spent)
        spent = _spend(text)
    if isinstance(spent, Refusal):
        return _too_many(spent)
    moment = now()
    done = redemption.redeem(
        session(), portal().key_ring, text=text, kinds=kinds, facts=_facts(sent["device"]), newcomer=newcomer,
        now=moment,
    )  # fmt: skip
    if isinstance(done, redemption.Redeemed) or done.is_correctable:
        budgets.give_back(session(), spent, moment, is_unused=isinstance(done, redemption.Refusal))
    else:
        budgets.keep(session(), spent, moment)
    reply = _refused(done, sentence) if isinstance(done, redemption.Refusal) else _welcome(done, sent, **more)
    session().commit()
    return reply


def _welcome(done: redemption.Redeemed, sent: dict[str, Any], **more: str) -> Response:
    account = session().get_one(Account, done.device.account_id)
    return arrivals.answer(
        done.device,
        done.device_session,
        done.refresh_secret,
        account_name=account.name,
        account_public_id=account.public_id,
        where=sent["refresh_in"],
        sign_in_name=done.sign_in_name,
        **more,
    )


def _refused(refusal: redemption.Refusal, sentence: str) -> Response:
    """The same to everybody but those whose code was right."""
    if refusal.is_correctable:
        return problem(422, CORRECTABLE[refusal.reason], reason=refusal.reason)
    return problem(400, sentence)


def _secret(sent: dict[str, Any]) -> str:
    return str(sent["token"] if "token" in sent else sent["code"])


def _spend(text: str) -> budgets.Spent | Refusal:
    """One try of this address. Whoever is signed in may go on typing when everybody else's codes rest."""
    return budgets.spend(
        session(), text=text, ip=request.remote_addr or "", is_proven=find_identity() is not None, now=now()
    )


def _facts(device: dict[str, str | None] | None) -> DeviceFacts:
    """What the device says, or else what its browser tells of it."""
    sent = {name: text or "" for name, text in (device or {}).items()}
    agent = request.user_agent.string
    kind = browser_kind(agent)
    name = sent.get("name") or sent.get("model") or (kind if is_known(kind) else UNNAMED)
    return DeviceFacts(
        name=name,
        platform=sent.get("platform") or (platform_kind(agent) if is_known(kind) else ""),
        model=sent.get("model", ""),
        app_version=sent.get("app_version", ""),
        installation_uid=sent.get("installation_uid", ""),
        browser=kind,
        ip=request.remote_addr or "",
    )


@dataclass(frozen=True)
class _Applicant:
    """A person as they were typed and checked, before anybody knows whether their code is good."""

    name: str
    email: str
    password: str = field(repr=False)


def _applicant(sent: dict[str, str] | None) -> _Applicant | None:
    """The person, checked as on the pages. Raises InvalidFields."""
    if sent is None:
        return None
    email, errors = "", {}
    if sent["email"]:
        try:
            email = email_key(parse_email(sent["email"]))
        except EmailRefused as refusal:
            errors["newcomer.email"] = [refusal.sentence]
    weakness = check_password(sent["password"], email=email, words=(sent["name"],))
    if weakness:
        errors["newcomer.password"] = [weakness]
    if errors:
        raise InvalidFields(errors)
    return _Applicant(sent["name"], email, sent["password"])


def _asks_for_a_person(text: str) -> bool:
    """Whether redeeming asks for a newcomer: no other code is worth hashing a password, which costs us 30 ms."""
    seen = redemption.inspect(session(), portal().key_ring, text, now(), request.remote_addr or "")
    return seen is not None and bool(seen.needs)


def _newcomer(applicant: _Applicant, spent: budgets.Spent) -> Newcomer:
    """The person with the password hashed. Meanwhile nobody waits for this transaction, and the try at a right code
    is given back: of a crew behind one address all get in at once."""
    budgets.give_back(session(), spent, now())
    session().commit()
    return Newcomer(applicant.name, applicant.email, hash_password(applicant.password))


def _shown(seen: redemption.Seen) -> dict[str, Any]:
    return {
        "kind": KINDS[seen.kind],
        "action": seen.action,
        "site": arrivals.site_of(seen.account_name, seen.account_public_id),
        "uses_left": seen.uses_left,
        "expires_at": seen.expires_at,
        "needs": list(seen.needs),
        "sign_in_prefix": seen.sign_in_prefix,
        "device_name": seen.device_name,
        "person": seen.person,
        "requires_approval": seen.requires_approval,
    }


def _too_many(refusal: Refusal) -> Response:
    seconds = math.ceil(refusal.wait.total_seconds())
    wait = many(math.ceil(seconds / 60), "minute")
    detail = RESTING.format(wait) if refusal.scope == budgets.TYPED_SITE.scope else ""
    answer = problem(429, detail, reason="too_many_tries")
    answer.headers["Retry-After"] = str(seconds)
    return answer
