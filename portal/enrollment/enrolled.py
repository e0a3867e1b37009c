"""The devices that a grant enrolled, all of them at once: its blast radius."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.operations import Actor
from portal.devices import operations
from portal.devices.models import ACTIVE, EXPECTED, PENDING, SUSPENDED, Device
from portal.enrollment.models import Grant
from portal.enrollment.queries import devices_of

SUSPEND, REVOKE = "suspend", "revoke"
_TOUCHED = {SUSPEND: (ACTIVE,), REVOKE: (ACTIVE, SUSPENDED, PENDING, EXPECTED)}
_ACTS = {SUSPEND: operations.suspend_many, REVOKE: operations.revoke_many}


def is_touched(device: Device, act: str) -> bool:
    """Whether the act changes anything for this device."""
    return device.status in _TOUCHED[act]


def act_on_devices(session: Session, grant: Grant, act: str, *, actor: Actor, now: datetime) -> int:
    """Suspends or revokes what the grant enrolled. Returns how many devices that touched."""
    held = devices_of(session, grant.account_id, grant.id)
    return _ACTS[act](session, held, account_id=grant.account_id, actor=actor, now=now)
