"""A list's rows, headings and pages as ready values for the template."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.lib import clock
from portal.records import expirations, queries
from portal.records.documents import details
from portal.records.filters import RecordFilter
from portal.records.kinds import BY_NAME, CONTACT, EQUIPMENT, LOCATION, VEHICLE
from portal.records.lists import COUNTED, Line, Page
from portal.records.states import IN_USE

_DETAILS = {VEHICLE: "Make and plate", EQUIPMENT: "Model and serial", LOCATION: "Address", CONTACT: "E-mail and phone"}


@dataclass(frozen=True)
class Column:
    """A heading: where a click leads ("" when it does not sort) and how the list is sorted by it now."""

    label: str
    href: str = ""
    direction: str | None = None


@dataclass(frozen=True)
class Pages:
    """What the pagination macro asks for."""

    previous_href: str | None
    next_href: str | None
    count_text: str


def columns(filter: RecordFilter) -> list[Column]:
    """The headings of a list of this kind, in the order of ``records/index.html``."""

    def sorted_by(label: str, name: str) -> Column:
        direction = None if filter.column != name else "descending" if filter.descending else "ascending"
        return Column(label, href(filter.sorted_by(name)), direction)

    return [
        sorted_by("Name", "name"),
        sorted_by("Tag", "tag"),
        Column(_DETAILS.get(filter.kind, "Details")),
        Column("Owner"),
        Column("Inside" if filter.kind == LOCATION else "Location"),
        sorted_by("Expires", "expiry"),
        sorted_by("Changed", "updated"),
    ]


def row(line: Line, account: Account, today: date) -> dict[str, Any]:
    """One line as words and links."""
    columns_ = line.columns
    return {
        "public_id": columns_.public_id,
        "name": columns_.name,
        "tag": columns_.tag,
        "href": url_for("admin.records.show", public_id=columns_.public_id),
        "thumb": photo_href(columns_.public_id, columns_.photo_key, "thumb"),
        "icon": BY_NAME[columns_.kind].icon,
        "details": details(columns_, account.country),
        "owner": line.owner,
        "location": line.location,
        "state": line.state,
        "expires_on": columns_.next_expires_on,
        "expires_when": expirations.when(columns_.next_expires_on, today) if columns_.next_expires_on else "",
        "updated": clock.show_moment(columns_.updated_at, account.timezone),
        "is_archived": columns_.archived_at is not None,
        "condition": "" if columns_.state == IN_USE else columns_.state,
    }


def choice(columns_: Any) -> str:
    """A record in a picker: two of one name are told apart by the rest."""
    more = columns_.tag or columns_.email or columns_.job_title
    return f"{columns_.name} · {more}" if more else str(columns_.name)


def chosen(session: Session, account_id: int, public_id: str) -> tuple[str, str] | None:
    """The option that stands for a filter's owner or location."""
    record = queries.find_record(session, account_id, public_id) if public_id else None
    return (record.public_id, record.name) if record else None


def total(count: int) -> str:
    """A capped count in words: '240', '1000+'."""
    return f"{COUNTED}+" if count > COUNTED else str(count)


def pages(filter: RecordFilter, page: Page, count: int) -> Pages:
    """The way to the pages beside this one."""
    noun = "record" if count == 1 else "records"
    return Pages(
        href(filter, before=page.previous.to_text()) if page.previous else None,
        href(filter, after=page.next.to_text()) if page.next else None,
        f"{len(page.lines)} of {total(count)} {noun}",
    )


def href(filter: RecordFilter, **place: Any) -> str:
    """The address of a list."""
    return url_for("admin.records.index", **filter.to_args(), **place)


def photo_href(public_id: str, photo_key: str, size: str) -> str:
    """The address of a photo, or "" without one. The key's beginning makes a new photo a new address."""
    return url_for("admin.records.photo", public_id=public_id, size=size, v=photo_key[:12]) if photo_key else ""
