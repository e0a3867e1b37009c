"""Redeeming: from a scanned or typed secret to a device with a session. The only writer of both at enrolment.

A claim is one conditional statement, so of many who race exactly the allowed number win. What is refused leaves no
trace but a row that says why; outsiders are told the same for everything that is wrong with a code. Lock order:
account (shared), grant, device, session.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account, Membership, User
from portal.accounts.permissions import MOBILE_APP, granted
from portal.devices.models import REVOKED, SUSPENDED, Device, DeviceSession
from portal.devices.operations import note_network
from portal.devices.sessions import DeviceFacts, open_session
from portal.enrollment import budgets, grants, newcomers, placing, replacements, replays
from portal.enrollment.grants import TYPED_PURPOSE
from portal.enrollment.models import (
    CREATE_ACCOUNT_AND_DEVICE,
    ONBOARDING,
    SIGN_IN_USER,
    USE_EXISTING_DEVICE,
    Grant,
    Redemption,
)
from portal.enrollment.newcomers import Newcomer
from portal.enrollment.queries import DEVICE_GONE, PERSON_GONE, find_membership
from portal.lib import typed_codes
from portal.lib.sealing import KeyRing
from portal.lib.secrets import digest

REDEEMED = "redeemed"
REFUSED = "refused"

# Why a redemption was refused, besides the states of a grant that is not active, and what is gone.
UNKNOWN = "unknown"  # no such secret, or not of a kind that is redeemed here
WRONG_NETWORK = "wrong_network"
NOT_PERMITTED = "not_permitted"  # who made their own code may no longer connect phones
DEVICE_SUSPENDED = "device_suspended"
NEWCOMER_NEEDED = "newcomer_needed"
EMAIL_TAKEN = "email_taken"
# The code was right, and somebody can do something about the rest: the only reasons that the phone may be told.
_CORRECTABLE = (NEWCOMER_NEEDED, EMAIL_TAKEN, DEVICE_SUSPENDED)


@dataclass(frozen=True)
class Refusal:
    """Nobody was let in. ``is_correctable``: the code was right, and may do later or with other particulars."""

    reason: str

    @property
    def is_correctable(self) -> bool:
        """Whether the phone may be told the reason; all others look alike."""
        return self.reason in _CORRECTABLE


@dataclass(frozen=True)
class Seen:
    """What a code would do, for whoever holds it. ``needs``: the fields of a newcomer that redeeming asks for;
    ``person``: whom it signs in, "" where nobody."""

    kind: str
    action: str
    account_name: str
    account_public_id: str
    uses_left: int | None
    expires_at: datetime | None
    needs: tuple[str, ...]
    sign_in_prefix: str
    device_name: str
    person: str
    requires_approval: bool


@dataclass(frozen=True)
class Redeemed:
    """A device that is in. ``sign_in_name``: of a newcomer without e-mail, else ''."""

    device: Device
    device_session: DeviceSession
    refresh_secret: str
    grant: Grant
    sign_in_name: str


def inspect(session: Session, key_ring: KeyRing, text: str, now: datetime, ip: str = "") -> Seen | None:
    """What this secret would do for this address, or None where it lets nobody in. Consumes and writes nothing."""
    grant = find_grant(session, key_ring, text)
    if grant is None or not _is_inside(ip, grant.allowed_networks):
        return None
    if grants.standing(session, grant, now) != grants.ACTIVE:
        return None
    account = session.get_one(Account, grant.account_id)
    device = session.get(Device, grant.device_id) if grant.device_id else None
    person = session.get(User, grant.user_id) if grant.action == SIGN_IN_USER else None
    return Seen(
        kind=grant.kind,
        action=grant.action,
        account_name=account.name,
        account_public_id=account.public_id,
        uses_left=None if grant.max_uses is None else grant.max_uses - grant.use_count,
        expires_at=grant.expires_at or grant.superseded_at,  # a key has no end but that of its overlap
        needs=newcomers.needs(grant),
        sign_in_prefix=grant.username_prefix,
        device_name=device.name if device else "",
        person=person.name if person else "",
        requires_approval=grant.requires_approval,
    )


def redeem(
    session: Session,
    key_ring: KeyRing,
    *,
    text: str,
    kinds: Collection[str],
    facts: DeviceFacts,
    newcomer: Newcomer | None = None,
    now: datetime,
) -> Redeemed | Refusal:
    """Spends one use of the grant of this secret, if it is of one of ``kinds``, and lets the device in.

    A refusal of a known grant is written down; commit either way.
    """
    grant = find_grant(session, key_ring, text)
    if grant is None or grant.kind not in kinds:
        return Refusal(UNKNOWN)
    # Shared: people and keys of the account hold still meanwhile, and redemptions do not wait for each other.
    account = session.scalars(
        select(Account).where(Account.id == grant.account_id).with_for_update(read=True, key_share=True)
    ).one()
    knock = _Try(account, facts, newcomer, now)
    try:
        with session.begin_nested():
            done = _let_in(session, grant.id, knock)
    except _Stopped as stopped:
        _note(session, grant.id, knock, outcome=REFUSED, reason=stopped.reason)
        if stopped.reason == grants.EXHAUSTED:
            replays.note(session, grant, facts, now)
        return Refusal(stopped.reason)
    note_network(key_ring, done.device, ip=facts.ip, now=now)
    session.flush()
    return done


@dataclass(frozen=True)
class _Try:
    """Who knocks at which company, and when."""

    account: Account
    facts: DeviceFacts
    newcomer: Newcomer | None
    now: datetime


class _Stopped(Exception):
    """Ends a redemption midway: all that it wrote is taken back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def find_grant(session: Session, key_ring: KeyRing, text: str) -> Grant | None:
    """The grant of a scanned secret or a typed code, in whatever state."""
    if not budgets.is_typed(text):
        return session.scalars(select(Grant).where(Grant.lookup_hash == digest(text.strip()))).first()
    code = typed_codes.normalise(text)
    if len(code) not in (grants.TYPED_FALLBACK_LENGTH, grants.INSTALLATION_CODE_LENGTH):
        return None
    digests = key_ring.signatures(TYPED_PURPOSE, code)
    return session.scalars(select(Grant).where(Grant.typed_hash.in_(digests))).first()


