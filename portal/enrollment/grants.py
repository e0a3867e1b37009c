"""Grants: ways in for phones. Made, shown again, edited, revoked; their reads are in ``queries``.

What a grant is at a moment is derived from its row; only ends by hand are stored (facts: devices, section 4.2). The
secrets and their entropy: section 4.3 there. Nobody but ``redemption`` spends one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor, record
from portal.audit.queries import list_for_target
from portal.devices.models import Device
from portal.enrollment import code_drafts
from portal.enrollment.code_drafts import Draft
from portal.enrollment.models import (
    INSTALLATION_CODE,
    INSTALLATION_KEY,
    ONBOARDING,
    PAIR_ONLY,
    PROVISIONING,
    SIGN_IN_USER,
    USE_EXISTING_DEVICE,
    Grant,
)
from portal.enrollment.queries import (
    DEVICE_GONE,
    PERSON_GONE,
    current_key,
    find_membership,
    get_grant,
    is_device_gone,
    is_person_gone,
    what_is_gone,
)
from portal.errors import NotFound
from portal.lib import typed_codes
from portal.lib.sealing import KeyRing
from portal.lib.secrets import digest, make_public_id, make_secret

ONBOARDING_LIFE = timedelta(seconds=300)
TYPED_FALLBACK_LENGTH = 8  # 34.6 bits, for five minutes
INSTALLATION_CODE_LENGTH = 12  # 51.9 bits
PROVISIONING_MARK = "prov_"
PROVISIONING_ID_LENGTH = 8
HINT_LENGTH = 4
TYPED_PURPOSE = "typed-code"  # of the key ring's signatures: the pepper of typed codes
PORTAL = Actor(None, "portal")  # what nobody asked for
NOUNS = {
    INSTALLATION_KEY: "installation_key",
    ONBOARDING: "onboarding_code",
    INSTALLATION_CODE: "installation_code",
    PROVISIONING: "provisioning_token",
}
_EDITABLE = (INSTALLATION_CODE, PROVISIONING)
_MOST_COLLISIONS = 5  # a second one is as likely as a hit in a billion guesses

SCHEDULED = "scheduled"
ACTIVE = "active"
EXHAUSTED = "exhausted"
EXPIRED = "expired"
REVOKED = "revoked"
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Made:
    """A new grant and what opens it: ``secret`` is what the QR carries, ``typed_code`` what is typed, '' if nothing.

    Of an installation code both are the code, of which the typed one is grouped.
    """

    grant: Grant
    secret: str
    typed_code: str


@dataclass(frozen=True)
class Faults:
    """Nothing was changed: one sentence by field."""

    errors: dict[str, str]


@dataclass(frozen=True)
class Change:
    """One field of a grant as somebody else has saved it meanwhile."""

    actor_name: str
    field: str
    value: str


@dataclass(frozen=True)
class Conflict:
    """Nothing was changed: the grant is at ``version`` by now."""

    version: int
    changes: tuple[Change, ...]


def state(grant: Grant, now: datetime, gone: str = "") -> str:
    """What the grant is now. A superseded one may name a moment to come: until then it works beside its successor.

    ``gone``: PERSON_GONE or DEVICE_GONE where whom or what it is for has left, which no later day puts right.
    """
    if grant.revoked_at is not None:
        return REVOKED
    if grant.superseded_at is not None and grant.superseded_at <= now:
        return SUPERSEDED
    if gone:
        return gone
    if grant.max_uses is not None and grant.use_count >= grant.max_uses:
        return EXHAUSTED
    if grant.expires_at is not None and grant.expires_at <= now:
        return EXPIRED
    if grant.not_before is not None and grant.not_before > now:
        return SCHEDULED
    return ACTIVE


def standing(session: Session, grant: Grant, now: datetime) -> str:
    """What the grant is now, with regard to whom and what it is for."""
    return state(grant, now, what_is_gone(session, grant))


def is_active(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The same as a condition of the database: grants whose state is active."""
    return (
        Grant.revoked_at.is_(None),
        or_(Grant.superseded_at.is_(None), Grant.superseded_at > now),
        or_(Grant.max_uses.is_(None), Grant.use_count < Grant.max_uses),
        or_(Grant.expires_at.is_(None), Grant.expires_at > now),
        or_(Grant.not_before.is_(None), Grant.not_before <= now),
    )


