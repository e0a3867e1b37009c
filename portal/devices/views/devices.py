"""Devices: the company's phones in a list, and many of them suspended or revoked together."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Account
from portal.accounts.permissions import MOBILE_APP
from portal.accounts.queries import get_account
from portal.devices import addresses, operations, queries
from portal.devices.filters import PAGE, ListFilter
from portal.devices.models import ACTIVE, EXPECTED, PENDING, REVOKED, SUSPENDED, Device
from portal.devices.queries import ALL, DeviceFilter, Listed
from portal.devices.wording import STATUS_WORDS, Line, describe, many, revoked_means, suspended_means
from portal.enrollment import cleanup, joining
from portal.web.context import now, session
from portal.web.identity import current_identity

devices = Blueprint("devices", __name__, url_prefix="/devices")

COLUMNS = (
    ("name", "Device Name"),
    ("platform", "Platform"),
    ("person", "Person"),
    ("active", "Last Active"),
    ("connected", "Connected On"),
)
CHOICES = {"": "All but revoked", **STATUS_WORDS, ALL: "All"}
ACTS = {"suspend": "Suspend", "revoke": "Revoke Access"}
# Where an act means anything.
FITTING = {"suspend": (ACTIVE,), "revoke": (ACTIVE, SUSPENDED, PENDING, EXPECTED)}
ENDING_NAMED = 5  # devices that sign out by themselves; more are counted
MOST_AT_ONCE = 10_000  # devices in one act


@devices.get("")
def index() -> str:
    """One page of the list."""
    return _page(ListFilter.from_args(request.args))


@devices.post("/bulk")
def bulk() -> ResponseReturnValue:
    """Suspends or revokes the ticked devices, or all that a filter means, after saying how many they are."""
    action = request.form.get("action", "")
    if action not in ACTS:
        abort(400)
    chosen, me = _chosen(action), current_identity()
    if not chosen:
        flash(f"None of the ticked devices can be {_done(action)}. Tick at least one.", "error")
        return redirect(url_for("admin.devices.index"), 303)
    if not request.form.get("confirmed"):
        return _ask(action, chosen)
    verb = operations.suspend_many if action == "suspend" else operations.revoke_many
    count = verb(session(), chosen, account_id=me.account_id, actor=me.actor, now=now())
    session().commit()
    flash(f"{many(count)} {'was' if count == 1 else 'were'} {_done(action)}.", "success")
    return redirect(url_for("admin.devices.index"), 303)


@devices.post("/addresses")
def keep_addresses() -> ResponseReturnValue:
    """How long the company keeps the addresses of devices."""
    me, days = current_identity(), addresses.check_days(request.form.get("days", ""))
    if days is None:
        return _page(
            ListFilter(), days=request.form.get("days", "")[:10], days_error="Type a number from 0 to 365."
        ), 422
    cleanup.keep_addresses_for(session(), account_id=me.account_id, days=days, actor=me.actor, now=now())
    session().commit()
    flash(f"Addresses of devices are kept for {many(days, 'day')}." if days else "No addresses are kept.", "success")
    return redirect(url_for("admin.devices.index", _anchor="addresses"), 303)


def _page(filter: ListFilter, days: str | None = None, days_error: str = "") -> str:
    me = current_identity()
    account = get_account(session(), me.account_id)
    # All that a search finds is looked for once, for the page and its count.
    found = queries.search(session(), account.id, filter.which, filter.sort, is_descending=filter.is_descending)
    count = queries.count_devices(session(), account.id, filter.which, found)
    filter = filter.within(count)
    return render_template(
        "devices/index.html",
        filter=filter,
        choices=CHOICES,
        columns=[_column(name, label, filter) for name, label in COLUMNS],
        lines=_lines(account, filter, found),
        count=f"{count:,}",
        has_revoked=not count and queries.count_devices(session(), account.id, DeviceFilter(status=REVOKED)) > 0,
        pages=_pages(filter, count),
        ending=_ending(account),
        ending_count=queries.count_ending(session(), account.id, now()),
        days=str(account.device_address_days) if days is None else days,
        days_error=days_error,
        may_connect=me.may(MOBILE_APP.name),
    )


def _lines(account: Account, filter: ListFilter, ids: list[int] | None) -> list[Line]:
    found = _find(account.id, filter, PAGE, (filter.page - 1) * PAGE, ids)
    ways_in = joining.list_ways_in(session(), account.id, [one.device.grant_id for one in found])
    return [
        describe(one, joined_by=joining.joined_by(one.device, ways_in), timezone=account.timezone, now=now())
        for one in found
    ]


def _find(
    account_id: int, filter: ListFilter, limit: int, offset: int = 0, found: list[int] | None = None
) -> list[Listed]:
    return queries.list_devices(
        session(),
        account_id,
        now(),
        filter.which,
        order=filter.sort,
        is_descending=filter.is_descending,
        limit=limit,
        offset=offset,
        found=found,
    )


def _ending(account: Account) -> list[Line]:
    """The first devices that sign out by themselves within 7 days, if nobody uses them."""
    found = queries.list_ending(session(), account.id, now(), limit=ENDING_NAMED)
    return [describe(one, joined_by="", timezone=account.timezone, now=now()) for one in found]


def _column(name: str, label: str, filter: ListFilter) -> dict[str, str | None]:
    direction = ("descending" if filter.is_descending else "ascending") if name == filter.sort else None
    return {"label": label, "href": _href(filter.sorted_by(name)), "direction": direction}


def _pages(filter: ListFilter, count: int) -> dict[str, str | None]:
    return {
        "previous_href": _href(filter, page=str(filter.page - 1)) if filter.page > 1 else None,
        "next_href": _href(filter, page=str(filter.page + 1)) if filter.page * PAGE < count else None,
        "count_text": many(count),
    }


def _href(filter: ListFilter, **more: str) -> str:
    args = filter.to_args() | more
    return url_for("admin.devices.index") + (f"?{urlencode(args)}" if args else "")


def _chosen(action: str) -> list[Device]:
    """The devices that a form names, by its filter or by its ticks, as far as the act means anything for them."""
    account_id = current_identity().account_id
    if "filter" in request.form:
        named = ListFilter.from_query_string(request.form["filter"])
        found = [one.device for one in _find(account_id, named, MOST_AT_ONCE)]
    else:
        found = queries.list_by_public_ids(session(), account_id, request.form.getlist("record"))
    return [device for device in found if device.status in FITTING[action]]


def _ask(action: str, chosen: Sequence[Device]) -> str:
    means = suspended_means if action == "suspend" else revoked_means
    pairs = [("action", action), ("confirmed", "1"), *(("record", device.public_id) for device in chosen)]
    return render_template(
        "devices/ask.html",
        act=ACTS[action],
        names=[device.name for device in chosen],
        consequences=means(len(chosen)),
        action_href=url_for("admin.devices.bulk"),
        back_href=url_for("admin.devices.index"),
        pairs=pairs,
    )


def _done(action: str) -> str:
    return "suspended" if action == "suspend" else "revoked"
