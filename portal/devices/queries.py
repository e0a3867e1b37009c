"""Reads of the account's devices."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.accounts.models import User
from portal.database import Alphabetical
from portal.devices.models import ACTIVE, MOBILE, PENDING, REVOKED, SUSPENDED, Device, DeviceSession
from portal.errors import NotFound
from portal.lib.folding import fold

Chosen = TypeVar("Chosen", bound=Select[*tuple[Any, ...]])

STALE_AFTER = timedelta(days=60)
NEW_FOR = timedelta(days=7)  # how long a new network is marked
ENDS_SOON = timedelta(days=7)  # facts: devices, section 4.7
SHOWN = 500  # devices of a list that says nothing else; more are counted
ALL = "all"  # of a filter's status: revoked ones too
CONNECTED = "connected"  # the order of lists that name none


@dataclass(frozen=True)
class DeviceFilter:
    """Which devices. The words of ``text`` stand in name, platform, model or person, in any letter case, with or
    without accents.

    ``status`` "": all but revoked ones; ALL: those too. ``user_id``: those that are this person's.
    """

    text: str = ""
    status: str = ""
    user_id: int | None = None


@dataclass(frozen=True)
class Listed:
    """A device as lists show it. ``person``: who is signed in, else whom it is registered to.

    ``ends_at``: when its session ends by itself, if that is within 7 days. ``is_signed_out``: it may work, and has no
    session to work with, or its key has ended: it must scan a new code.
    """

    device: Device
    person: str
    is_stale: bool
    is_new_network: bool
    ends_at: datetime | None
    is_signed_out: bool


# What lists can be sorted by.
ORDERS: dict[str, ColumnElement[Any] | InstrumentedAttribute[Any]] = {
    CONNECTED: Device.connected_at,
    "name": Alphabetical(Device.name),
    "platform": Alphabetical(Device.platform),
    "person": Alphabetical(User.name),
    "active": Device.last_active_at,
}


def list_devices(
    session: Session,
    account_id: int,
    now: datetime,
    which: DeviceFilter,
    *,
    order: str = CONNECTED,
    is_descending: bool = True,
    limit: int = SHOWN,
    offset: int = 0,
    found: Sequence[int] | None = None,
) -> list[Listed]:
    """The account's devices, by one of ORDERS; rows without a value come last. ``found``: what ``search`` has found
    for this filter in this order."""
    by = _by(order, is_descending)
    # The page first, then what its rows show: of ten thousand devices only these are joined.
    page: Select[int] | Sequence[int]
    found = search(session, account_id, which, order, is_descending=is_descending) if found is None else found
    if found is not None:
        page = found[offset : offset + limit]
    else:
        page = _narrow(select(Device.id), account_id, which, is_joined=order == "person")
        page = page.order_by(*by).limit(limit).offset(offset)
    chosen = _join(select(Device, User.name, DeviceSession)).where(Device.id.in_(page)).order_by(*by)
    return [_list(row[0], row[1], row[2], now) for row in session.execute(chosen)]


def count_devices(session: Session, account_id: int, which: DeviceFilter, found: Sequence[int] | None = None) -> int:
    """How many there are of them. ``found``: what ``search`` has found for this filter."""
    found = search(session, account_id, which) if found is None else found
    if found is not None:
        return len(found)
    return session.scalar(_narrow(select(func.count(Device.id)), account_id, which)) or 0


def search(
    session: Session, account_id: int, which: DeviceFilter, order: str = CONNECTED, *, is_descending: bool = True
) -> list[int] | None:
    """The row ids of the devices that hold all words of the filter's text, in an order; None where it has no text.

    All are looked at, and here: SQLite's own comparison knows the letter case of ASCII alone, no database the accents.
    """
    if not which.text.strip():
        return None
    words, found = fold(which.text).split(), []
    shown = Device.name + " " + Device.platform + " " + Device.model + " " + func.coalesce(User.name, "")
    looked_at = _narrow(select(Device.id, shown), account_id, which, is_joined=True)
    for device_id, text in session.execute(looked_at.order_by(*_by(order, is_descending))) if words else ():
        if all(map(fold(text).__contains__, words)):
            found.append(device_id)
    return found


def _by(order: str, is_descending: bool) -> tuple[ColumnElement[Any], ...]:
    column = ORDERS[order]
    return (column.desc() if is_descending else column.asc()).nulls_last(), Device.id.desc()


def list_ending(session: Session, account_id: int, now: datetime, *, limit: int = SHOWN) -> list[Listed]:
    """The devices whose session ends by itself within 7 days, the first to end first."""
    ending = _choose(account_id, DeviceFilter()).where(_ends_soon(now)).order_by(_end(), Device.id).limit(limit)
    return [_list(row[0], row[1], row[2], now) for row in session.execute(ending)]


def count_ending(session: Session, account_id: int, now: datetime) -> int:
    """How many there are of them."""
    counted = _narrow(select(func.count(Device.id)), account_id, DeviceFilter(), is_joined=True)
    return session.scalar(counted.where(_ends_soon(now))) or 0


def get_device(session: Session, account_id: int, public_id: str) -> Device:
    """A device of the account, revoked or not. Raises NotFound."""
    device = session.scalar(select(Device).where(Device.account_id == account_id, Device.public_id == public_id))
    if device is None:
        raise NotFound(f"device {public_id}")
    return device


def get_device_of(session: Session, account_id: int, user_id: int | None, public_id: str) -> Device:
    """The same of a phone that is this person's, as their list shows it; None: whoever's it is. Raises NotFound."""
    own = _narrow(select(Device), account_id, DeviceFilter(status=ALL, user_id=user_id))
    device = session.scalar(own.where(Device.public_id == public_id))
    if device is None:
        raise NotFound(f"device {public_id}")
    return device


def get_listed(session: Session, account_id: int, public_id: str, now: datetime) -> Listed:
    """A device of the account as lists show it, revoked or not. Raises NotFound."""
    row = session.execute(_choose(account_id, DeviceFilter(status=ALL)).where(Device.public_id == public_id)).first()
    if row is None:
        raise NotFound(f"device {public_id}")
    return _list(row[0], row[1], row[2], now)


def count_signed_in(session: Session, account_id: int, user_id: int) -> int:
    """On how many of the account's devices a person is signed in."""
    theirs = (DeviceSession.account_id == account_id, DeviceSession.user_id == user_id)
    return session.scalar(select(func.count(DeviceSession.id)).where(*theirs, DeviceSession.ended_at.is_(None))) or 0


