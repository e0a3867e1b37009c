"""What is done to devices, each audited, and the note that one was seen."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor, Happening, record_many
from portal.devices.models import ACTIVE, BY_ADMIN, EXPECTED, PENDING, REVOKED, SUSPENDED, Device, DeviceSession
from portal.devices.phones import Phone
from portal.devices.sessions import IDLE_LIFE, end_sessions
from portal.lib.sealing import KeyRing

SEEN_STEP = timedelta(minutes=5)  # how often "last active" is written
MOST_NETWORKS = 20  # that a device is remembered in
LONGEST_NAME = 80
# Allocations of providers rather than of homes, so that a phone on the road is not new in every cell.
_IPV4_PREFIX, _IPV6_PREFIX = 16, 32


def rename(session: Session, device: Device, *, name: str, actor: Actor, now: datetime) -> bool:
    """Gives a device another name, cut to 80 characters; False when it is none or the one it has."""
    before, name = device.name, " ".join(name.split())[:LONGEST_NAME]
    if name in ("", before):
        return False
    device.name = name
    device.version += 1
    session.flush()
    happening = Happening("device", device.public_id, name, {"name": before}, {"name": name})
    record_many(session, [happening], account_id=device.account_id, actor=actor, action="device.rename", now=now)
    return True


def suspend(session: Session, device: Device, *, actor: Actor, now: datetime) -> bool:
    """Refuses an active device until it is resumed; its session waits. False when it was not active."""
    return suspend_many(session, [device], account_id=device.account_id, actor=actor, now=now) > 0


def suspend_many(session: Session, devices: Sequence[Device], *, account_id: int, actor: Actor, now: datetime) -> int:
    """Suspends those of the account's devices that are active. Returns how many."""
    return _move(session, devices, _SUSPENSION, account_id=account_id, actor=actor, now=now)


def resume(session: Session, device: Device, *, actor: Actor, now: datetime) -> bool:
    """Lets a suspended device go on; False when it was not suspended."""
    return _move(session, [device], _RESUMPTION, account_id=device.account_id, actor=actor, now=now) > 0


def approve(session: Session, device: Device, *, actor: Actor, now: datetime) -> bool:
    """Lets a device in that waits for it; False when it does not."""
    return _move(session, [device], _APPROVAL, account_id=device.account_id, actor=actor, now=now) > 0


def revoke(session: Session, device: Device, *, actor: Actor, now: datetime) -> bool:
    """Ends a device for good, from its next request on; False when it was revoked already, and nothing is done."""
    return revoke_many(session, [device], account_id=device.account_id, actor=actor, now=now) > 0


def revoke_many(session: Session, devices: Sequence[Device], *, account_id: int, actor: Actor, now: datetime) -> int:
    """Revokes those of the account's devices that are not revoked yet. Returns how many."""
    return _move(session, devices, _REVOCATION, account_id=account_id, actor=actor, now=now)


@dataclass(frozen=True)
class _Step:
    """A change of status: from which, to which, and its name in the audit."""

    before: tuple[str, ...]
    after: str
    action: str


_SUSPENSION = _Step((ACTIVE,), SUSPENDED, "device.suspend")
_RESUMPTION = _Step((SUSPENDED,), ACTIVE, "device.resume")
_APPROVAL = _Step((PENDING,), ACTIVE, "device.approve")
_REVOCATION = _Step((ACTIVE, SUSPENDED, PENDING, EXPECTED), REVOKED, "device.revoke")


def _move(
    session: Session, devices: Sequence[Device], step: _Step, *, account_id: int, actor: Actor, now: datetime
) -> int:
    """The rows are locked and read again first: of two who do the same, one has done it."""
    held = session.scalars(
        select(Device)
        .where(
            Device.account_id == account_id,
            Device.id.in_([device.id for device in devices]),
            Device.status.in_(step.before),
        )
        .order_by(Device.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    happenings = []
    for device in held:
        before, device.status = device.status, step.after
        device.version += 1
        if step.after == REVOKED:
            device.revoked_at = now
            end_sessions(session, device.id, BY_ADMIN, now)
        change = {"status": before}, {"status": step.after}
        happenings.append(Happening("device", device.public_id, device.name, *change))
    session.flush()
    record_many(session, happenings, account_id=account_id, actor=actor, action=step.action, now=now)
    return len(held)


def is_seen_due(key_ring: KeyRing, phone: Phone, ip: str, now: datetime) -> bool:
    """Whether it is time to note a device again, from what its request read of it. A new network does not wait."""
    if phone.last_active_at is None or now - phone.last_active_at >= SEEN_STEP:
        return True
    return bool(_new_networks(key_ring, phone.device_public_id, phone.networks, ip, now))


def note_seen(session: Session, key_ring: KeyRing, *, device_id: int, session_id: int, ip: str, now: datetime) -> None:
    """Notes that a device called: when, from where if the company keeps addresses, and whether the network is new."""
    found = session.execute(
        select(Device.public_id, Device.networks, Account.device_address_days)
        .join(Account, Account.id == Device.account_id)
        .where(Device.id == device_id)
    ).one()
    values: dict[str, object] = {"last_active_at": now}
    if found.device_address_days:
        values |= {"last_ip": ip, "last_ip_at": now}
    values |= _new_networks(key_ring, found.public_id, found.networks, ip, now)
    session.execute(update(Device).where(Device.id == device_id).values(**values))
    session.execute(
        update(DeviceSession)
        .where(DeviceSession.id == session_id, DeviceSession.idle_expires_at.is_not(None))
        .values(last_used_at=now, idle_expires_at=now + IDLE_LIFE)
    )


def note_network(key_ring: KeyRing, device: Device, *, ip: str, now: datetime) -> None:
    """Notes where a device was enrolled: from there on other networks are new. The caller flushes."""
    for name, value in _new_networks(key_ring, device.public_id, device.networks, ip, now).items():
        setattr(device, name, value)


_NETWORK = "device-network"


def _new_networks(
    key_ring: KeyRing, device_public_id: str, networks: Sequence[str], ip: str, now: datetime
) -> dict[str, object]:
    """The columns that change when a device is seen at this address: none in a network that it is known in."""
    network = _network(device_public_id, ip)
    if not network or any(key_ring.is_signed(_NETWORK, network, known) for known in networks):
        return {}
    changes: dict[str, object] = {"networks": [*networks, key_ring.sign(_NETWORK, network)][-MOST_NETWORKS:]}
    return changes | {"new_network_at": now} if networks else changes


def _network(device_public_id: str, ip: str) -> str:
    """What is digested of a network: the device's own words for it, so that two devices' digests do not compare."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    prefix = _IPV4_PREFIX if address.version == 4 else _IPV6_PREFIX
    return f"{device_public_id}/{ipaddress.ip_network((address, prefix), strict=False)}"
