"""Fills an empty portal with the demo company."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.accounts.models import ADMIN, MEMBER, Account, Membership, User
from portal.audit.operations import Actor
from portal.demo import looking, sister, staff
from portal.demo.album import Album
from portal.demo.recording import Recorder
from portal.enrollment.grants import ensure_installation_key
from portal.gate import operations as gate
from portal.lib.images import PhotoStore
from portal.lib.passcodes import make_passcode
from portal.lib.passwords import hash_password
from portal.lib.sealing import KeyRing
from portal.stickers import operations as stickers
from portal.stickers import tokens
from portal.visits.operations import NewScan, write_scans

SEED = 20_260_101
TIMEZONE = "America/Detroit"
ADMIN_EMAIL = f"admin@{staff.DOMAIN}"
MEMBER_EMAIL = f"dispatch@{staff.DOMAIN}"
# Never I, L, O, U, 0 or 1: it is copied from a terminal by hand. 16 of 30 signs are 78 bits.
READABLE_SIGNS = "abcdefghjkmnpqrstvwxyz23456789"
FOUNDED = timedelta(days=400)  # before the day of filling
ROTATED = timedelta(days=76)
OLD_SHEETS = timedelta(days=45)  # how long stickers of the passphrase before were still met
SCANS_AT_ONCE = 500


@dataclass(frozen=True)
class DemoSignIn:
    """What is printed once: nothing keeps the password in clear."""

    email: str
    password: str
    passcode: str


def fill(session: Session, key_ring: KeyRing, photos: PhotoStore, *, now: datetime) -> DemoSignIn | str:
    """Adds the demo company and its small sister; or a sentence when the database has a company already.

    Adds and flushes; the edge commits. Photos are files, written at once.
    """
    if session.scalar(select(exists().where(Account.id.is_not(None)))):
        return "This database already holds a company; the demo company fills only an empty one."
    random, album = Random(SEED), Album(photos)  # noqa: S311  the same company every time is the point
    passcode, password = make_passcode(), make_password()
    account = _open_company(session, key_ring, album, passcode, now)
    other = _open_sister(session, key_ring, now)
    for company in (account, other):
        ensure_installation_key(session, key_ring, company.id, company.created_at)
    admin = _add_people(session, account, other, password, now)
    actor = Actor(admin.id, admin.name)
    recorder = Recorder(session, account, album=album, random=random, actor=actor, now=now)
    recorder.add_company(account.created_at)
    Recorder(session, other, album=album, random=random, actor=actor, now=now).add_sister(other.created_at)
    targets = recorder.age_stickers(_rotate(session, key_ring, account, now), OLD_SHEETS)
    _add_scans(session, account, targets, random, now)
    return DemoSignIn(ADMIN_EMAIL, password, passcode)


def make_password() -> str:
    """A random password in four groups of four, 78 bits."""
    return "-".join("".join(secrets.choice(READABLE_SIGNS) for _ in range(4)) for _ in range(4))


def _open_company(session: Session, key_ring: KeyRing, album: Album, passcode: str, now: datetime) -> Account:
    account = gate.open_account(
        session, key_ring, name=staff.COMPANY, country="US", timezone=TIMEZONE, passcode=passcode, now=now - FOUNDED
    )
    account.contact_name = "Halvorsen dispatch"
    account.contact_email = MEMBER_EMAIL
    account.contact_phone = "+13135550100"
    account.accent = "#c2570c"
    account.logo_key = album.logo()
    session.flush()
    return account


def _open_sister(session: Session, key_ring: KeyRing, now: datetime) -> Account:
    account = gate.open_account(
        session,
        key_ring,
        name=sister.NAME,
        country=sister.COUNTRY,
        timezone=sister.TIMEZONE,
        passcode=make_passcode(),
        now=now - FOUNDED / 2,
    )
    account.contact_name = "Windsor office"
    account.contact_email, account.contact_phone = sister.EMAIL, sister.PHONE
    session.flush()
    return account


def _add_people(session: Session, account: Account, other: Account, password: str, now: datetime) -> User:
    """The admin of both companies, and a member who may edit records; the member's password is nobody's until set."""
    hashed, since = hash_password(password), now - FOUNDED
    admin = User(email=ADMIN_EMAIL, name="Renata Wiśniewska", password_hash=hashed, created_at=since)
    nobody_knows = hash_password(secrets.token_urlsafe(32))
    member = User(email=MEMBER_EMAIL, name="Rosa Jiménez", password_hash=nobody_knows, created_at=since)
    for user, where, role, permissions in (
        (admin, account, ADMIN, []),
        (admin, other, ADMIN, []),
        (member, account, MEMBER, ["records.edit"]),
    ):
        session.add(
            Membership(account_id=where.id, user=user, role=role, permissions=permissions, created_at=where.created_at)
        )
    session.flush()
    return admin


def _rotate(session: Session, key_ring: KeyRing, account: Account, now: datetime) -> datetime:
    """A sheet of labels was lost once, so there is a retired passphrase; returns when that was."""
    rotated_at = now - ROTATED
    stickers.set_passphrase(session, key_ring, account_id=account.id, text=tokens.make_passphrase(), now=rotated_at)
    return rotated_at


def _add_scans(
    session: Session, account: Account, targets: list[looking.Target], random: Random, now: datetime
) -> None:
    looks = looking.make_looks(random, targets, timezone=account.timezone, now=now)
    scans = [
        NewScan(account.id, look.sticker_id, look.at, look.outcome, look.is_admitted, look.browser, look.browser_hash)
        for look in looks
    ]
    for start in range(0, len(scans), SCANS_AT_ONCE):
        write_scans(session, scans[start : start + SCANS_AT_ONCE])
    session.expire_all()  # last_scanned_at was raised by statements
