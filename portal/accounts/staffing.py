"""Verbs on a company and its people: invitations, roles, permissions, removal, the company's own particulars.

Every verb reads the actor's rights anew behind a lock on the company: two who take away each other's rights at once
come one after the other. Nobody edits themselves and only an admin touches an admin, so an admin always remains.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts import queries
from portal.accounts.models import ADMIN, INVITATION_LIFE, MEMBER, Account, Invitation, Membership, User
from portal.accounts.names import address_of
from portal.accounts.operations import add_membership, create_user
from portal.accounts.permissions import BY_NAME, DELEGABLE, granted
from portal.audit.operations import Actor, record
from portal.audit.queries import list_for_target
from portal.errors import NotFound
from portal.lib.emails import email_key
from portal.lib.secrets import digest, make_secret


@dataclass(frozen=True)
class Refusal:
    """Why nothing was changed, for the person. ``is_forbidden``: a right is missing, not a mistake in the form."""

    sentence: str
    is_forbidden: bool = False


@dataclass(frozen=True)
class Change:
    """One field of the company as somebody else has saved it meanwhile."""

    actor_name: str
    column: str
    value: str


@dataclass(frozen=True)
class Conflict:
    """The company is at ``version`` by now, because of these changes."""

    version: int
    changes: tuple[Change, ...]


def invite(
    session: Session, *, account_id: int, actor: Actor, email: str, role: str, permissions: list[str], now: datetime
) -> tuple[Invitation, str] | Refusal:
    """An invitation and the secret of its link. An open one for the same e-mail is replaced: its link ends."""
    me = _lock_and_read(session, account_id, actor)
    refusal = _overreach(me, role, permissions)
    if refusal:
        return refusal
    email = email_key(email)
    known = queries.find_user_by_email(session, email)
    if known and queries.find_membership(session, account_id, known.id):
        return Refusal(f"{email} is in this company already. Change their permissions in the list of people.")
    older = [one for one in queries.list_open_invitations(session, account_id, now) if one.email == email]
    if any(one.role == ADMIN != me.role for one in older):
        return Refusal(f"An admin has invited {email} as an admin already.", is_forbidden=True)
    for one in older:
        session.delete(one)
    secret = make_secret()
    invitation = Invitation(
        account_id=account_id,
        secret_hash=digest(secret),
        email=email,
        role=role,
        permissions=_stored(role, permissions),
        invited_by_id=actor.user_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    after = {"role": role, "permissions": invitation.permissions}
    _record_invitation(session, invitation, actor, "invitation.create", now, after=after)
    return invitation, secret


def revoke_invitation(
    session: Session, *, account_id: int, actor: Actor, public_id: str, now: datetime
) -> Invitation | Refusal:
    """Takes an unused invitation back: its link ends. Raises NotFound."""
    me = _lock_and_read(session, account_id, actor)
    invitation = queries.get_invitation(session, account_id, public_id)
    if invitation.role == ADMIN != me.role:
        return Refusal("Only an admin can take back the invitation of an admin.", is_forbidden=True)
    session.delete(invitation)
    _record_invitation(session, invitation, actor, "invitation.revoke", now)
    return invitation


def accept_invitation(
    session: Session,
    *,
    invitation: Invitation,
    credentials: queries.Credentials | None,
    name: str,
    password_hash: str,
    now: datetime,
) -> queries.Credentials | Refusal:
    """Uses the link: the person of checked ``credentials`` joins, or a new one is made. Of two clicks one wins."""
    used = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.expires_at > now)
        .values(used_at=now)
        .returning(Invitation.id)
    ).first()
    if used is None:
        return Refusal("This invitation has just been used. Sign in with the e-mail and password that were chosen.")
    if credentials is None:
        user = create_user(session, email=invitation.email, name=name, password_hash=password_hash, now=now)
        if user is None:
            return Refusal("Somebody with this e-mail has signed up meanwhile. Open the link again and sign in.")
        credentials = queries.Credentials(user.id, password_hash)
    else:
        user = session.get_one(User, credentials.user_id)
    add_membership(
        session,
        account_id=invitation.account_id,
        user_id=credentials.user_id,
        role=invitation.role,
        permissions=invitation.permissions,
        now=now,
    )
    after = {"role": invitation.role, "permissions": invitation.permissions}
    _record_invitation(session, invitation, Actor(user.id, user.name), "invitation.accept", now, after=after)
    return credentials


def appoint_admin(session: Session, *, account_id: int, user: User, actor: Actor, now: datetime) -> bool:
    """The operator's way: makes the person an admin of the company; False when they are one already."""
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    membership = queries.find_membership(session, account_id, user.id)
    if membership is None:
        membership = Membership(account_id=account_id, user=user, role=ADMIN, permissions=[], created_at=now)
        session.add(membership)
    elif membership.role == ADMIN:
        return False
    else:
        membership.role, membership.permissions = ADMIN, []
    session.flush()
    _record_member(session, membership, actor, "member.appoint", now, after={"role": ADMIN, "permissions": []})
    return True


