"""The one verb of the room, for one change and for many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.audit.models import AuditEvent


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in user, or the command line and the worker with ``user_id`` None."""

    user_id: int | None
    name: str


OPERATOR = Actor(None, "operator (command line)")
WORKER = Actor(None, "worker")


def record(
    session: Session,
    *,
    account_id: int | None,
    actor: Actor,
    action: str,
    now: datetime,
    target_kind: str = "",
    target_public_id: str = "",
    target_name: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Adds an event to the caller's transaction. Values must be JSON-ready; secrets are never passed in."""
    event = AuditEvent(
        account_id=account_id,
        at=now,
        actor_id=actor.user_id,
        actor_name=actor.name[:200],
        action=action,
        target_kind=target_kind,
        target_public_id=target_public_id,
        target_name=target_name[:200],
        before=before or {},
        after=after or {},
    )
    session.add(event)
    session.flush()
    return event


@dataclass(frozen=True)
class Happening:
    """What happened to one of many things in one act."""

    target_kind: str
    target_public_id: str
    target_name: str
    before: dict[str, Any]
    after: dict[str, Any]


def record_many(
    session: Session, happenings: Sequence[Happening], *, account_id: int, actor: Actor, action: str, now: datetime
) -> None:
    """Adds one event per thing, in one statement."""
    shared = {
        "account_id": account_id,
        "at": now,
        "actor_id": actor.user_id,
        "actor_name": actor.name[:200],
        "action": action,
    }
    rows = [
        shared
        | {
            "target_kind": one.target_kind,
            "target_public_id": one.target_public_id,
            "target_name": one.target_name[:200],
            "before": one.before,
            "after": one.after,
        }
        for one in happenings
    ]
    if rows:
        session.execute(insert(AuditEvent), rows)
