"""Known devices and crew links: browsers that an attack on the account does not stop, and how they become known.

A browser's cookie holds a random secret of 128 bits, the row its digest. It is looked up when a code is typed or a crew
link opened, never when a page is only shown.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.gate.models import CrewLink, KnownDevice, Passcode
from portal.lib.secrets import digest

LIFE = timedelta(days=180)  # after its last admission (facts: security, section 2.2)
MOST_USES = 500
LONGEST_LIFE = timedelta(days=90)
SHOWN = 200  # devices on the admin's page; more are counted


def make_device_secret() -> str:
    """128 random bits, 22 characters: a device's cookie, or the end of a crew link."""
    return secrets.token_urlsafe(16)


def cookie_name(account_public_id: str, *, is_https: bool) -> str:
    """One cookie per account, like the gate pass."""
    return f"{'__Host-' if is_https else ''}kd-{account_public_id}"


# Devices


def find_device_id(session: Session, account_id: int, secret_hash: str, now: datetime) -> int | None:
    """The account's known device with this cookie, unless it is expired or revoked."""
    return session.scalar(
        select(KnownDevice.id).where(
            KnownDevice.account_id == account_id, KnownDevice.secret_hash == secret_hash, *_known(now)
        )
    )


def admit(
    session: Session, *, account_id: int, generation: int, device_id: int | None, browser: str, now: datetime
) -> str | None:
    """After a right code: the device that paid for it stays known for another 180 days, any other becomes known.

    Returns the secret for a new cookie, or None: the browser keeps the one it has, or the code was changed meanwhile.
    """
    if device_id is not None:
        session.execute(
            update(KnownDevice).where(KnownDevice.id == device_id).values(last_seen_at=now, expires_at=now + LIFE)
        )
        return None
    current = session.scalar(select(Passcode.generation).where(Passcode.account_id == account_id))
    return make_known(session, account_id=account_id, browser=browser, now=now) if current == generation else None


def make_known(
    session: Session, *, account_id: int, browser: str, now: datetime, crew_link_id: int | None = None
) -> str:
    """A new known device. Returns the secret of its cookie, which is stored nowhere."""
    secret = make_device_secret()
    device = KnownDevice(
        account_id=account_id,
        secret_hash=digest(secret),
        browser=browser[:60],
        crew_link_id=crew_link_id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + LIFE,
    )
    session.add(device)
    session.flush()
    return secret


def list_devices(session: Session, account_id: int, now: datetime) -> list[tuple[KnownDevice, str]]:
    """The account's known devices, the last seen first, each with its crew link's label ('' for a right code)."""
    rows = session.execute(
        select(KnownDevice, func.coalesce(CrewLink.label, ""))
        .outerjoin(CrewLink, (CrewLink.id == KnownDevice.crew_link_id) & (CrewLink.account_id == account_id))
        .where(KnownDevice.account_id == account_id, *_known(now))
        .order_by(KnownDevice.last_seen_at.desc(), KnownDevice.id.desc())
        .limit(SHOWN)
    )
    return [(row[0], row[1]) for row in rows]


def count_devices(session: Session, account_id: int, now: datetime) -> int:
    """How many devices of the account are known."""
    known = select(func.count()).select_from(KnownDevice).where(KnownDevice.account_id == account_id, *_known(now))
    return session.scalar(known) or 0


def get_device(session: Session, account_id: int, public_id: str) -> KnownDevice:
    """A device of the account, revoked or not. Raises NotFound."""
    device = session.scalar(
        select(KnownDevice).where(KnownDevice.account_id == account_id, KnownDevice.public_id == public_id)
    )
    if device is None:
        raise NotFound(f"known device {public_id}")
    return device


# Crew links


@dataclass(frozen=True)
class FoundLink:
    """A crew link as the phone that opened it sees it. ``is_open``: it would make this phone known."""

    account_id: int
    label: str
    is_open: bool


def make_crew_link(
    session: Session,
    *,
    account_id: int,
    label: str,
    most_uses: int,
    life: timedelta,
    created_by_name: str,
    now: datetime,
) -> tuple[CrewLink, str]:
    """A new link and its secret, which is stored nowhere: it is shown once. ``most_uses`` from 1 to MOST_USES."""
    secret = make_device_secret()
    link = CrewLink(
        account_id=account_id,
        secret_hash=digest(secret),
        label=label,
        most_uses=min(max(most_uses, 1), MOST_USES),
        created_by_name=created_by_name[:200],
        created_at=now,
        expires_at=now + min(life, LONGEST_LIFE),
    )
    session.add(link)
    session.flush()
    return link, secret


def find_link(session: Session, secret: str, now: datetime) -> FoundLink | None:
    """The link of this secret, found by it alone: it is globally unique. Consumes nothing."""
    link = session.scalar(select(CrewLink).where(CrewLink.secret_hash == digest(secret)))
    if link is None:
        return None
    is_open = link.use_count < link.most_uses and link.revoked_at is None and link.expires_at > now
    return FoundLink(link.account_id, link.label, is_open)


def use_link(session: Session, secret: str, browser: str, now: datetime) -> str | None:
    """Takes one use, by one conditional statement, and makes the phone known. Returns its cookie's secret, or None."""
    used = session.execute(
        update(CrewLink)
        .where(CrewLink.secret_hash == digest(secret), *_usable(now))
        .values(use_count=CrewLink.use_count + 1)
        .returning(CrewLink.id, CrewLink.account_id)
    ).first()
    if used is None:
        return None
    return make_known(session, account_id=used.account_id, browser=browser, now=now, crew_link_id=used.id)


def list_open_links(session: Session, account_id: int, now: datetime) -> list[CrewLink]:
    """The account's links that still make phones known, the newest first."""
    mine = select(CrewLink).where(CrewLink.account_id == account_id, *_usable(now))
    return list(session.scalars(mine.order_by(CrewLink.id.desc())))


def get_link(session: Session, account_id: int, public_id: str) -> CrewLink:
    """A link of the account, open or not. Raises NotFound."""
    link = session.scalar(select(CrewLink).where(CrewLink.account_id == account_id, CrewLink.public_id == public_id))
    if link is None:
        raise NotFound(f"crew link {public_id}")
    return link


def _known(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return KnownDevice.revoked_at.is_(None), KnownDevice.expires_at > now


def _usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return CrewLink.use_count < CrewLink.most_uses, CrewLink.revoked_at.is_(None), CrewLink.expires_at > now
