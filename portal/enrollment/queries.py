"""Reads of grants, of what became of them, and of the devices that they enrolled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.accounts.models import Membership, User
from portal.database import Alphabetical
from portal.devices.models import REVOKED, Device
from portal.enrollment.models import INSTALLATION_KEY, Grant, Redemption
from portal.errors import NotFound

MOST_SHOWN = 1_000
DEFAULT_ORDER = "created"
# Whom or what a grant is for has left: it lets nobody in, whatever its row says.
PERSON_GONE = "person_gone"
DEVICE_GONE = "device_gone"


@dataclass(frozen=True)
class Listed:
    """A grant of a list, with the person and the device that it is about; None where there is none."""

    grant: Grant
    user: User | None
    membership_id: int | None
    sign_in_name: str | None
    device: Device | None

    @property
    def gone(self) -> str:
        """As ``what_is_gone``."""
        return _gone(self.grant, self.membership_id is not None, self.device)


@dataclass(frozen=True)
class Try:
    """One try to use a grant, with the device and the person that it ended in; None where it was refused."""

    redemption: Redemption
    device: Device | None
    user: User | None
    sign_in_name: str | None


# What lists can be sorted by: their columns.
ORDERS: dict[str, ColumnElement[Any] | InstrumentedAttribute[Any]] = {
    "created": Grant.id,
    "description": Alphabetical(Grant.description),
    "code": Grant.hint,  # as far as it is not sealed
    "expires": Grant.expires_at,
    "used": Grant.use_count,
    "last_used": Grant.last_used_at,
    "prefix": func.nullif(func.lower(Grant.username_prefix), ""),
    "account": Alphabetical(User.name),
    "device": Alphabetical(Device.name),
}


def current_key(session: Session, account_id: int) -> Grant | None:
    """The newest installation key of the account."""
    keys = select(Grant).where(Grant.account_id == account_id, Grant.kind == INSTALLATION_KEY)
    return session.scalars(keys.order_by(Grant.generation.desc()).limit(1)).first()


def get_grant(session: Session, account_id: int, public_id: str, *, kinds: Sequence[str], lock: bool = False) -> Grant:
    """The account's grant of one of these kinds. Raises NotFound. ``lock``: as it stands now, held until the commit."""
    if "\0" in public_id:  # PostgreSQL faults on a NUL in a text, and no id has one
        raise NotFound("grant")
    wanted = select(Grant).where(Grant.account_id == account_id, Grant.public_id == public_id, Grant.kind.in_(kinds))
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    grant = session.scalars(wanted).first()
    if grant is None:
        raise NotFound(f"grant {public_id}")
    return grant


def find_membership(session: Session, account_id: int, user_id: int, *, lock: bool = False) -> Membership | None:
    """The person's place in the account."""
    wanted = select(Membership).where(Membership.account_id == account_id, Membership.user_id == user_id)
    return session.scalars(wanted.with_for_update(key_share=True) if lock else wanted).first()


def what_is_gone(session: Session, grant: Grant) -> str:
    """PERSON_GONE or DEVICE_GONE when whom or what the grant is for has left: it lets nobody in any more. Else ""."""
    is_member = grant.user_id is None or find_membership(session, grant.account_id, grant.user_id) is not None
    return _gone(grant, is_member, session.get(Device, grant.device_id) if grant.device_id is not None else None)


def _gone(grant: Grant, is_member: bool, device: Device | None) -> str:
    if grant.user_id is not None and not is_member:
        return PERSON_GONE
    return DEVICE_GONE if device is not None and device.status == REVOKED else ""


def is_person_gone() -> ColumnElement[bool]:
    """The same as a condition of the database."""
    here = exists().where(Membership.account_id == Grant.account_id, Membership.user_id == Grant.user_id)
    return and_(Grant.user_id.is_not(None), not_(here.correlate(Grant)))