def edit_member(
    session: Session,
    *,
    account_id: int,
    actor: Actor,
    public_id: str,
    role: str,
    permissions: list[str],
    now: datetime,
) -> Membership | Refusal:
    """Sets role and permissions. What the member has beyond the actor's own rights stays as it is. Raises NotFound."""
    me = _lock_and_read(session, account_id, actor)
    target = queries.get_member(session, account_id, public_id)
    beyond = frozenset(target.permissions) - _rights(me)
    refusal = why_untouchable(me, target) or _overreach(me, role, [p for p in permissions if p not in beyond])
    if refusal:
        return refusal
    before = {"role": target.role, "permissions": target.permissions}
    target.role = role
    target.permissions = _stored(role, [*permissions, *beyond])
    after = {"role": target.role, "permissions": target.permissions}
    if after != before:
        _withdraw_beyond(session, target, now)
        _record_member(session, target, actor, "member.edit", now, before=before, after=after)
    return target


def remove_member(
    session: Session, *, account_id: int, actor: Actor, public_id: str, now: datetime
) -> Membership | Refusal:
    """Takes the person out of the company, and with them the invitations that they made. Raises NotFound."""
    me = _lock_and_read(session, account_id, actor)
    target = queries.get_member(session, account_id, public_id)
    refusal = why_untouchable(me, target)
    if refusal:
        return refusal
    for invitation in queries.list_invitations_by(session, account_id, target.user_id, now):
        session.delete(invitation)
    before = {"role": target.role, "permissions": target.permissions}
    _record_member(session, target, actor, "member.remove", now, before=before)
    session.delete(target)
    session.flush()
    return target


def set_password(
    session: Session, *, account_id: int, actor: Actor, public_id: str, new_hash: str, now: datetime
) -> Membership | Refusal:
    """Gives a person without an e-mail a new password: nobody else can help them. Raises NotFound.

    Whoever sets it could sign in with it, so they must have every right that the person has.
    """
    me = _lock_and_read(session, account_id, actor)
    target = queries.get_member(session, account_id, public_id)
    refusal = why_untouchable(me, target)
    if refusal:
        return refusal
    if target.user.email != address_of(target.sign_in_name or "", target.account.public_id):
        return Refusal(f"{target.user.name} signs in by e-mail and chooses the password alone.", is_forbidden=True)
    if not granted(target.role, target.permissions) <= _rights(me):
        return Refusal(
            f"{target.user.name} may do what you may not. Ask an admin to set the password.", is_forbidden=True
        )
    target.user.password_hash = new_hash
    _record_member(session, target, actor, "member.new_password", now)
    session.flush()
    return target


