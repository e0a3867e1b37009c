"""What the pages of installation codes and of provisioning tokens have in common: the list, and one code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import request, url_for

from portal.accounts.permissions import DEVICES_MANAGE
from portal.accounts.queries import get_account, list_members
from portal.devices.models import REVOKED, Device
from portal.devices.wording import STATUS_WORDS
from portal.enrollment import code_lists, enrolled, grants, queries
from portal.enrollment.code_drafts import Draft
from portal.enrollment.code_filters import NEWEST, STATES, CodeFilter
from portal.enrollment.forms import LimitsForm
from portal.enrollment.models import INSTALLATION_CODE, Grant
from portal.enrollment.payloads import KINDS, link
from portal.enrollment.queries import Listed
from portal.enrollment.targets import listed_person
from portal.lib.clock import show_moment
from portal.records.paging import Slice, cut
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

SHOWN_TRIES = 100
NO_DEVICE_YET = (
    "None yet. Each device that joins with it is listed here, and can be suspended or revoked together with the others."
)
NO_DEVICE_LEFT = "None any more: whatever joined with it has joined again by another code since."


@dataclass(frozen=True)
class Editor:
    """What an editor shows and reads of its kind alone. ``life`` and ``uses``: what a new one begins with.

    ``form`` makes the form of its fields and the ``people`` to choose from, ``values`` fills it from a grant, ``draft``
    reads it: (form, ``user_id``, ``kept``: the moments that stand).
    """

    template: str
    life: timedelta
    uses: int
    form: Callable[..., LimitsForm]
    values: Callable[[Grant], dict[str, Any]]
    draft: Callable[..., Draft]


@dataclass(frozen=True)
class Kind:
    """Codes or tokens: their name, their doors, the columns of their list as (words, order), and their editor."""

    name: str
    noun: str
    title: str
    search_words: str
    doors: str
    columns: tuple[tuple[str, str], ...]
    editor: Editor

    def href(self, view: str, **values: Any) -> str:
        """The address of one of its views."""
        return url_for(f"admin.{self.doors}.{view}", **values)

    @property
    def short_noun(self) -> str:
        """ "code" or "token"."""
        return self.noun.rpartition(" ")[2]

    def qr_href(self, grant: Grant) -> str:
        """Of the pop-up; "" for a token, which nobody can show again."""
        return self.href("qr", public_id=grant.public_id) if self.name == INSTALLATION_CODE else ""


SHARED_COLUMNS = (("Expiration", "expires"), ("Times used", "used"), ("Last time used", "last_used"))


@dataclass(frozen=True)
class Column:
    """A heading: where a click leads, and how the list is sorted by it now."""

    label: str
    href: str
    direction: str | None


@dataclass(frozen=True)
class ListPage:
    """A list as its template shows it."""

    title: str
    noun: str
    search_words: str
    filter: CodeFilter
    default_sort: str
    states: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]
    slice: Slice
    end: str
    index_href: str
    new_href: str
    chosen_href: str


def timezone() -> str:
    """The company's."""
    return get_account(session(), current_identity().account_id).timezone


def shown(moment: datetime | None, zone: str, nothing: str = "") -> str:
    """A moment in the company's wall time."""
    return show_moment(moment, zone) if moment else nothing


def used(grant: Grant) -> str:
    """ "3 of 25"."""
    return f"{grant.use_count:,}" + ("" if grant.max_uses is None else f" of {grant.max_uses:,}")


def list_page(kind: Kind) -> ListPage:
    """The list that the address asks for."""
    filter, zone, moment = CodeFilter.from_args(request.args), timezone(), now()
    found = code_lists.list_codes(
        session(), portal().key_ring, current_identity().account_id, kind=kind.name, filter=filter, now=moment
    )
    part = cut(
        found, request.args.get("page", "1"), lambda page: kind.href("index", **filter.to_args() | {"page": str(page)})
    )
    return ListPage(
        title=kind.title,
        noun=kind.short_noun,
        search_words=kind.search_words,
        filter=filter,
        default_sort=NEWEST,
        states=(("", "All but removed"), *STATES.items()),
        columns=tuple(_column(kind, filter, label, order) for label, order in kind.columns),
        rows=[_row(kind, one, zone, moment) for one in part.items],
        slice=part,
        end=f"The list ends after {queries.MOST_SHOWN:,}. Search, or choose a state, to find the others."
        if len(found) == queries.MOST_SHOWN and part.next_href is None
        else "",
        index_href=kind.href("index"),
        new_href=kind.href("new"),
        chosen_href=kind.href("chosen"),
    )


def _column(kind: Kind, filter: CodeFilter, label: str, order: str) -> Column:
    if not order:
        return Column(label, "", None)
    direction = None if filter.column != order else "descending" if filter.is_descending else "ascending"
    return Column(label, kind.href("index", **filter.sorted_by(order).to_args()), direction)


