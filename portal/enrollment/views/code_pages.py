"""What the pages of installation codes and of provisioning tokens have in common: lists, one code, its devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from portal.accounts.queries import get_account, list_members
from portal.devices import operations as devices
from portal.devices.models import ACTIVE, EXPECTED, PENDING, REVOKED, SUSPENDED, Device
from portal.devices.wording import STATUS_WORDS, many
from portal.enrollment import code_lists, grants, queries
from portal.enrollment.code_drafts import ACTIONS
from portal.enrollment.code_filters import NEWEST, STATES, CodeFilter
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, INSTALLATION_CODE, PROVISIONING, Grant
from portal.enrollment.queries import Listed
from portal.enrollment.targets import person
from portal.lib.clock import show_moment
from portal.records.paging import Slice, cut
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

SHOWN_TRIES = 100
FIELDS = {
    "description": "Description",
    "action": "Action",
    "expires_at": "Expires",
    "not_before": "Not before",
    "max_uses": "Number of uses",
    "requires_approval": "Requires approval",
    "user_id": "Account",
    "device_id": "Device",
    "username_prefix": "Username prefix",
    "tags": "Tags",
    "defaults": "Defaults",
    "allowed_networks": "Allowed networks",
}


@dataclass(frozen=True)
class Kind:
    """Codes or tokens: their name, their doors, and the columns of their list as (words, order)."""

    name: str
    noun: str
    title: str
    search_words: str
    doors: str
    columns: tuple[tuple[str, str], ...]

    def href(self, view: str, **values: Any) -> str:
        """The address of one of its views."""
        return url_for(f"admin.{self.doors}.{view}", **values)


_SHARED = (("Expiration", "expires"), ("Times used", "used"), ("Last time used", "last_used"))
CODES = Kind(
    INSTALLATION_CODE,
    "installation code",
    "Installation codes",
    "Description, code, prefix, account or device",
    "installation_codes",
    (
        ("Description", "description"),
        ("Installation Code", "code"),
        *_SHARED,
        ("Username prefix", "prefix"),
        ("Account", "account"),
        ("Device", "device"),
    ),
)
TOKENS = Kind(
    PROVISIONING,
    "provisioning token",
    "Provisioning tokens",
    "Description, token or account",
    "provisioning",
    (("Description", "description"), ("Token", "code"), *_SHARED, ("Account", "account"), ("Tags", "")),
)


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
        "qr_href": kind.href("qr", public_id=grant.public_id) if kind is CODES else "",
        "code": code_lists.show_code(portal().key_ring, grant),
        "state": STATES[grants.state(grant, moment)],
        "expires": shown(grant.expires_at, zone),
        "used": used(grant),
        "last_used": shown(grant.last_used_at, zone),
        "username_prefix": grant.username_prefix,
        "account": person(one.user.name, one.user.email, one.sign_in_name) if one.user else "",
        "device": one.device.name if one.device else "",
        "tags": grant.tags,
    }


def lead_chosen(kind: Kind) -> Response:
    """From the row that was selected in the list to its editor or its removal."""
    public_id, act = request.args.get("chosen", ""), request.args.get("act", "")
    if act not in ("edit", "delete"):
        raise BadRequest
    if not public_id:
        flash("Select a row in the list first.", "error")
        return redirect(kind.href("index"), 303)
    get_own(kind, public_id)
    return redirect(kind.href(act, public_id=public_id), 303)


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
        "state": STATES[grants.state(grant, moment)],
        "facts": facts,
        "qr_href": kind.href("qr", public_id=grant.public_id) if kind is CODES and is_open else "",
        "edit_href": kind.href("edit", public_id=grant.public_id) if is_open else "",
        "delete_href": kind.href("delete", public_id=grant.public_id),
        "devices": [_device_line(one, people, zone) for one in held],
        "can_suspend": any(one.status == ACTIVE for one in held),
        "can_revoke": any(one.status != REVOKED for one in held),
        "suspend_href": kind.href("act_on_devices", public_id=grant.public_id, act="suspend"),
        "revoke_href": kind.href("act_on_devices", public_id=grant.public_id, act="revoke"),
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
        if current_identity().may("devices.manage")
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


# Removal, and what is done to all devices of a code


def removal_consequences(own: Session, grant: Grant) -> list[str]:
    """What follows from removing it, in sentences with numbers."""
    held = [one for one in queries.devices_of(own, grant.account_id, grant.id) if one.status != REVOKED]
    left = (grant.max_uses or 0) - grant.use_count
    is_one = len(held) == 1
    return [
        f"{many(len(held))} it enrolled {'stays' if is_one else 'stay'} connected."
        if held
        else "No device is connected by it.",
        f"Nobody can join with it any more: {many(left, 'use')} {'is' if left == 1 else 'are'} not used yet."
        if grants.state(grant, now()) in (grants.ACTIVE, grants.SCHEDULED)
        else "Nobody can join with it now, and that stays so.",
        "It leaves the list. Its devices and tries stay on its page, among the removed ones.",
    ]


def act_consequences(grant: Grant, act: str) -> list[str]:
    """What follows for the devices, in sentences with numbers."""
    held = queries.devices_of(session(), grant.account_id, grant.id)
    touched = [one for one in held if one.status in TOUCHED[act]]
    count, rest = len(touched), len(held) - len(touched)
    is_one = count == 1
    first = (
        f"{many(count)} {'is' if is_one else 'are'} refused from the next request on, until you resume "
        f"{'it' if is_one else 'them'} under Devices."
        if act == "suspend"
        else f"{many(count)} {'is' if is_one else 'are'} signed out for good, from the next request on. "
        f"To come back, {'it needs' if is_one else 'each needs'} a new code."
    )
    sentences = [first, *(f"{one.name}{f' ({one.platform})' if one.platform else ''}" for one in touched[:10])]
    if count > 10:
        sentences.append(f"and {many(count - 10, 'more device')}.")
    if rest:
        sentences.append(f"{many(rest, 'other device')} it enrolled {'stays' if rest == 1 else 'stay'} as before.")
    if grant.action == CREATE_ACCOUNT_AND_DEVICE:
        sentences += _registered({one.user_id for one in touched if one.user_id})
    if grants.state(grant, now()) in (grants.ACTIVE, grants.SCHEDULED):
        sentences.append("It still lets new devices in. Delete it too if it has fallen into the wrong hands.")
    return sentences


def _registered(people: set[int]) -> list[str]:
    """What becomes of the people who registered with the code: nothing, and where to end that."""
    if not people:
        return []
    where = "Remove them under Settings, People, if they should not."
    if len(people) == 1:
        return [f"The person who registered with it stays a member. {where}"]
    return [f"The {len(people)} people who registered with it stay members. {where}"]


def ask_removal(kind: Kind, grant: Grant) -> str:
    """The page before a removal."""
    return render_template(
        "enrollment/code_confirm.html",
        title=f"Remove {grant.description}?",
        consequences=removal_consequences(session(), grant),
        action=kind.href("delete", public_id=grant.public_id),
        button="Remove",
        cancel_href=kind.href("index"),
    )


def ask_act(kind: Kind, grant: Grant, act: str) -> str:
    """The page before all devices are suspended or revoked."""
    return render_template(
        "enrollment/code_confirm.html",
        title=f"{act.capitalize()} all devices of {grant.description}?",
        consequences=act_consequences(grant, act),
        action=kind.href("act_on_devices", public_id=grant.public_id, act=act),
        button=f"{act.capitalize()} all",
        cancel_href=kind.href("show", public_id=grant.public_id),
    )


TOUCHED = {"suspend": (ACTIVE,), "revoke": (ACTIVE, SUSPENDED, PENDING, EXPECTED)}
_VERBS = {"suspend": devices.suspend_many, "revoke": devices.revoke_many}


def act_on_devices(own: Session, grant: Grant, act: str) -> int:
    """Suspends or revokes what the grant enrolled; returns how many that touched."""
    held = queries.devices_of(own, grant.account_id, grant.id)
    return _VERBS[act](own, held, account_id=grant.account_id, actor=current_identity().actor, now=now())


# Editors


def conflict(found: grants.Conflict, noun: str) -> dict[str, Any]:
    """What somebody else saved meanwhile, in words."""
    names = list(dict.fromkeys(change.actor_name for change in found.changes))
    labels = list(dict.fromkeys(FIELDS[change.field] for change in found.changes if change.field in FIELDS))
    return {"who": " and ".join(names) or "Somebody else", "noun": noun, "changed": ", ".join(labels)}


def action_words(grant: Grant) -> str:
    """What the code does, as the editor calls it."""
    return ACTIONS[grant.action]
