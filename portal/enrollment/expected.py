"""Devices that an admin adds before they are installed. Each gets an installation code by itself (source 004)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.operations import Actor, record
from portal.devices.models import EXPECTED, REVOKED, Device
from portal.devices.operations import LONGEST_NAME
from portal.enrollment import grants
from portal.enrollment.grants import Faults, Made
from portal.enrollment.models import INSTALLATION_CODE, Grant
from portal.enrollment.queries import find_membership
from portal.lib.sealing import KeyRing


@dataclass(frozen=True)
class Expected:
    """The device, and the code that installs it."""

    device: Device
    code: Made


def add_device(
    session: Session,
    key_ring: KeyRing,
    *,
    account_id: int,
    name: str,
    user_id: int | None,
    life: timedelta,
    actor: Actor,
    now: datetime,
) -> Expected | Faults:
    """A device that is expected, with its code. ``user_id``: whom it is registered to."""
    if not 0 < len(name) <= LONGEST_NAME:
        return Faults({"name": f"Name the device, in at most {LONGEST_NAME} characters."})
    if user_id is not None and find_membership(session, account_id, user_id) is None:
        return Faults({"owner": "Choose somebody of this company."})
    device = Device(account_id=account_id, status=EXPECTED, name=name, user_id=user_id, created_at=now)
    session.add(device)
    session.flush()
    record(
        session,
        account_id=account_id,
        actor=actor,
        action="device.add",
        now=now,
        target_kind="device",
        target_public_id=device.public_id,
        target_name=name,
        after={"name": name, "user_id": user_id},
    )
    return Expected(
        device, grants.make_expected_device_code(session, key_ring, device=device, actor=actor, now=now, life=life)
    )


def find_code(session: Session, device: Device, now: datetime) -> Grant | None:
    """The newest code that installs this device and can still be used; none installs a revoked one."""
    if device.status == REVOKED:
        return None
    return session.scalars(
        select(Grant)
        .where(
            Grant.account_id == device.account_id,
            Grant.kind == INSTALLATION_CODE,
            Grant.device_id == device.id,
            *grants.is_active(now),
        )
        .order_by(Grant.id.desc())
        .limit(1)
    ).first()


def renew_code(session: Session, key_ring: KeyRing, *, device: Device, actor: Actor, now: datetime) -> Made:
    """Another code for the device; the one before ends."""
    # Of two who do this at once, one ends the other's code. Not the device: a redemption locks grant, then device.
    grants.lock_account(session, device.account_id)
    old = find_code(session, device, now)
    if old is not None:
        grants.revoke(session, account_id=device.account_id, public_id=old.public_id, actor=actor, now=now)
    return grants.make_expected_device_code(session, key_ring, device=device, actor=actor, now=now)