def is_in(wanted: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """``standing`` as a condition of the database, for grants that nothing supersedes."""
    is_left, is_kept = Grant.revoked_at.is_(None), not_(or_(is_person_gone(), is_device_gone()))
    is_spent = and_(Grant.max_uses.is_not(None), Grant.use_count >= Grant.max_uses)
    is_over = and_(Grant.expires_at.is_not(None), Grant.expires_at <= now)
    return {
        REVOKED: (Grant.revoked_at.is_not(None),),
        PERSON_GONE: (is_left, is_person_gone()),
        DEVICE_GONE: (is_left, is_device_gone()),
        EXHAUSTED: (is_left, is_kept, is_spent),
        EXPIRED: (is_left, is_kept, not_(is_spent), is_over),
        SCHEDULED: (is_left, is_kept, not_(is_spent), not_(is_over), Grant.not_before > now),
        ACTIVE: (is_kept, *is_active(now)),
    }[wanted]


def reveal(key_ring: KeyRing, grant: Grant | Row[Any]) -> str:
    """The secret of a grant that can be shown again: the key, or the code without groups. '' where none is kept."""
    return key_ring.decrypt(grant.sealed_secret, _context(grant.public_id)) if grant.sealed_secret else ""


def make_onboarding(
    session: Session, key_ring: KeyRing, *, account_id: int, user_id: int, actor: Actor, now: datetime
) -> Made:
    """A one-time way in for a phone of this person, 300 seconds long; their unspent one ends. Raises NotFound."""
    # Their membership is locked: of two that are made at once, one waits and then ends the other.
    if find_membership(session, account_id, user_id, lock=True) is None:
        raise NotFound(f"user {user_id} of account {account_id}")
    session.execute(
        update(Grant)
        .where(Grant.account_id == account_id, Grant.kind == ONBOARDING, Grant.user_id == user_id, *is_active(now))
        .values(superseded_at=now)
    )
    secret = make_secret()
    made: list[str] = []

    def build() -> Grant:
        made[:] = [typed_codes.make_code(TYPED_FALLBACK_LENGTH)]
        return _grant(
            account_id,
            ONBOARDING,
            SIGN_IN_USER,
            actor,
            now,
            lookup_hash=digest(secret),
            typed_hash=key_ring.sign(TYPED_PURPOSE, made[0]),
            hint=secret[:HINT_LENGTH],
            expires_at=now + ONBOARDING_LIFE,
            max_uses=1,
            user_id=user_id,
        )

    grant = _insert(session, build)
    _record(session, grant, actor, "create", now, after=_terms(grant))
    return Made(grant, secret, typed_codes.grouped(made[0]))


def make_installation_code(
    session: Session, key_ring: KeyRing, *, account_id: int, draft: Draft, actor: Actor, now: datetime
) -> Made | Faults:
    """A typed code as an admin wants it, which can be shown again."""
    errors = _check(session, account_id, draft, now)
    if errors:
        return Faults(errors)
    return _make_code(session, key_ring, account_id=account_id, actor=actor, now=now, **code_drafts.columns(draft))


def make_expected_device_code(
    session: Session,
    key_ring: KeyRing,
    *,
    device: Device,
    actor: Actor,
    now: datetime,
    life: timedelta = code_drafts.CODE_LIFE,
) -> Made:
    """The code of a device that an admin has made: for this device alone, once. ``life``: at most 365 days."""
    return _make_code(
        session,
        key_ring,
        account_id=device.account_id,
        actor=actor,
        now=now,
        description=device.name,
        action=USE_EXISTING_DEVICE,
        device_id=device.id,
        expires_at=now + life,
        max_uses=1,
    )


def make_provisioning(session: Session, *, account_id: int, draft: Draft, actor: Actor, now: datetime) -> Made | Faults:
    """A token for a fleet. It is shown now and never again: only its digest is kept."""
    errors = _check(session, account_id, draft, now)
    if errors:
        return Faults(errors)
    name = PROVISIONING_MARK + typed_codes.make_code(PROVISIONING_ID_LENGTH)
    secret = f"{name}.{make_secret()}"
    columns = code_drafts.columns(draft)
    grant = _grant(
        account_id, PROVISIONING, columns.pop("action"), actor, now, lookup_hash=digest(secret), hint=name, **columns
    )
    session.add(grant)
    session.flush()
    _record(session, grant, actor, "create", now, after=_terms(grant))
    return Made(grant, secret, "")


def edit_installation_code(
    session: Session,
    *,
    account_id: int,
    public_id: str,
    version: int,
    draft: Draft,
    actor: Actor,
    now: datetime,
) -> Grant | Faults | Conflict:
    """Saves a code or token unless somebody saved after ``version`` was shown. Raises NotFound.

    Later days and more uses open an expired or exhausted one again; nothing opens a revoked one.
    """
    grant = get_grant(session, account_id, public_id, kinds=_EDITABLE, lock=True)
    if grant.revoked_at is not None:
        return Faults({"": "This code was removed. Make a new one."})
    if grant.version != version:
        return Conflict(grant.version, _changes_since(session, grant, version))
    errors = _check(session, account_id, draft, now, kept_expiry=grant.expires_at, use_count=grant.use_count)
    if errors:
        return Faults(errors)
    before = _terms(grant)
    for column, value in code_drafts.columns(draft).items():
        setattr(grant, column, value)
    after = _terms(grant)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        grant.version += 1
        session.flush()
        noted = {name: after[name] for name in changed} | {"version": grant.version}
        _record(session, grant, actor, "update", now, before={name: before[name] for name in changed}, after=noted)
    return grant


def revoke(session: Session, *, account_id: int, public_id: str, actor: Actor, now: datetime) -> Grant:
    """Ends a code or token for good; a second time changes nothing. Raises NotFound. Keys are rotated instead."""
    grant = get_grant(session, account_id, public_id, kinds=(*_EDITABLE, ONBOARDING), lock=True)
    if grant.revoked_at is None:
        grant.revoked_at = now
        grant.version += 1
        session.flush()
        _record(session, grant, actor, "revoke", now, before={"uses": grant.use_count})
    return grant


def ensure_installation_key(session: Session, key_ring: KeyRing, account_id: int, now: datetime) -> Grant:
    """The account's installation key, made if it has none."""
    found = current_key(session, account_id)
    if found is not None:
        return found
    lock_account(session, account_id)
    return current_key(session, account_id) or make_installation_key(
        session, key_ring, account_id=account_id, generation=1, actor=PORTAL, now=now
    )


def make_installation_key(
    session: Session, key_ring: KeyRing, *, account_id: int, generation: int, actor: Actor, now: datetime
) -> Grant:
    """A key of this generation, under ``lock_account``; it lasts until it is rotated."""
    secret, public_id = make_secret(), make_public_id()
    grant = _grant(
        account_id,
        INSTALLATION_KEY,
        PAIR_ONLY,
        actor,
        now,
        public_id=public_id,
        lookup_hash=digest(secret),
        sealed_secret=key_ring.encrypt(secret, _context(public_id)),
        hint=secret[:HINT_LENGTH],
        generation=generation,
    )
    session.add(grant)
    session.flush()
    _record(session, grant, actor, "create", now, after={"generation": generation})
    return grant


def lock_account(session: Session, account_id: int) -> None:
    """Keys of an account are made and rotated one after the other; whoever redeems one goes on meanwhile."""
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))


