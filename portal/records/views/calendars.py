"""Calendar feeds: the file itself, and the page where a person makes and ends addresses."""

import hashlib

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import get_account
from portal.lib.clock import show_moment
from portal.records import calendars as feeds
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

calendar_feed = Blueprint("calendar_feed", __name__)
calendars = Blueprint("calendars", __name__, url_prefix="/calendars")

OWN = "own"
COMPANY = "company"


@calendar_feed.get("/calendar/<secret>.ics")
def show(secret: str) -> ResponseReturnValue:
    """The feed of this secret. 404 for a revoked one: calendar programs then stop asking."""
    feed = feeds.find_feed(session(), secret)
    if feed is None:
        abort(404)
    account = get_account(session(), feed.account_id)
    papers = feeds.list_papers(session(), account.id, feeds.email_of(session(), feed))
    body = feeds.write_calendar(account, papers, portal().settings.public_url)
    answer = Response(body, mimetype="text/calendar")
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.headers["Cache-Control"] = "private, no-cache"  # may be kept, must be asked for with its ETag
    answer.headers["Content-Disposition"] = 'attachment; filename="expirations.ics"'
    return answer.make_conditional(request)


@calendars.get("")
def index() -> str:
    """Which addresses there are. Their secrets were shown when they were made."""
    return _page()


@calendars.post("/<which>")
def make(which: str) -> ResponseReturnValue:
    """A new address, shown once; the old one ends."""
    me = current_identity()
    if which not in (OWN, COMPANY):
        abort(404)
    if which == COMPANY and not me.may("settings.company"):
        abort(403)
    user_id = me.user_id if which == OWN else None
    secret = feeds.make_feed(session(), account_id=me.account_id, user_id=user_id, actor=me.actor, now=now())
    session().commit()
    path = url_for("public.calendar_feed.show", secret=secret)
    return _page(new_link=portal().settings.public_url + path, made=which)


@calendars.post("/<which>/revoke")
def revoke(which: str) -> ResponseReturnValue:
    """Ends an address."""
    me = current_identity()
    if which == COMPANY and not me.may("settings.company"):
        abort(403)
    user_id = me.user_id if which == OWN else None
    found = [feed for feed in feeds.list_feeds(session(), me.account_id, me.user_id) if feed.user_id == user_id]
    if which not in (OWN, COMPANY) or not found:
        abort(404)
    for feed in found:
        feeds.revoke_feed(session(), feed, actor=me.actor, now=now())
    session().commit()
    flash("The address no longer works. Calendars keep what they last saw.", "success")
    return redirect(url_for("admin.calendars.index"), 303)


def _page(new_link: str = "", made: str = "") -> str:
    me = current_identity()
    account = get_account(session(), me.account_id)
    made_at = {
        OWN if feed.user_id else COMPANY: show_moment(feed.created_at, account.timezone)
        for feed in feeds.list_feeds(session(), account.id, me.user_id)
    }
    return render_template(
        "records/calendars.html",
        email=me.email,
        company=account.name,
        made_at=made_at,
        may_company=me.may("settings.company"),
        new_link=new_link,
        made=made,
    )
