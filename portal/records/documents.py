"""A record as programs and phones read it: plain values for JSON, everything that a member may see. No web."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.lib.links import mailto
from portal.lib.phones import show_phone, tel_link
from portal.records import expirations, queries
from portal.records.kinds import BY_NAME, CONTACT, EQUIPMENT, LOCATION, VEHICLE, Field
from portal.records.lists import Line, Link
from portal.records.models import Record
from portal.records.policies import POLICIES

Document = dict[str, Any]


def line(found: Line, country: str) -> Document:
    """One row of a list."""
    columns = found.columns
    return {
        "id": columns.public_id,
        "kind": columns.kind,
        "name": columns.name,
        "tag": columns.tag,
        "details": details(columns, country),
        "state": columns.state,
        "expiry_state": found.state,
        "next_expires_on": columns.next_expires_on,
        "owner": _named(found.owner),
        "location": _named(found.location),
        "has_photo": bool(columns.photo_key),
        "updated_at": columns.updated_at,
    }


def details(columns: Any, country: str) -> list[str]:
    """The two or three words that tell one from another, by kind."""
    if columns.kind == VEHICLE:
        found = [" ".join(filter(None, (columns.make, columns.model))), columns.plate]
    elif columns.kind == EQUIPMENT:
        found = [" ".join(filter(None, (columns.manufacturer, columns.model))), columns.serial_number]
    elif columns.kind == LOCATION:
        found = [", ".join(columns.address.split("\n"))]
    else:
        number = columns.mobile or columns.phone
        found = [columns.job_title, columns.email, show_phone(number, country) if number else ""]
    return [word for word in found if word]


def whole(session: Session, record: Record, *, country: str, today: date) -> Document:
    """Everything about one record; telephone numbers are written as in ``country``, days told from ``today``."""
    people = _related(session, record)
    owner = people.get(record.owner_id)
    boss = record if record.kind == CONTACT else owner
    supervisor = people.get(boss.supervisor_id) if boss else None
    return {
        "id": record.public_id,
        "kind": record.kind,
        "name": record.name,
        "tag": record.tag,
        "state": record.state,
        "state_since": record.state_at,
        "has_photo": bool(record.photo_key),
        "fields": [_field(field, record, country) for field in BY_NAME[record.kind].form_fields if _is_value(field)],
        "owner": _person(owner, record, country),
        "supervisor": _person(supervisor, record, country),
        "location": _place(people.get(record.location_id)),
        "pointing": _pointing(session, record),
        "expirations": _papers(queries.list_expirations(session, record.account_id, record.id), today),
        "archived_at": record.archived_at,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "updated_by": record.updated_by_name,
        "version": record.version,
    }


def _related(session: Session, record: Record) -> dict[int | None, Record]:
    """Owner, location and supervisor of a record, and its owner's supervisor, by row id."""
    found = _by_id(session, record.account_id, (record.owner_id, record.location_id, record.supervisor_id))
    owner = found.get(record.owner_id)
    if owner is not None and owner.supervisor_id is not None and owner.supervisor_id not in found:
        found |= _by_id(session, record.account_id, (owner.supervisor_id,))
    return found


def _by_id(session: Session, account_id: int, ids: Iterable[int | None]) -> dict[int | None, Record]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.scalars(select(Record).where(Record.account_id == account_id, Record.id.in_(wanted)))
    return {row.id: row for row in rows}


def _is_value(field: Field) -> bool:
    return field.type != "reference" and field.name not in ("name", "tag")


def _field(field: Field, record: Record, country: str) -> Document:
    """A field with its value, how it is written, and where a tap on it leads ("" for nowhere)."""
    value = getattr(record, field.name)
    text, href = "" if value is None else str(value), ""
    if field.type == "policy":
        text = POLICIES[value]
    elif field.name == "odometer" and value is not None:
        text = f"{value:,}"
    elif field.type == "phone" and value:
        text, href = show_phone(value, country), tel_link(value)
    elif field.type == "email" and value:
        href = mailto(value, record.name)
    return {"name": field.name, "label": field.label, "value": value, "text": text, "href": href}


def _person(contact: Record | None, about: Record, country: str) -> Document | None:
    """Somebody to reach, with a mail that names what it is about."""
    if contact is None:
        return None
    subject = f"{about.name} ({about.tag})" if about.tag else about.name
    return {
        "id": contact.public_id,
        "name": contact.name,
        "job_title": contact.job_title,
        "company": contact.company,
        "email": contact.email,
        "email_href": mailto(contact.email, subject) if contact.email else "",
        "phones": [
            {"type": kind, "number": number, "text": show_phone(number, country), "href": tel_link(number)}
            for kind, number in (("mobile", contact.mobile), ("phone", contact.phone))
            if number
        ],
        "has_photo": bool(contact.photo_key),
        "archived_at": contact.archived_at,
    }


def _place(location: Record | None) -> Document | None:
    if location is None:
        return None
    return {
        "id": location.public_id,
        "name": location.name,
        "address": location.address,
        "latitude": location.latitude,
        "longitude": location.longitude,
        "archived_at": location.archived_at,
    }


def _pointing(session: Session, record: Record) -> list[Document]:
    """The live records that name this one, by what they name it as; at most ``queries.MOST_LINKS`` of each."""
    found = []
    for title, column in queries.POINTING.get(record.kind, ()):
        links = queries.list_pointing(session, record.account_id, record.id, column)
        if links.count:
            first = [{"id": one.public_id, "kind": one.kind, "name": one.name, "tag": one.tag} for one in links.first]
            found.append({"title": title, "count": links.count, "records": first})
    return found


def _papers(found: Iterable[Any], today: date) -> list[Document]:
    return [
        {
            "id": paper.public_id,
            "what": paper.what,
            "expires_on": paper.expires_on,
            "warn_days": paper.warn_days,
            "state": "renewed" if paper.renewed_at else expirations.state(paper.expires_on, paper.warn_days, today),
            "when": expirations.when(paper.expires_on, today),
        }
        for paper in found
    ]


def _named(link: Link | None) -> Document | None:
    return {"id": link.public_id, "name": link.name} if link else None