def _let_in(session: Session, grant_id: int, knock: _Try) -> Redeemed:
    """Claims, then makes person, device and session. Raises _Stopped."""
    grant = _claim(session, grant_id, knock)
    user_id, sign_in_name = grant.user_id, ""
    if grant.action == CREATE_ACCOUNT_AND_DEVICE:
        member = _join(session, grant, knock)
        user_id, sign_in_name = member.user_id, member.sign_in_name or ""
    elif user_id is not None:
        _check_person(session, grant, user_id)
    device = _place(session, grant, knock, user_id)
    signed_in_id = user_id if grant.action == SIGN_IN_USER else None
    opened = open_session(session, device=device, user_id=signed_in_id, now=knock.now, client_id=knock.facts.client_id)
    grant.last_used_device_id = device.id
    user = session.get(User, user_id) if user_id else None
    placing.record_enrolment(session, grant, device, user, knock.now)
    _note(session, grant.id, knock, outcome=REDEEMED, device_id=device.id, user_id=user_id)
    return Redeemed(device, opened.device_session, opened.refresh_secret, grant, sign_in_name)


def _join(session: Session, grant: Grant, knock: _Try) -> Membership:
    """The newcomer's place in the company."""
    if knock.newcomer is None or not knock.newcomer.is_whole(grant):
        raise _Stopped(NEWCOMER_NEEDED)
    member = newcomers.join(session, knock.account, grant, knock.newcomer, knock.now)
    if member is None:
        raise _Stopped(EMAIL_TAKEN)
    return member


def _check_person(session: Session, grant: Grant, user_id: int) -> None:
    """What was true when the code was made must be true still: rights may have been taken away meanwhile."""
    member = find_membership(session, grant.account_id, user_id)
    if member is None:
        raise _Stopped(PERSON_GONE)
    if grant.kind == ONBOARDING and MOBILE_APP.name not in granted(member.role, member.permissions):
        raise _Stopped(NOT_PERMITTED)


def _claim(session: Session, grant_id: int, knock: _Try) -> Grant:
    """One use of the grant, in one conditional statement; the grant as it stands with it."""
    claimed = session.execute(
        update(Grant)
        .where(Grant.id == grant_id, *grants.is_active(knock.now))
        .values(
            use_count=Grant.use_count + 1,
            # Whoever waited for others brings the earlier moment: the last time used is the latest of all.
            last_used_at=case((Grant.last_used_at > knock.now, Grant.last_used_at), else_=knock.now),
        )
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    ).first()
    grant = session.get_one(Grant, grant_id, populate_existing=True)
    if claimed is None:
        raise _Stopped(grants.state(grant, knock.now))
    if not _is_inside(knock.facts.ip, grant.allowed_networks):
        raise _Stopped(WRONG_NETWORK)
    return grant


def _place(session: Session, grant: Grant, knock: _Try, user_id: int | None) -> Device:
    """The device of this redemption: the one that the grant names, the one that came back, or a new one."""
    if grant.action == USE_EXISTING_DEVICE:
        device = placing.find_named(session, grant.account_id, grant.device_id)
        if device is None or device.status == REVOKED:
            raise _Stopped(DEVICE_GONE)
    else:
        device = placing.find_returned(session, grant.account_id, knock.facts.installation_uid)
    if device is not None and device.status == SUSPENDED:
        raise _Stopped(DEVICE_SUSPENDED)
    if device is not None and grant.action == USE_EXISTING_DEVICE and device.connected_at is not None:
        replacements.note(session, device, knock.facts, knock.now)
    return placing.place(session, knock.account, grant, knock.facts, device=device, user_id=user_id, now=knock.now)


def _is_inside(ip: str, networks: list[str]) -> bool:
    """Whether an address is in one of these networks; from anywhere if there are none."""
    if not networks:
        return True
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(network) for network in networks)


def _note(session: Session, grant_id: int, knock: _Try, **values: Any) -> None:
    """A row about one try. The address is kept only where the company keeps any."""
    session.add(
        Redemption(
            account_id=knock.account.id,
            grant_id=grant_id,
            ip=knock.facts.ip[:45] if knock.account.device_address_days else "",
            browser=knock.facts.browser[:60],
            at=knock.now,
            **values,
        )
    )
    session.flush()
