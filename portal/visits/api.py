"""Scanning inside the app: what a sticker stands for, for phones of its own company, without a passcode."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, request
from marshmallow import fields

from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.problems import problem
from portal.api.schemas import ApiSchema, Text
from portal.database import reading
from portal.extensions import db
from portal.gate.queries import Look, find_look
from portal.lib.browsers import browser_kind
from portal.lib.secrets import digest
from portal.stickers import tokens
from portal.visits.operations import NewScan
from portal.web.context import now, portal
from portal.web.scanlog import scan_log

scanning = ApiBlueprint("scanning", __name__, url_prefix="/app", description="Stickers, scanned inside the app.")

UNKNOWN = "This is no sticker of this portal. Scan the QR code on the sticker, or type the 16 characters under it."
FOREIGN = "This sticker belongs to another company."
GONE = {
    "retired": "This sticker was retired with the company's old passphrase. Print a new one for what it stands on.",
    "revoked": "This sticker was revoked. Print a new one for what it stands on.",
    "archived": "What this sticker stands for was archived. Ask an admin of your company.",
}


class Scanned(ApiSchema):
    """What the camera read, or what was typed."""

    text = Text(2000, shortest=1, required=True, is_trimmed=True)


class Found(ApiSchema):
    """A record by its name."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    tag = fields.String(required=True)


class Result(ApiSchema):
    """What the sticker stands for."""

    record = fields.Nested(Found, required=True)


@scanning.route("/scan", methods=["POST"])
@scanning.arguments(Scanned)
@scanning.response(200, Result)
@scanning.alt_response(404)
@scanning.alt_response(410)
def scan(given: dict[str, Any]) -> dict[str, Any] | Response:
    """The record of a sticker: its address as the symbol says it, or the 16 characters as typed."""
    token = tokens.parse_token(token_text(given["text"]))
    with reading(), db.engine.connect() as connection:
        look = find_look(connection, portal().key_ring, token, now()) if token else None
    if look is None:
        return problem(404, UNKNOWN, reason="unknown")
    if look.company.id != caller().account_id:
        return problem(404, FOREIGN, reason="other_company")
    outcome = judge(look)
    _log(look, outcome)
    if outcome != "record" or look.thing is None:
        return problem(410, GONE[outcome], reason=outcome)
    thing = look.thing
    return {"record": {"id": thing.public_id, "kind": thing.kind, "name": thing.name, "tag": thing.tag}}


def token_text(text: str) -> str:
    """The part of a scanned address that is the token; a typed one as it is. Which host it names does not count:
    printed stickers outlive addresses."""
    if "/" not in text:
        return text
    try:
        head, _, token = urlsplit(text).path.rpartition("/")
    except ValueError:  # brackets that enclose no address
        return ""
    return token if head.lower() == "/q" else ""


def judge(look: Look) -> str:
    """What the log says of this look: 'record', or why there is none."""
    if look.retired_at is not None:
        return "retired"
    if look.sticker.revoked_at is not None or look.thing is None:
        return "revoked"
    return "archived" if look.thing.archived_at is not None else "record"


def _log(look: Look, outcome: str) -> None:
    """One row of the scan log, as for every look; a phone counts as one browser."""
    who = caller()
    scan_log().add(
        NewScan(
            account_id=look.company.id,
            sticker_id=look.sticker.id,
            at=now(),
            outcome=outcome,
            is_admitted=outcome == "record",
            browser=browser_kind(request.user_agent.string),
            browser_hash=digest(f"{who.scope}:{who.device_public_id or who.session_id}"),
        )
    )
