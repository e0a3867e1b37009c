"""The public doors: typing a code, the gate, the record's page, and the files that belong to it."""

import hmac
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.database import reading
from portal.extensions import db
from portal.gate import attempts, known_devices, queries, visibility
from portal.gate.attempts import Knock, Reservation
from portal.gate.queries import Look, ShownExpiration
from portal.gate.throttle import Refusal, client_of
from portal.gate.views import alerts, pages, visitor
from portal.gate.views.member import Member, find_member
from portal.gate.views.visitor import Browser
from portal.lib.browsers import browser_kind
from portal.stickers import tokens
from portal.web.compression import compress
from portal.web.context import now, portal, session

gate = Blueprint("gate", __name__, url_prefix="")
gate.after_request(compress)


@dataclass(frozen=True)
class Visit:
    """A look with the state of its page: outcome 'record' or 'gate', or why there is neither.

    ``look`` holds what this browser may be shown; ``whole`` is for those who must know more than they show, such as
    whom a message goes to.
    """

    look: Look
    outcome: str
    whole: Look
    member: Member | None = None
    expirations: tuple[ShownExpiration, ...] = ()


@gate.get("/")
def home() -> Response:
    """Where a person without a camera types the 16 characters."""
    typed = request.args.get("code", "")
    token = tokens.parse_token(typed)
    if token is not None:
        return redirect(url_for("public.gate.scan", token=token.code + token.seal), 303)
    return pages.show_home(typed)


# The last of these lines is registered first, and so is the spelling that url_for gives.
@gate.route("/Q/<token>", methods=["GET", "POST"])
@gate.route("/q/<token>", methods=["GET", "POST"])
def scan(token: str) -> Response:
    """The gate or the record; a POST tries a passcode."""
    visit = read_visit(token)
    if visit is None:
        return pages.show_unknown()
    browser = visitor.read_browser()
    if request.method == "POST" and visit.outcome in ("gate", "record"):
        return try_passcode(visit.look, browser)
    visitor.log_scan(visit.look, visit.outcome, browser)
    if visit.outcome == "record":
        answer = pages.show_record(visit.look, visit.expirations, visit.member)
    elif visit.outcome == "gate":
        answer = pages.show_gate(visit.look)
    else:
        answer = pages.show_closed(visit.look, visit.outcome, visit.member)
    visitor.remember_browser(answer, browser)
    return answer


@gate.post("/Q/<token>/lock")
@gate.post("/q/<token>/lock")
def lock(token: str) -> Response:
    """Ends this browser's admission and shows the gate again."""
    visit = read_visit(token)
    if visit is None:
        return pages.show_unknown()
    answer = redirect(pages.scan_address(token), 303)
    visitor.take_pass(answer, visit.look)
    return answer


@gate.get("/Q/<token>/photo")
@gate.get("/Q/<token>/photo/<of>")
@gate.get("/q/<token>/photo")
@gate.get("/q/<token>/photo/<of>")
def photo(token: str, of: str = "") -> Response:
    """The photo of the record, its owner or its supervisor, for admitted visitors. ``?size=thumb``: 320 pixels."""
    visit = read_visit(token)
    if visit is None or visit.outcome != "record":
        raise NotFound
    people = {"owner": visit.look.owner, "supervisor": visit.look.supervisor, "": visit.look.thing}
    shown = people.get(of)
    path = (
        portal().photos.path(shown.photo_key, "thumb" if request.args.get("size") == "thumb" else "full")
        if shown
        else None
    )
    if path is None:
        raise NotFound
    return Response(path.read_bytes(), mimetype="image/webp")


@gate.get("/Q/<token>/contact.vcf")
@gate.get("/q/<token>/contact.vcf")
def contact_card(token: str) -> Response:
    """The person to reach, or ``?of=supervisor``, as a card that phones save. The gate comes first."""
    visit = read_visit(token)
    if visit is None:
        return pages.show_unknown()
    if visit.outcome != "record":
        return redirect(pages.scan_address(token), 303)
    return pages.send_card(visit.look, request.args.get("of", ""), visit.member)


