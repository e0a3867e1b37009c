"""What the page of one record shows, as ready values for the template."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.audit.queries import list_for_target
from portal.lib import clock
from portal.lib.phones import show_phone, tel_link
from portal.records import expirations, queries
from portal.records.conflicts import label_of
from portal.records.filters import RecordFilter
from portal.records.kinds import BY_NAME, Field
from portal.records.models import Record
from portal.records.policies import POLICIES
from portal.records.queries import Links
from portal.records.states import MEANINGS, STATES
from portal.records.views.listing import href
from portal.visits.queries import list_recent_for_record

SCANS = 10
EVENTS = 20

_ACTIONS = {
    "record.create": "created it",
    "record.update": "changed it",
    "record.archive": "archived it",
    "record.restore": "restored it",
    "expiration.add": "added an expiration",
    "expiration.edit": "corrected an expiration",
    "expiration.renew": "renewed an expiration",
    "expiration.delete": "deleted an expiration",
    "sticker.revoke": "revoked its sticker",
    "sticker.replace": "made a new sticker",
}
_OUTCOMES = {
    "gate": "asked for the passcode",
    "record": "admitted",
    "wrong": "wrong passcode",
    "throttled": "throttled",
    "retired": "retired",
    "revoked": "revoked",
    "archived": "archived",
    "no-passcode": "no passcode set",
}


@dataclass(frozen=True)
class Fact:
    """A field as the page shows it: text, or a link when there is one."""

    label: str
    text: str
    href: str = ""
    note: str = ""
    is_long: bool = False


def facts(session: Session, account: Account, record: Record) -> list[Fact]:
    """The fields of the record's kind, without its name; owner first among the people."""
    links = queries.find_links(session, account.id, (record.owner_id, record.location_id, record.supervisor_id))
    found = []
    for field in BY_NAME[record.kind].form_fields:
        if field.name == "name":
            continue
        value = getattr(record, field.name)
        if field.type == "reference":
            link = links.get(value)
            text, page = (link.name, _show(link.public_id)) if link else ("", "")
            found.append(Fact(field.label, text, page, "archived" if link and link.is_archived else ""))
        else:
            found.append(_fact(field, value, account.country))
    return found


def _fact(field: Field, value: Any, country: str) -> Fact:
    if field.type == "policy":
        return Fact(field.label, POLICIES[value])
    if value in (None, ""):
        return Fact(field.label, "")
    if field.type == "phone":
        return Fact(field.label, show_phone(value, country), tel_link(value))
    if field.type == "email":
        return Fact(field.label, value, f"mailto:{value}")
    text = f"{value:,}" if field.name == "odometer" else str(value)
    return Fact(field.label, text, is_long=field.type == "textarea")


def state(account: Account, record: Record) -> dict[str, Any]:
    """The state of the record with what it means to visitors, and what else it could be."""
    since = f"since {clock.show_moment(record.state_at, account.timezone)}" if record.state_at else ""
    return {"word": record.state, "meaning": MEANINGS[record.state], "since": since, "choices": STATES}


def papers(session: Session, record: Record, today: date) -> list[dict[str, Any]]:
    """The record's expirations; the renewed ones, its history, come last."""
    return [
        {
            "what": one.what,
            "expires_on": one.expires_on,
            "when": expirations.when(one.expires_on, today),
            "state": "renewed" if one.renewed_at else expirations.state(one.expires_on, one.warn_days, today),
            "warn_days": one.warn_days,
            "is_current": one.renewed_at is None,
            "public_id": one.public_id,
        }
        for one in queries.list_expirations(session, record.account_id, record.id)
    ]


def pointing(session: Session, record: Record) -> list[dict[str, Any]]:
    """The records that name this one, with the list that shows all of them."""
    filters = {"owner_id": RecordFilter(owner=record.public_id), "location_id": RecordFilter(location=record.public_id)}
    found = []
    for title, column in queries.POINTING.get(record.kind, ()):
        filter = filters.get(column)
        links: Links = queries.list_pointing(session, record.account_id, record.id, column)
        if links.count:
            all_href = href(filter) if filter else ""
            rows = [{"name": one.name, "tag": one.tag, "href": _show(one.public_id)} for one in links.first]
            found.append({"title": title, "rows": rows, "count": links.count, "all_href": all_href})
    return found


def scans(session: Session, account: Account, record: Record) -> list[dict[str, str]]:
    """The last looks at its stickers."""
    return [
        {
            "at": clock.show_moment(scan.at, account.timezone),
            "outcome": _OUTCOMES.get(scan.outcome, scan.outcome),
            "browser": scan.browser or "Unknown browser",
        }
        for scan in list_recent_for_record(session, account.id, record.id, SCANS)
    ]


def history(session: Session, account: Account, record: Record) -> list[dict[str, Any]]:
    """Who changed what, the newest first."""
    events = list_for_target(session, account.id, record.public_id, EVENTS)
    return [
        {
            "who": event.actor_name,
            "at": clock.show_moment(event.at, account.timezone),
            "did": _ACTIONS.get(event.action, event.action),
            "changes": _changes(event, record.kind),
        }
        for event in events
    ]


def _changes(event: AuditEvent, kind: str) -> list[dict[str, str]]:
    # A new record's first values stand on the page itself.
    if event.action in ("record.create", "record.archive", "record.restore"):
        return []
    names = [name for name in dict.fromkeys([*event.before, *event.after]) if name not in ("version", "warn_days")]
    return [
        {
            "label": label_of(kind, name),
            # What stayed the same, such as the paper that was renewed, is said once.
            "before": words(event.before.get(name)) if event.before.get(name) != event.after.get(name) else "",
            "after": words(event.after.get(name)),
        }
        for name in names
    ]


def words(value: Any) -> str:
    """A value of an audit event as people read it; "" for nothing."""
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _show(public_id: str) -> str:
    return url_for("admin.records.show", public_id=public_id)
