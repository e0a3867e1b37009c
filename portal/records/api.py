"""Records for phones and programs: lists, everything about one, its photo. Reading only."""

from typing import Any

from flask import Response, request, send_file
from marshmallow import fields
from werkzeug.exceptions import NotFound

from portal.accounts.models import Account
from portal.accounts.queries import get_account
from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.schemas import ApiSchema, Moment, Text, Whole
from portal.lib import clock
from portal.records import documents, lists, queries
from portal.records.filters import LONGEST_QUERY, Place, RecordFilter
from portal.records.kinds import BY_NAME
from portal.web.context import now, portal, session

record_doors = ApiBlueprint(
    "records", __name__, url_prefix="/records", description="Vehicles, equipment, places, people."
)

HOUR = 3600
MOST = 100  # lines of one page


class ListQuery(ApiSchema):
    """Which records, and which page of them."""

    q = Text(LONGEST_QUERY, metadata={"description": "Words of the name, tag, plate, serial number, e-mail or phone."})
    kind = Text(10, choices=tuple(BY_NAME))
    cursor = Text(
        None,
        pattern=r"^[A-Za-z0-9_-]*$",
        metadata={"description": "The next_cursor of the page before; what is none is the beginning."},
    )
    limit = Whole(1, MOST, is_text=True, load_default=lists.PAGE)


class PhotoQuery(ApiSchema):
    """Which copy of a photo."""

    size = Text(5, choices=("full", "thumb"), load_default="full")


class Named(ApiSchema):
    """Another record by its name."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class Line(ApiSchema):
    """A record as lists show it."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    tag = fields.String(required=True)
    details = fields.List(fields.String(), required=True)
    state = fields.String(required=True, metadata={"description": "in use, out of order, lost, stolen or retired"})
    expiry_state = fields.String(
        required=True, metadata={"description": "valid, due soon or expired; empty when nothing expires"}
    )
    next_expires_on = fields.Date(required=True, allow_none=True)
    owner = fields.Nested(Named, required=True, allow_none=True)
    location = fields.Nested(Named, required=True, allow_none=True)
    has_photo = fields.Boolean(required=True)
    updated_at = Moment(required=True)


class Page(ApiSchema):
    """A page of a list."""

    records = fields.List(fields.Nested(Line), required=True)
    next_cursor = fields.String(
        required=True, allow_none=True, metadata={"description": "null: this was the last page"}
    )


class Shown(ApiSchema):
    """A field: its value, how it is written, and where a tap on it leads (mailto:, tel: or nowhere)."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    text = fields.String(required=True)
    href = fields.String(required=True)


class PhoneNumber(ApiSchema):
    """A telephone number in E.164, and as people of the company's country write it."""

    type = fields.String(required=True)
    number = fields.String(required=True)
    text = fields.String(required=True)
    href = fields.String(required=True)


class Contact(ApiSchema):
    """Somebody to reach."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    job_title = fields.String(required=True)
    company = fields.String(required=True)
    email = fields.String(required=True)
    email_href = fields.String(required=True)
    phones = fields.List(fields.Nested(PhoneNumber), required=True)
    has_photo = fields.Boolean(required=True)
    archived_at = Moment(required=True, allow_none=True)


class Location(ApiSchema):
    """Where it is."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    address = fields.String(required=True)
    latitude = fields.Float(required=True, allow_none=True)
    longitude = fields.Float(required=True, allow_none=True)
    archived_at = Moment(required=True, allow_none=True)


class Paper(ApiSchema):
    """Something that expires."""

    id = fields.String(required=True)
    what = fields.String(required=True)
    expires_on = fields.Date(required=True, metadata={"description": "The last day it is good."})
    warn_days = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"description": "valid, due soon, expired or renewed"})
    when = fields.String(required=True, metadata={"description": "in 12 days"})


class Pointer(ApiSchema):
    """A record that names the one shown."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    tag = fields.String(required=True)


class Pointing(ApiSchema):
    """The records that name the one shown as one thing: its owner, its place, their supervisor."""

    title = fields.String(required=True, metadata={"description": "Owner of, Supervisor of or At this location"})
    count = fields.Integer(required=True, metadata={"description": "How many there are; the first of them follow."})
    records = fields.List(fields.Nested(Pointer), required=True)


class RecordDocument(ApiSchema):
    """Everything about one record that a member of the company may see."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    tag = fields.String(required=True)
    state = fields.String(required=True)
    state_since = Moment(required=True, allow_none=True)
    has_photo = fields.Boolean(required=True)
    fields_ = fields.List(fields.Nested(Shown), required=True, data_key="fields", attribute="fields")
    owner = fields.Nested(Contact, required=True, allow_none=True)
    supervisor = fields.Nested(Contact, required=True, allow_none=True)
    location = fields.Nested(Location, required=True, allow_none=True)
    pointing = fields.List(fields.Nested(Pointing), required=True)
    expirations = fields.List(fields.Nested(Paper), required=True)
    archived_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    updated_by = fields.String(required=True)
    version = fields.Integer(required=True)


@record_doors.route("")
@record_doors.arguments(ListQuery, location="query")
@record_doors.response(200, Page)
def index(given: dict[str, Any]) -> dict[str, Any]:
    """Records by name, a page at a time; with q, those whose name begins with it come first."""
    account = _own_account()
    wanted = RecordFilter.from_args({name: given.get(name, "") for name in ("q", "kind")})
    page = lists.list_page(
        session(),
        account.id,
        wanted,
        today=clock.today_in(account.timezone, now()),
        after=Place.from_text(given.get("cursor", "")),
        limit=given["limit"],
    )
    return {
        "records": [documents.line(line, account.country) for line in page.lines],
        "next_cursor": page.next.to_text() if page.next else None,
    }


@record_doors.route("/<public_id>")
@record_doors.response(200, RecordDocument)
def show(public_id: str) -> dict[str, Any]:
    """Everything about one record."""
    account = _own_account()
    record = queries.get_record(session(), account.id, public_id)
    today = clock.today_in(account.timezone, now())
    return documents.whole(session(), record, country=account.country, today=today)


@record_doors.route("/<public_id>/photo")
@record_doors.arguments(PhotoQuery, location="query")
@record_doors.response(200, {"type": "string", "format": "binary"}, content_type="image/webp")
@record_doors.alt_response(304, schema=None, description="The photo that If-None-Match names is still the one.")
def photo(given: dict[str, Any], public_id: str) -> Response:
    """The photo as WebP: at most 1600 pixels wide, or 320."""
    record = queries.get_record(session(), caller().account_id, public_id)
    place = portal().photos.path(record.photo_key, given["size"])
    if place is None:
        raise NotFound("This record has no photo.")
    etag = f"{record.photo_key}-{given['size']}"
    answer = send_file(place, mimetype="image/webp", conditional=False, etag=etag)
    answer.headers["Cache-Control"] = f"private, max-age={HOUR}"
    answer.make_conditional(request)  # whole or not at all: a photo is small, and parts of it are no picture
    return answer


def _own_account() -> Account:
    return get_account(session(), caller().account_id)