@gate.get("/Q/<token>/logo")
@gate.get("/q/<token>/logo")
def logo(token: str) -> Response:
    """The company's logo, for everybody who holds one of its stickers."""
    visit = read_visit(token)
    path = portal().photos.logo_path(visit.look.company.logo_key) if visit else None
    if path is None:
        raise NotFound
    return Response(path.read_bytes(), mimetype="image/png")


def read_visit(text: str) -> Visit | None:
    """What the sticker shows to this browser, or None for everything that is not a token of ours."""
    token = tokens.parse_token(text)
    if token is None:
        return None
    with reading(), db.engine.connect() as connection:
        look = queries.find_look(connection, portal().key_ring, token, now())
        if look is None:
            return None
        outcome, member = judge(connection, look)
        is_shown = outcome == "record" and request.endpoint == "public.gate.scan"
        is_shown &= member is not None or visibility.shows_expirations(look)
        current = (
            queries.list_expirations(connection, look.company.id, look.thing.id) if is_shown and look.thing else []
        )
        shown = look if member is not None else visibility.seen_by_visitors(look)
        return Visit(shown, outcome, look, member, tuple(current))


def judge(connection: Connection, look: Look) -> tuple[str, Member | None]:
    """The outcome of a look by this browser, and the member of the company that looks, if one does."""
    if look.retired_at is not None:
        return "retired", None
    if look.sticker.revoked_at is not None or look.thing is None:
        return "revoked", None
    if look.thing.archived_at is not None:
        return "archived", None
    member = find_member(connection, look)
    if not look.gate.sealed_text:
        return "no-passcode", member
    return ("record" if member is not None or visitor.has_pass(look) else "gate"), member


def try_passcode(look: Look, browser: Browser) -> Response:
    """Reserves an attempt, looks at the code, and admits or refuses."""
    moment = now()
    reservation = attempts.reserve(session(), read_knock(look, browser), moment)
    if isinstance(reservation, Refusal):
        session().rollback()  # nothing was spent, and nothing is kept of it
        return refuse(look, browser, reservation)
    alerts.post(session(), look, reservation.alerts, moment)
    session().commit()  # spent, whatever happens to this process before the code has been looked at
    expected = queries.unseal_passcode(portal().key_ring, look.gate.sealed_text, look.company.id)
    if not hmac.compare_digest(read_code(request.form.get("passcode", "")).encode(), expected.encode()):
        return refuse(look, browser, None)
    attempts.give_back(session(), reservation, moment)
    secret = admit(reservation, moment)
    session().commit()
    answer = redirect(request.path, 303)
    visitor.give_pass(answer, look)
    visitor.remember_browser(answer, browser)
    visitor.remember_device(answer, look.company.public_id, secret)
    return answer


def read_knock(look: Look, browser: Browser) -> Knock:
    """Who types, at which sticker, which passcode."""
    return Knock(
        account_id=look.company.id,
        sticker_id=look.sticker.id,
        generation=look.gate.generation,
        client=client_of(request.remote_addr or ""),
        browser_hash=browser.hash,
        device_hash=visitor.device_hash(look.company.public_id),
    )


def admit(reservation: Reservation, moment: datetime) -> str | None:
    """The browser is a known device from now on: the secret of a new cookie, or None when it keeps its own."""
    return known_devices.admit(
        session(),
        account_id=reservation.account_id,
        generation=reservation.generation,
        device_id=reservation.device_id,
        browser=browser_kind(request.user_agent.string),
        now=moment,
    )


def read_code(typed: str) -> str:
    """The digits that were typed, whatever script the keypad writes them in, without spaces."""
    return "".join(str(unicodedata.digit(char, char)) for char in typed if not char.isspace())


def refuse(look: Look, browser: Browser, refusal: Refusal | None) -> Response:
    """The gate again, with what went wrong: 403 for a wrong code, 429 for one that was not looked at."""
    visitor.log_scan(look, "throttled" if refusal else "wrong", browser)
    answer = pages.show_gate(look, refusal, is_wrong=refusal is None)
    visitor.remember_browser(answer, browser)
    return answer
