"""Devices at their enrolment: found again, taken over or made, with what their grant gives them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account, User
from portal.audit.operations import Actor, record
from portal.devices.models import ACTIVE, EXPECTED, PENDING, REPLACED, REVOKED, SUSPENDED, Device
from portal.devices.sessions import DeviceFacts, end_sessions
from portal.enrollment.code_drafts import NAME_KEY
from portal.enrollment.models import INSTALLATION_KEY, USE_EXISTING_DEVICE, Grant
from portal.enrollment.queries import current_key
from portal.lib.lines import one_line

UNNAMED = "Phone"
_UID_LENGTH = 64
COUNT_MARK = "{n}"  # in the name that a grant gives: the number of the use


def find_named(session: Session, account_id: int, device_id: int | None) -> Device | None:
    """The device that a grant was made for, held until the commit."""
    return session.scalars(
        select(Device)
        .where(Device.account_id == account_id, Device.id == device_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()


def find_returned(session: Session, account_id: int, installation_uid: str) -> Device | None:
    """The device that this installation of the app had before, unless it was revoked; held until the commit."""
    installation_uid = _line(installation_uid, _UID_LENGTH)
    if not installation_uid:
        return None
    return session.scalars(
        select(Device)
        .where(
            Device.account_id == account_id,
            Device.installation_uid == installation_uid,
            Device.status.not_in((REVOKED, EXPECTED)),
        )
        .order_by(Device.id.desc())
        .limit(1)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()


def place(
    session: Session,
    account: Account,
    grant: Grant,
    facts: DeviceFacts,
    *,
    device: Device | None,
    user_id: int | None,
    now: datetime,
) -> Device:
    """The device as it is after this redemption: its facts are new, its name, owner and tags stay if it had any."""
    if device is None:
        device = Device(
            account_id=account.id, name=_name(grant, facts), tags=[], defaults={}, networks=[], created_at=now
        )
        device.status = PENDING if grant.requires_approval else ACTIVE
        session.add(device)
    elif device.status == EXPECTED or (grant.requires_approval and grant.action == USE_EXISTING_DEVICE):
        # What was approved is another phone: the one that takes its place waits again.
        device.status = PENDING if grant.requires_approval else ACTIVE
    if grant.action == USE_EXISTING_DEVICE:
        _leave_former(session, device, facts.installation_uid, now)
    _note_facts(device, facts)
    if grant.action != USE_EXISTING_DEVICE:
        device.user_id = user_id or device.user_id
    device.tags = list(dict.fromkeys([*device.tags, *grant.tags]))
    device.defaults = device.defaults | grant.defaults
    device.grant_id = grant.id
    device.connected_at = device.last_active_at = now
    if account.device_address_days:
        device.last_ip, device.last_ip_at = facts.ip[:45], now
    _note_generation(session, device, grant, now)
    session.flush()
    return device


def _leave_former(session: Session, device: Device, installation_uid: str, now: datetime) -> None:
    """An installation that was another device until now is so no more: it would be listed twice."""
    former = find_returned(session, device.account_id, installation_uid)
    if former is not None and former.id != device.id and former.status != SUSPENDED:
        end_sessions(session, former.id, REPLACED, now)
        former.installation_uid = ""


def _note_facts(device: Device, facts: DeviceFacts) -> None:
    """What the device says about itself; what it does not say stays."""
    device.platform = _line(facts.platform, 40) or device.platform or ""
    device.model = _line(facts.model, 80) or device.model or ""
    device.app_version = _line(facts.app_version, 40) or device.app_version or ""
    device.installation_uid = _line(facts.installation_uid, _UID_LENGTH) or device.installation_uid or ""


def _line(text: str, length: int) -> str:
    """One line that fits its column, without what cannot be printed: PostgreSQL takes no NUL."""
    return one_line(text[: 2 * length])[:length]


def _note_generation(session: Session, device: Device, grant: Grant, now: datetime) -> None:
    """The generation of the key that it was paired with, and its end if that key is being replaced."""
    device.pairing_generation = device.pairing_next = device.pairing_ends_at = None
    if grant.kind != INSTALLATION_KEY:
        return
    device.pairing_generation = grant.generation
    if grant.superseded_at is not None:
        current = current_key(session, grant.account_id)
        device.pairing_next = current.generation if current else None
        device.pairing_ends_at = grant.superseded_at


def _name(grant: Grant, facts: DeviceFacts) -> str:
    """What the grant calls its devices, else what the device calls itself."""
    given = str(grant.defaults.get(NAME_KEY, "")).replace(COUNT_MARK, str(grant.use_count))
    wanted = (given, facts.name, facts.model, facts.browser, UNNAMED)
    return next(name for name in (_line(one, 80) for one in wanted) if name)


def record_enrolment(session: Session, grant: Grant, device: Device, user: User | None, now: datetime) -> None:
    """The audit event: who, where anybody is known, by which grant."""
    record(
        session,
        account_id=device.account_id,
        actor=Actor(user.id, user.name) if user else Actor(None, device.name),
        action="device.enrol",
        now=now,
        target_kind="device",
        target_public_id=device.public_id,
        target_name=device.name,
        after={"by": grant.kind, "grant": grant.description or grant.hint, "status": device.status},
    )
