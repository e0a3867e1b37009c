"""Whom and what a code can be for: the people of the account, and its devices that are not revoked."""

from collections import Counter

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts import names
from portal.accounts.models import Membership, User
from portal.accounts.queries import list_members
from portal.database import Alphabetical
from portal.devices.models import Device
from portal.lib.emails import email_key
from portal.records.kinds import CONTACT
from portal.records.models import Record

MOST_CHOICES = 1_000
MOST_CONTACTS = 500  # without scripts a page offers these; with them it searches all


def person(name: str, email: str, sign_in_name: str | None) -> str:
    """A person in a list: the name, and what tells two of one name apart."""
    known_as = names.shown(email, sign_in_name)
    return f"{name} ({known_as})" if known_as and known_as != name else name


def listed_person(name: str, email: str, sign_in_name: str | None, is_member: bool) -> str:
    """Whom a code is for; somebody who has left is known by name only."""
    return person(name, email, sign_in_name) if is_member else f"{name} (has left)"


def list_people(session: Session, account_id: int) -> list[tuple[str, str]]:
    """(public id, words) of everybody in the account, admins first."""
    return [
        (one.user.public_id, person(one.user.name, one.user.email, one.sign_in_name))
        for one in list_members(session, account_id)
    ]


def list_devices(session: Session, account_id: int, chosen: str) -> list[tuple[str, str]]:
    """(public id, words) of devices that can be installed, by name; those of the same words with their ids. The
    ``chosen`` one whatever else there is."""
    rows = session.execute(
        select(Device.public_id, Device.name, Device.status, Device.platform)
        .where(Device.account_id == account_id, Device.revoked_at.is_(None))
        .order_by(Device.public_id != chosen, Alphabetical(Device.name), Device.id)
        .limit(MOST_CHOICES)
    )
    named = [(row.public_id, f"{row.name} ({row.platform})" if row.platform else row.name) for row in rows]
    times = Counter(words for _, words in named)
    return [(public_id, words if times[words] == 1 else f"{words}, {public_id}") for public_id, words in named]


def list_contacts(session: Session, account_id: int, chosen: str) -> list[tuple[str, str]]:
    """(public id, words) of contacts that a message reaches, by name; the ``chosen`` one whatever else there is."""
    rows = session.execute(
        select(Record.public_id, Record.name, Record.email, Record.mobile, Record.phone)
        .where(
            Record.account_id == account_id,
            Record.kind == CONTACT,
            Record.archived_at.is_(None),
            or_(Record.email != "", Record.mobile != "", Record.phone != ""),
        )
        .order_by(Record.public_id != chosen, Record.name_key, Record.id)
        .limit(MOST_CONTACTS)
    )
    return [(row.public_id, person(row.name, row.email or row.mobile or row.phone, None)) for row in rows]


def find_user_id(session: Session, account_id: int, text: str) -> int | None:
    """The row id of the person of this public id, e-mail or sign-in name; None without a text, 0 for nobody here."""
    if not text:
        return None
    found = session.scalar(
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.account_id == account_id,
            or_(
                User.public_id == text,
                User.email == email_key(text),
                Membership.sign_in_name == names.name_key(text),
            ),
        )
        .limit(1)
    )
    return found or 0


def find_device_id(session: Session, account_id: int, public_id: str) -> int | None:
    """The row id of the account's device of this public id; None without a text, 0 for none."""
    if not public_id:
        return None
    wanted = select(Device.id).where(Device.account_id == account_id, Device.public_id == public_id)
    return session.scalar(wanted) or 0


def public_id_of_user(session: Session, user_id: int | None) -> str:
    """Of a row id; "" without one. Whoever a list has read already is not read again."""
    found = session.get(User, user_id) if user_id else None
    return found.public_id if found else ""


def public_id_of_device(session: Session, device_id: int | None) -> str:
    """Of a row id; "" without one. What a list has read already is not read again."""
    found = session.get(Device, device_id) if device_id else None
    return found.public_id if found else ""


def name_of_user(session: Session, account_id: int, user_id: int) -> str:
    """A person of the account in words; somebody who has left is known by name only."""
    found = session.execute(
        select(User.name, User.email, Membership.id, Membership.sign_in_name)
        .outerjoin(Membership, (Membership.user_id == User.id) & (Membership.account_id == account_id))
        .where(User.id == user_id)
    ).one()
    return listed_person(found.name, found.email, found.sign_in_name, found.id is not None)


def name_of_device(session: Session, account_id: int, device_id: int) -> str:
    """The name of one of the account's devices."""
    wanted = select(Device.name).where(Device.account_id == account_id, Device.id == device_id)
    return session.scalar(wanted) or ""
