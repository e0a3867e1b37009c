"""Verbs that meet devices and grants: adding a device with its code, and acting on all that a grant enrolled."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.operations import Actor, record
from portal.devices import operations as devices
from portal.devices.models import EXPECTED, Device
from portal.enrollment.grants import Faults, Made, make_expected_device_code
from portal.enrollment.queries import devices_of, find_membership
from portal.lib.sealing import KeyRing

LONGEST_NAME = 80


def add_device(
    session: Session,
    key_ring: KeyRing,
    *,
    account_id: int,
    name: str,
    user_id: int | None,
    actor: Actor,
    now: datetime,
) -> tuple[Device, Made] | Faults:
    """A device that is not installed yet, registered to somebody or to nobody, and the code that installs it."""
    if not 1 <= len(name) <= LONGEST_NAME:
        return Faults({"name": f"Give the device a name of at most {LONGEST_NAME} characters."})
    if user_id is not None and find_membership(session, account_id, user_id) is None:
        return Faults({"user_id": "Choose somebody of this company."})
    device = Device(account_id=account_id, name=name, status=EXPECTED, user_id=user_id, created_at=now)
    session.add(device)
    session.flush()
    record(
        session,
        account_id=account_id,
        actor=actor,
        action="device.create",
        now=now,
        target_kind="device",
        target_public_id=device.public_id,
        target_name=device.name,
        after={"status": device.status},
    )
    return device, make_expected_device_code(session, key_ring, device=device, actor=actor, now=now)


def revoke_devices(session: Session, *, account_id: int, grant_id: int, actor: Actor, now: datetime) -> int:
    """Revokes every device that this grant enrolled. Returns how many were not revoked before."""
    chosen = devices_of(session, account_id, grant_id)
    return devices.revoke_many(session, chosen, account_id=account_id, actor=actor, now=now)


def suspend_devices(session: Session, *, account_id: int, grant_id: int, actor: Actor, now: datetime) -> int:
    """Suspends every device that this grant enrolled. Returns how many were active."""
    chosen = devices_of(session, account_id, grant_id)
    return devices.suspend_many(session, chosen, account_id=account_id, actor=actor, now=now)