def is_device_gone() -> ColumnElement[bool]:
    """The same as a condition of the database."""
    return exists().where(Device.id == Grant.device_id, Device.status == REVOKED).correlate(Grant)


def list_grants(
    session: Session,
    account_id: int,
    *,
    kinds: Sequence[str],
    search: str = "",
    order: str = DEFAULT_ORDER,
    is_descending: bool = True,
    with_revoked: bool = False,
    where: Sequence[ColumnElement[bool]] = (),
    found_ids: Collection[int] = (),
) -> list[Listed]:
    """The account's grants of these kinds, at most MOST_SHOWN. ``search`` looks in all that the list shows but moments.

    ``found_ids``: grants that the search finds by what ``list_searchable`` tells. ``where``: further conditions.

    An ``order`` that is none of ORDERS is the default. Rows without a value come last.
    """
    column = ORDERS.get(order, ORDERS[DEFAULT_ORDER])
    rows = (
        select(Grant, User, Membership.id, Membership.sign_in_name, Device)
        .outerjoin(User, User.id == Grant.user_id)
        .outerjoin(Membership, (Membership.user_id == User.id) & (Membership.account_id == Grant.account_id))
        .outerjoin(Device, (Device.id == Grant.device_id) & (Device.account_id == Grant.account_id))
        .where(Grant.account_id == account_id, Grant.kind.in_(kinds), *where)
        .order_by((column.desc() if is_descending else column.asc()).nulls_last(), Grant.id.desc())
        .limit(MOST_SHOWN)
    )
    if not with_revoked:
        rows = rows.where(Grant.revoked_at.is_(None))
    if search.strip("\0 "):
        rows = rows.where(or_(_holds(search.replace("\0", "").strip()), Grant.id.in_(found_ids)))
    return [Listed(*row) for row in session.execute(rows)]


def list_searchable(session: Session, account_id: int, kinds: Sequence[str]) -> list[Row[Any]]:
    """What all grants of these kinds are found by where the database cannot look for it, the newest first."""
    rows = (
        select(
            *(Grant.id, Grant.public_id, Grant.sealed_secret, Grant.description, Grant.username_prefix, Grant.tags),
            *(User.name.label("user_name"), User.email, Membership.id.label("membership_id"), Membership.sign_in_name),
            *(Device.name.label("device_name"), Device.public_id.label("device_public_id")),
        )
        .outerjoin(User, User.id == Grant.user_id)
        .outerjoin(Membership, (Membership.user_id == User.id) & (Membership.account_id == Grant.account_id))
        .outerjoin(Device, (Device.id == Grant.device_id) & (Device.account_id == Grant.account_id))
        .where(Grant.account_id == account_id, Grant.kind.in_(kinds))
        .order_by(Grant.id.desc())
    )
    return list(session.execute(rows))


def _holds(text: str) -> ColumnElement[bool]:
    columns = (Grant.description, Grant.hint, Grant.username_prefix, User.name, Membership.sign_in_name, Device.name)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def list_redemptions(session: Session, account_id: int, grant_id: int, *, limit: int = 200) -> list[Try]:
    """The tries to use a grant, the newest first."""
    rows = (
        select(Redemption, Device, User, Membership.sign_in_name)
        .outerjoin(Device, Device.id == Redemption.device_id)
        .outerjoin(User, User.id == Redemption.user_id)
        .outerjoin(Membership, (Membership.user_id == User.id) & (Membership.account_id == account_id))
        .where(Redemption.account_id == account_id, Redemption.grant_id == grant_id)
        .order_by(Redemption.id.desc())
        .limit(limit)
    )
    return [Try(*row) for row in session.execute(rows)]


def devices_of(session: Session, account_id: int, grant_id: int) -> list[Device]:
    """The devices that this grant enrolled last, the newest first, revoked ones included."""
    mine = select(Device).where(Device.account_id == account_id, Device.grant_id == grant_id)
    return list(session.scalars(mine.order_by(Device.connected_at.desc(), Device.id.desc())))
