"""Lists of records, the page of one, its photo, and the choices of pickers."""

from flask import Blueprint, Response, abort, jsonify, render_template, request, send_file, url_for

from portal.accounts.models import Account
from portal.accounts.queries import get_account
from portal.lib import clock
from portal.records import lists, queries
from portal.records.filters import EXPIRY, Place, RecordFilter
from portal.records.kinds import BY_NAME, KINDS
from portal.records.models import Record
from portal.records.states import STATES
from portal.records.views import listing, showing
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

records = Blueprint("records", __name__, url_prefix="/records")

CHOICES = 30
HOUR = 3600


@records.get("")
def index() -> str:
    """A list by kind, search, filters and sort order."""
    account = own_account()
    filter = RecordFilter.from_args(request.args)
    if filter.kind and filter.kind not in BY_NAME:
        abort(404)
    today = clock.today_in(account.timezone, now())
    after, before = (Place.from_text(request.args.get(name, "")) for name in ("after", "before"))
    page = lists.list_page(session(), account.id, filter, today=today, after=after, before=before)
    total = lists.count(session(), account.id, filter, lists.COUNTED, today=today)
    return render_template(
        "records/index.html",
        kind=BY_NAME.get(filter.kind),
        kinds=KINDS,
        filter=filter,
        rows=[listing.row(line, account, today) for line in page.lines],
        columns=listing.columns(filter),
        total=listing.total(total),
        pages=listing.pages(filter, page, total),
        chosen={name: listing.chosen(session(), account.id, getattr(filter, name)) for name in ("owner", "location")},
        expiry_choices=EXPIRY,
        states=STATES,
        may_edit=current_identity().may("records.edit"),
        may_import=current_identity().may("records.import"),
    )


@records.get("/choices")
def choices() -> Response:
    """What a picker offers: ``{"results": [{"id", "text"}]}``, records of ``kind`` that match ``q``."""
    account = own_account()
    filter = RecordFilter(kind=request.args.get("kind", ""), q=RecordFilter.from_args(request.args).q)
    if filter.kind not in BY_NAME:
        abort(404)
    today = clock.today_in(account.timezone, now())
    page = lists.list_page(session(), account.id, filter, today=today, limit=CHOICES)
    return jsonify(
        results=[{"id": line.columns.public_id, "text": listing.choice(line.columns)} for line in page.lines]
    )


@records.get("/<public_id>")
def show(public_id: str) -> str:
    """Everything about one record, with its actions menu."""
    account = own_account()
    record = own_record(public_id)
    today = clock.today_in(account.timezone, now())
    me = current_identity()
    return render_template(
        "records/show.html",
        record=record,
        kind=BY_NAME[record.kind],
        photo=listing.photo_href(public_id, record.photo_key, "full"),
        thumb=listing.photo_href(public_id, record.photo_key, "thumb"),
        facts=showing.facts(session(), account, record),
        papers=showing.papers(session(), record, today),
        pointing=showing.pointing(session(), record),
        scans=showing.scans(session(), account, record),
        history=showing.history(session(), account, record),
        state=showing.state(account, record),
        created=clock.show_moment(record.created_at, account.timezone),
        updated=clock.show_moment(record.updated_at, account.timezone),
        list_href=url_for("admin.records.index", kind=record.kind),
        may_edit=me.may("records.edit"),
        may_delete=me.may("records.delete"),
        may_print=me.may("labels.print"),
        may_see_scans=me.may("scans.view"),
    )


@records.get("/<public_id>/photo")
def photo(public_id: str) -> Response:
    """The photo as WebP, ``?size=thumb`` the small one."""
    record = own_record(public_id)
    place = portal().photos.path(record.photo_key, "thumb" if request.args.get("size") == "thumb" else "full")
    if place is None:
        abort(404)
    answer = send_file(place, mimetype="image/webp", conditional=True, etag=record.photo_key)
    # The address carries the photo's key when pages link to it, so a new photo has a new address.
    answer.headers["Cache-Control"] = f"private, max-age={HOUR}"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def own_account() -> Account:
    """The account that the signed-in person works in."""
    return get_account(session(), current_identity().account_id)


def own_record(public_id: str) -> Record:
    """The record of this address in the person's account. Raises NotFound, which answers 404."""
    return queries.get_record(session(), current_identity().account_id, public_id)