def _make_code(
    session: Session, key_ring: KeyRing, *, account_id: int, actor: Actor, now: datetime, action: Any, **columns: Any
) -> Made:
    made: list[str] = []

    def build() -> Grant:
        code, public_id = typed_codes.make_code(INSTALLATION_CODE_LENGTH), make_public_id()
        made[:] = [code]
        return _grant(
            account_id,
            INSTALLATION_CODE,
            action,
            actor,
            now,
            public_id=public_id,
            typed_hash=key_ring.sign(TYPED_PURPOSE, code),
            sealed_secret=key_ring.encrypt(code, _context(public_id)),
            hint=code[:HINT_LENGTH],
            **columns,
        )

    grant = _insert(session, build)
    _record(session, grant, actor, "create", now, after=_terms(grant))
    return Made(grant, made[0], typed_codes.grouped(made[0]))


def _grant(account_id: int, kind: str, action: Any, actor: Actor, now: datetime, **columns: Any) -> Grant:
    return Grant(
        account_id=account_id,
        kind=kind,
        action=action,
        created_by_id=actor.user_id,
        created_by_name=actor.name[:200],
        created_at=now,
        **columns,
    )


def _insert(session: Session, build: Callable[[], Grant]) -> Grant:
    """Adds what ``build`` makes; another one when its typed code is taken."""
    for left in reversed(range(_MOST_COLLISIONS)):
        grant = build()
        try:
            with session.begin_nested():
                session.add(grant)
                session.flush()
            break
        except IntegrityError:
            if not left:
                raise
    return grant


