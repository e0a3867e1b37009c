"""The pairing QR code of a company: what it carries, who gets it by mail, how many phones depend on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account, Membership
from portal.accounts.names import name_key, shown
from portal.accounts.queries import list_members
from portal.audit.operations import Actor, record
from portal.devices.models import REVOKED, Device, DeviceSession
from portal.enrollment.grants import reveal
from portal.enrollment.installation_keys import PAIRING_MAIL
from portal.enrollment.models import INSTALLATION_KEY, Grant
from portal.enrollment.payloads import KINDS, api_address, link
from portal.jobs import mails
from portal.jobs.models import Mail
from portal.lib.lines import one_line
from portal.lib.sealing import KeyRing
from portal.stickers.drawing import svg
from portal.stickers.symbols import variable_symbol

# Octets of UTF-8 in an e-mail address: RFC 5321, section 4.5.3.1.3, without the angle brackets. Letters of other
# scripts take several, and three signs of the link each: of much more no symbol can be drawn.
LONGEST_USERNAME = 254
TOO_LONG = "This is longer than a username can be."
PICTURE_NAME = "pairing-qr-code.png"
MOST_SUGGESTED = 1_000  # people offered beside a field; others are typed

Render = Callable[..., tuple[str, str]]


@dataclass(frozen=True)
class PairingQr:
    """A pairing QR code ready to show. ``payload`` is the scanned link; ``username`` "" for everybody's code."""

    payload: str
    svg: str
    api_url: str
    company: str
    username: str
    generation: int


def draw(key_ring: KeyRing, key: Grant, account: Account, *, public_url: str, username: str = "") -> PairingQr:
    """The QR code of the company's key. Nothing in it comes from a request but the username."""
    payload = _link(key_ring, key, account, public_url, username)
    whom = f" for {username}" if username else ""
    return PairingQr(
        payload=payload,
        svg=svg(variable_symbol(payload, "M"), f"Pairing QR code of {account.name}{whom}"),
        api_url=api_address(public_url),
        company=account.name,
        username=username,
        generation=key.generation or 1,
    )


def _link(key_ring: KeyRing, key: Grant, account: Account, public_url: str, username: str) -> str:
    return link(
        public_url,
        kind=KINDS[INSTALLATION_KEY],
        secret=reveal(key_ring, key),
        account_name=account.name,
        account_public_id=account.public_id,
        username=username,
    )


@dataclass(frozen=True)
class Person:
    """Somebody of the company. ``username`` is what they sign in with."""

    username: str
    name: str


def read_username(text: str) -> str | None:
    """A typed username on one line; None when it is longer than any."""
    username = one_line(text)
    return username if len(username.encode()) <= LONGEST_USERNAME else None


def list_people(session: Session, account_id: int) -> list[Person]:
    """Whom a username can be picked from."""
    people = [Person(username_of(one), one.user.name) for one in list_members(session, account_id)]
    return [person for person in people if person.username]


def find_member(session: Session, account_id: int, username: str) -> Membership | None:
    """Who signs in with this username in the company, in any letter case."""
    wanted = name_key(username)
    return next((one for one in list_members(session, account_id) if name_key(username_of(one)) == wanted), None)


def username_of(member: Membership) -> str:
    """The e-mail, or the sign-in name of whoever has none."""
    return shown(member.user.email, member.sign_in_name)


@dataclass(frozen=True)
class Paired:
    """Phones that were let in by the installation key. ``signed_in``: those that somebody is signed in on."""

    total: int
    signed_in: int

    @property
    def waiting(self) -> int:
        """Phones without a person: they cannot move by themselves."""
        return self.total - self.signed_in


def count_paired(session: Session, account_id: int, now: datetime) -> Paired:
    """How many phones a rotation concerns: those that the one before has cut have nothing to lose."""
    has_person = exists().where(
        DeviceSession.device_id == Device.id, DeviceSession.ended_at.is_(None), DeviceSession.user_id.is_not(None)
    )
    row = session.execute(
        select(func.count(), func.count().filter(has_person)).where(
            Device.account_id == account_id,
            Device.pairing_generation.is_not(None),
            Device.status != REVOKED,
            (Device.pairing_ends_at.is_(None)) | (Device.pairing_ends_at > now),
        )
    ).one()
    return Paired(row[0], row[1])


def send(
    session: Session,
    key_ring: KeyRing,
    key: Grant,
    account: Account,
    member: Membership,
    *,
    public_url: str,
    is_prefilled: bool,
    render: Render,
    actor: Actor,
    now: datetime,
) -> Mail | None:
    """Writes the mail with the QR code to one of the company's people, who has an e-mail."""
    username = member.user.email if is_prefilled else ""
    text, html = render(
        "enrollment/pairing_qr",
        account_name=account.name,
        name=member.user.name,
        href=mails.SECRET_MARK,
        public_url=public_url,
        username=username,
        sender=actor.name,
    )
    _record_sending(session, key, member, is_prefilled=is_prefilled, actor=actor, now=now)
    return mails.post(
        session,
        account_id=account.id,
        kind=PAIRING_MAIL,
        recipient=member.user.email,
        subject=f"Connect your phone to {account.name}",
        text_body=text,
        html_body=html,
        now=now,
        sender_name=account.name,
        secret=mails.Secret(key_ring, _link(key_ring, key, account, public_url, username)),
        symbol_name=PICTURE_NAME,
    )


def _record_sending(
    session: Session, key: Grant, member: Membership, *, is_prefilled: bool, actor: Actor, now: datetime
) -> None:
    record(
        session,
        account_id=key.account_id,
        actor=actor,
        action="pairing_qr.send",
        now=now,
        target_kind="member",
        target_public_id=member.public_id,
        target_name=member.user.name,
        after={"generation": key.generation, "prefilled": is_prefilled},
    )