def _row(kind: Kind, one: Listed, zone: str, moment: datetime) -> dict[str, Any]:
    grant = one.grant
    return {
        "public_id": grant.public_id,
        "description": grant.description,
        "href": kind.href("show", public_id=grant.public_id),
        "qr_href": kind.qr_href(grant),
        "code": code_lists.show_code(portal().key_ring, grant),
        "state": STATES[grants.state(grant, moment, one.gone)],
        "expires": shown(grant.expires_at, zone),
        "used": used(grant),
        "last_used": shown(grant.last_used_at, zone),
        "username_prefix": grant.username_prefix,
        "account": listed_person(one.user.name, one.user.email, one.sign_in_name, bool(one.membership_id))
        if one.user
        else "",
        "device": _device_words(one.device) if one.device else "",
        "device_id": one.device.public_id if one.device else "",
        "tags": grant.tags,
    }


def _device_words(device: Device) -> str:
    return f"{device.name} (revoked)" if device.status == REVOKED else device.name


def get_own(kind: Kind, public_id: str) -> Grant:
    """The account's. Raises NotFound."""
    return queries.get_grant(session(), current_identity().account_id, public_id, kinds=(kind.name,))


def describe(kind: Kind, grant: Grant, facts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """One code with the devices that it enrolled and the tries, for its page."""
    zone, moment, account_id = timezone(), now(), current_identity().account_id
    held = queries.devices_of(session(), account_id, grant.id)
    people = {one.user_id: one.user.name for one in list_members(session(), account_id)}
    tries = queries.list_redemptions(session(), account_id, grant.id, limit=SHOWN_TRIES)
    is_open = grant.revoked_at is None
    return {
        "description": grant.description,
        "index_href": kind.href("index"),
        "index_label": kind.title,
        "state": STATES[grants.standing(session(), grant, moment)],
        "facts": facts,
        "qr_href": kind.qr_href(grant) if is_open else "",
        "edit_href": kind.href("edit", public_id=grant.public_id) if is_open else "",
        "delete_href": kind.href("delete", public_id=grant.public_id),
        "devices": [_device_line(one, people, zone) for one in held],
        "no_devices": NO_DEVICE_LEFT if grant.use_count else NO_DEVICE_YET,
        "can_suspend": any(enrolled.is_touched(one, enrolled.SUSPEND) for one in held),
        "can_revoke": any(enrolled.is_touched(one, enrolled.REVOKE) for one in held),
        "suspend_href": kind.href("act_on_devices", public_id=grant.public_id, act=enrolled.SUSPEND),
        "revoke_href": kind.href("act_on_devices", public_id=grant.public_id, act=enrolled.REVOKE),
        "tries": [_try_line(one, zone) for one in tries],
        "is_cut": len(tries) == SHOWN_TRIES,
    }


def facts_of(grant: Grant, zone: str) -> list[tuple[str, str]]:
    """What codes and tokens have in common, in words."""
    return [
        ("Expiration", shown(grant.expires_at, zone, "Never")),
        ("Times used", used(grant)),
        ("Last time used", shown(grant.last_used_at, zone, "Not yet")),
        *([("Not before", shown(grant.not_before, zone))] if grant.not_before else []),
        ("Requires approval", "Yes" if grant.requires_approval else "No"),
        ("Allowed networks", ", ".join(grant.allowed_networks) or "Any"),
        *([("Tags", ", ".join(grant.tags))] if grant.tags else []),
        ("Made by", f"{grant.created_by_name}, {show_moment(grant.created_at, zone)}"),
    ]


def _device_line(device: Device, people: dict[int, str], zone: str) -> dict[str, str]:
    return {
        "name": device.name,
        "platform": ", ".join(filter(None, (device.platform, device.model))),
        "href": url_for("admin.devices.show", public_id=device.public_id)
        if current_identity().may(DEVICES_MANAGE.name)
        else "",
        "status": STATUS_WORDS[device.status],
        "person": people.get(device.user_id, "") if device.user_id else "",
        "connected": shown(device.connected_at, zone),
        "active": shown(device.last_active_at, zone),
    }


def _try_line(one: queries.Try, zone: str) -> dict[str, str]:
    redemption = one.redemption
    return {
        "at": show_moment(redemption.at, zone),
        "outcome": redemption.outcome,
        "reason": redemption.reason.replace("_", " "),
        "device": one.device.name if one.device else "",
        "browser": redemption.browser,
        "ip": redemption.ip,
    }


def scanned_link(grant: Grant, secret: str) -> str:
    """What the QR code holds. ``secret``: the code in groups, or the token."""
    me = current_identity()
    return link(
        portal().settings.public_url,
        kind=KINDS[grant.kind],
        secret=secret,
        account_name=me.account_name,
        account_public_id=me.account_public_id,
    )