def _check(
    session: Session,
    account_id: int,
    draft: Draft,
    now: datetime,
    *,
    kept_expiry: datetime | None = None,
    use_count: int = 0,
) -> dict[str, str]:
    """One sentence by field: of the draft itself, and of rows that are not this account's."""
    errors = code_drafts.check(draft, now, kept_expiry=kept_expiry, use_count=use_count)
    columns = code_drafts.columns(draft)
    user_id, device_id = columns["user_id"], columns["device_id"]
    if isinstance(user_id, int) and find_membership(session, account_id, user_id) is None:
        errors.setdefault("user_id", "Choose somebody of this company.")
    if isinstance(device_id, int):
        own = select(Device.id).where(
            Device.account_id == account_id, Device.id == device_id, Device.revoked_at.is_(None)
        )
        if session.scalar(own) is None:
            errors.setdefault("device_id", "Choose a device of this company that is not revoked.")
    return errors


def _changes_since(session: Session, grant: Grant, version: int) -> tuple[Change, ...]:
    """What others saved, by field, the newest word of each."""
    found: dict[str, Change] = {}
    for event in list_for_target(session, grant.account_id, grant.public_id, 50):
        if event.after.get("version", 0) > version:
            for name, value in event.after.items():
                found.setdefault(name, Change(event.actor_name, name, str(value)))
    found.pop("version", None)
    return tuple(found.values())


def _terms(grant: Grant) -> dict[str, Any]:
    """What was agreed, as JSON-ready values without secrets."""
    return {
        "description": grant.description,
        "action": grant.action,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
        "not_before": grant.not_before.isoformat() if grant.not_before else None,
        "max_uses": grant.max_uses,
        "requires_approval": grant.requires_approval or False,
        "user_id": grant.user_id,
        "device_id": grant.device_id,
        "username_prefix": grant.username_prefix or "",
        "tags": grant.tags or [],
        "defaults": grant.defaults or {},
        "allowed_networks": grant.allowed_networks or [],
    }


def _record(
    session: Session,
    grant: Grant,
    actor: Actor,
    verb: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        session,
        account_id=grant.account_id,
        actor=actor,
        action=f"{NOUNS[grant.kind]}.{verb}",
        now=now,
        target_kind=NOUNS[grant.kind],
        target_public_id=grant.public_id,
        target_name=grant.description or grant.hint,
        before=before,
        after=after,
    )


def _context(public_id: str) -> str:
    return f"grant:{public_id}"