def update_company(
    session: Session,
    *,
    account_id: int,
    actor: Actor,
    version: int,
    columns: Mapping[str, str | int | None],
    now: datetime,
) -> Account | Conflict:
    """Saves the company's particulars unless somebody saved after ``version`` was shown."""
    account = session.scalars(
        select(Account).where(Account.id == account_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if account.version != version:
        return Conflict(account.version, _changes_since(session, account, version))
    before = {column: getattr(account, column) for column in columns}
    changed = [column for column, value in columns.items() if value != before[column]]
    if not changed:
        return account
    for column in changed:
        setattr(account, column, columns[column])
    account.version += 1
    record(
        session,
        account_id=account_id,
        actor=actor,
        action="account.update",
        now=now,
        target_kind="account",
        target_public_id=account.public_id,
        target_name=account.name,
        before={column: before[column] for column in changed},
        after={column: columns[column] for column in changed} | {"version": account.version},
    )
    return account


def forget_contact(session: Session, account_id: int, contact_id: int) -> None:
    """Before a contact is deleted: a company whose duty contact it is has none any more. A later row may get its id."""
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.duty_contact_id == contact_id)
        .values(duty_contact_id=None)
    )


def _changes_since(session: Session, account: Account, version: int) -> tuple[Change, ...]:
    """What others saved, by field, the newest word of each."""
    found: dict[str, Change] = {}
    for event in list_for_target(session, account.id, account.public_id, 50):
        if event.action == "account.update" and event.after.get("version", 0) > version:
            for column, value in event.after.items():
                found.setdefault(column, Change(event.actor_name, column, str(value)))
    found.pop("version", None)
    return tuple(found.values())


def _lock_and_read(session: Session, account_id: int, actor: Actor) -> Membership:
    """Makes the company's people hold still until the commit; the actor's own place in it. Raises NotFound."""
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    me = queries.find_membership(session, account_id, actor.user_id or 0)
    if me is None:
        raise NotFound(f"{actor.name} has left account {account_id}")
    return me


def _rights(me: Membership) -> frozenset[str]:
    return granted(me.role, me.permissions)


def _stored(role: str, permissions: list[str]) -> list[str]:
    """An admin has every permission without a list."""
    return [] if role == ADMIN else [one.name for one in DELEGABLE if one.name in permissions]


def _overreach(me: Membership, role: str, permissions: list[str]) -> Refusal | None:
    """Refuses to grant what the actor does not have."""
    if role not in (ADMIN, MEMBER):
        return Refusal("Choose a role.")
    if role == ADMIN != me.role:
        return Refusal("Only an admin can make somebody an admin.", is_forbidden=True)
    for_admins = [BY_NAME[name].label for name in permissions if name in BY_NAME and not BY_NAME[name].delegable]
    if for_admins and role == MEMBER:
        return Refusal(f"Only admins have this, and no member can get it: {', '.join(for_admins)}.", is_forbidden=True)
    beyond = [BY_NAME[name].label if name in BY_NAME else name for name in permissions if name not in _rights(me)]
    if beyond:
        return Refusal(f"You cannot grant what you do not have yourself: {', '.join(beyond)}.", is_forbidden=True)
    return None


def why_untouchable(me: Membership, target: Membership) -> Refusal | None:
    """Refuses to change oneself, and admins by others than admins."""
    if target.user_id == me.user_id:
        return Refusal("Nobody changes or removes themselves. Ask another admin to do it.", is_forbidden=True)
    if target.role == ADMIN != me.role:
        return Refusal("Only an admin can change or remove an admin.", is_forbidden=True)
    return None


def _withdraw_beyond(session: Session, target: Membership, now: datetime) -> None:
    """Deletes the invitations that the person could not make any more: they would be a way back to lost rights."""
    for invitation in queries.list_invitations_by(session, target.account_id, target.user_id, now):
        if _overreach(target, invitation.role, invitation.permissions):
            session.delete(invitation)


def _record_invitation(
    session: Session, invitation: Invitation, actor: Actor, action: str, now: datetime, **values: dict[str, Any]
) -> None:
    record(
        session,
        account_id=invitation.account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind="invitation",
        target_public_id=invitation.public_id,
        target_name=invitation.email,
        **values,
    )


def _record_member(
    session: Session, target: Membership, actor: Actor, action: str, now: datetime, **values: dict[str, Any]
) -> None:
    record(
        session,
        account_id=target.account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind="user",
        target_public_id=target.user.public_id,
        target_name=target.user.name,
        **values,
    )
