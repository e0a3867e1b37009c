"""What somebody else saved while a person was typing, read from the audit trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEvent
from portal.records.kinds import BY_NAME
from portal.records.models import Record

MOST_EVENTS = 50


@dataclass(frozen=True)
class Change:
    """One field: its label, what it held when the person opened the form, what it holds now."""

    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Conflict:
    """Nothing was saved. ``who`` saved meanwhile, last at ``at``; sending ``version`` overrides knowingly."""

    who: tuple[str, ...]
    at: datetime
    changes: tuple[Change, ...]
    version: int


def find_conflict(session: Session, record: Record, seen_version: int) -> Conflict:
    """What happened to ``record`` since ``seen_version``, field by field, the newest name first."""
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.account_id == record.account_id, AuditEvent.target_public_id == record.public_id)
        .order_by(AuditEvent.id.desc())
        .limit(MOST_EVENTS)
    ).all()
    unseen = [event for event in events if event.after.get("version", 0) > seen_version]
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for event in reversed(unseen):
        for name, value in event.after.items():
            if name != "version":
                before.setdefault(name, event.before.get(name))
                after[name] = value
    changed = [name for name in after if before[name] != after[name]]
    changes = tuple(Change(label_of(record.kind, name), before[name], after[name]) for name in changed)
    who = tuple(dict.fromkeys(event.actor_name for event in unseen)) or (record.updated_by_name,)
    return Conflict(who, record.updated_at, changes, record.version)


def label_of(kind: str, name: str) -> str:
    """The words for a field of an audit event."""
    labels = {field.name: field.label for field in BY_NAME[kind].fields}
    return labels.get(name, name.replace("_", " ").capitalize())