def list_by_public_ids(session: Session, account_id: int, public_ids: Collection[str]) -> list[Device]:
    """The account's devices of these ids; others are left out."""
    wanted = {one for one in public_ids if "\0" not in one}  # PostgreSQL faults on a NUL in a text
    mine = select(Device).where(Device.account_id == account_id, Device.public_id.in_(wanted))
    return list(session.scalars(mine.order_by(Device.id)))


def _person() -> ColumnElement[int | None]:
    """Who is signed in, else whom the device is registered to."""
    return func.coalesce(DeviceSession.user_id, Device.user_id)


def _owner() -> ColumnElement[int | None]:
    """Whose it is: whom it is registered to, else who is signed in on what is registered to nobody."""
    return func.coalesce(Device.user_id, DeviceSession.user_id)


def _end() -> ColumnElement[datetime | None]:
    """When the open session ends by itself."""
    idle, absolute = DeviceSession.idle_expires_at, DeviceSession.absolute_expires_at
    return case((idle < absolute, idle), else_=absolute)


def _ends_soon(now: datetime) -> ColumnElement[bool]:
    return and_(_end() > now, _end() <= now + ENDS_SOON)


def _choose(account_id: int, which: DeviceFilter) -> Select[Device, str | None, DeviceSession | None]:
    return _narrow(select(Device, User.name, DeviceSession), account_id, which, is_joined=True)


def _join(chosen: Chosen) -> Chosen:
    """With the session that is open on each device, and who is signed in or whom it is registered to."""
    is_open = and_(DeviceSession.device_id == Device.id, DeviceSession.ended_at.is_(None))
    return chosen.select_from(Device).outerjoin(DeviceSession, is_open).outerjoin(User, User.id == _person())


def _narrow(chosen: Chosen, account_id: int, which: DeviceFilter, *, is_joined: bool = False) -> Chosen:
    """The devices that a filter means, but for its text; joined with their people only where somebody asks for them."""
    if is_joined or which.user_id is not None:
        chosen = _join(chosen)
    chosen = chosen.where(Device.account_id == account_id, Device.device_class == MOBILE)
    if which.status != ALL:
        chosen = chosen.where(Device.status == which.status if which.status else Device.status != REVOKED)
    if which.user_id is not None:
        chosen = chosen.where(_owner() == which.user_id)
    return chosen


def _list(device: Device, person: str | None, running: DeviceSession | None, now: datetime) -> Listed:
    seen = device.last_active_at or device.connected_at
    ends = [at for at in (running.idle_expires_at, running.absolute_expires_at) if at] if running else []
    key_ends = [device.pairing_ends_at] if device.pairing_ends_at else []  # of phones that a rotation left behind
    is_over = running is None or any(at <= now for at in (*ends, *key_ends))
    return Listed(
        device=device,
        person=person or "",
        is_stale=seen is not None and now - seen > STALE_AFTER,
        is_new_network=device.new_network_at is not None and now - device.new_network_at <= NEW_FOR,
        ends_at=min(ends) if ends and now < min(ends) <= now + ENDS_SOON else None,
        is_signed_out=is_over and device.status in (ACTIVE, PENDING, SUSPENDED),
    )
