"""Reads of accounts and people.

Those about a company take its id first; those about a person take the person's, who belongs to no one company.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import (
    ADMIN,
    SESSION_IDLE,
    SESSION_LIFE,
    Account,
    AuthSession,
    Invitation,
    Membership,
    SetupToken,
    User,
)
from portal.accounts.names import has_email, name_key
from portal.accounts.permissions import Permission, granted
from portal.database import Alphabetical
from portal.errors import NotFound, Refused
from portal.lib.emails import email_key
from portal.lib.secrets import digest


@dataclass(frozen=True)
class Credentials:
    """What a password is compared with, as plain values: it outlives the transaction that read it."""

    user_id: int
    password_hash: str
    has_second_step: bool = False


_CREDENTIALS = (User.id, User.password_hash, User.sealed_totp)


def has_users(session: Session) -> bool:
    """Whether anybody can sign in yet."""
    return bool(session.scalar(select(exists().where(User.id.is_not(None)))))


def is_setup_token(session: Session, secret: str) -> bool:
    """Whether this is the one-time token of the first admin."""
    return bool(session.scalar(select(exists().where(SetupToken.secret_hash == digest(secret)))))


def find_credentials(session: Session, email: str) -> Credentials | None:
    """The person of this e-mail in any letter case, for a password check. Nobody is found by what stands for one."""
    if not has_email(email):
        return None
    row = session.execute(select(*_CREDENTIALS).where(User.email == email_key(email))).first()
    return Credentials(row.id, row.password_hash, bool(row.sealed_totp)) if row else None


def find_named_credentials(session: Session, account_id: int, sign_in_name: str) -> Credentials | None:
    """The person of this sign-in name in the company, in any letter case, for a password check."""
    named = select(*_CREDENTIALS).join(Membership, Membership.user_id == User.id)
    row = session.execute(
        named.where(Membership.account_id == account_id, Membership.sign_in_name == name_key(sign_in_name))
    ).first()
    return Credentials(row.id, row.password_hash, bool(row.sealed_totp)) if row else None


def find_credentials_by_id(session: Session, user_id: int) -> Credentials | None:
    """The same by id, for somebody whose password was right a moment ago."""
    user = session.get(User, user_id)
    return Credentials(user.id, user.password_hash, bool(user.sealed_totp)) if user else None


def find_user_by_email(session: Session, email: str) -> User | None:
    """The person of this e-mail in any letter case."""
    return session.scalar(select(User).where(User.email == email_key(email)))


def get_account(session: Session, account_id: int) -> Account:
    """The company. Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"account {account_id}")
    return account


def list_accounts(session: Session) -> list[Account]:
    """All companies of the installation, by name: for the operator only."""
    return list(session.scalars(select(Account).order_by(Account.name, Account.id)))


def find_account_by_name(session: Session, name: str) -> Account | None:
    """The company of exactly this name, for the operator. Raises Refused when several carry it."""
    found = session.scalars(select(Account).where(Account.name == name).order_by(Account.id).limit(2)).all()
    if len(found) > 1:
        raise Refused(f"Several companies are called {name!r}. Rename one of them under Settings, Company.")
    return found[0] if found else None


def find_last_account_id(session: Session, user_id: int) -> int | None:
    """The company that the person last worked in and still belongs to, else their first by name, else None."""
    last = session.scalar(
        select(AuthSession.account_id)
        .join(Membership, Membership.account_id == AuthSession.account_id)
        .where(AuthSession.user_id == user_id, Membership.user_id == user_id)
        .order_by(AuthSession.last_seen_at.desc(), AuthSession.id.desc())
        .limit(1)
    )
    if last is not None:
        return last
    return session.scalar(
        select(Account.id)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id)
        .order_by(Account.name, Account.id)
        .limit(1)
    )


def find_own_account_id(session: Session, user_id: int, public_id: str) -> int | None:
    """The row id of a company that the person belongs to."""
    statement = select(Account.id).join(Membership, Membership.account_id == Account.id)
    return session.scalar(statement.where(Membership.user_id == user_id, Account.public_id == public_id))


def list_sessions(session: Session, user_id: int, now: datetime) -> list[AuthSession]:
    """The person's sign-ins that still count, the one seen last first."""
    return list(
        session.scalars(
            select(AuthSession)
            .where(
                AuthSession.user_id == user_id,
                AuthSession.last_seen_at >= now - SESSION_IDLE,
                AuthSession.created_at >= now - SESSION_LIFE,
            )
            .order_by(AuthSession.last_seen_at.desc(), AuthSession.id.desc())
        )
    )


def count_sessions(session: Session, user_id: int, now: datetime) -> int:
    """How many sign-ins of the person still count."""
    return len(list_sessions(session, user_id, now))


def list_members(session: Session, account_id: int) -> list[Membership]:
    """The people of the company with their users, admins first, then by name."""
    return list(
        session.scalars(
            select(Membership)
            .join(Membership.user)
            .options(joinedload(Membership.user))
            .where(Membership.account_id == account_id)
            .order_by((Membership.role != ADMIN), Alphabetical(User.name), Membership.id)
        )
    )


def list_reachable(session: Session, account_id: int, permission: Permission) -> list[Membership]:
    """Whom a mail about this reaches: the people of the company who have the permission and a mailbox."""
    return [
        one
        for one in list_members(session, account_id)
        if permission.name in granted(one.role, one.permissions) and has_email(one.user.email)
    ]


def get_member(session: Session, account_id: int, public_id: str) -> Membership:
    """One of the company's people. Raises NotFound, for another company's too."""
    membership = session.scalar(
        select(Membership)
        .options(joinedload(Membership.user))
        .where(Membership.account_id == account_id, Membership.public_id == public_id)
    )
    if membership is None:
        raise NotFound(f"membership {public_id}")
    return membership


def find_membership(session: Session, account_id: int, user_id: int) -> Membership | None:
    """The person's place in the company, as the database has it now."""
    return session.scalar(
        select(Membership)
        .where(Membership.account_id == account_id, Membership.user_id == user_id)
        .execution_options(populate_existing=True)
    )


def count_admins(session: Session, account_id: int) -> int:
    """How many admins the company has."""
    statement = select(func.count()).where(Membership.account_id == account_id, Membership.role == ADMIN)
    return session.scalar(statement) or 0


def list_open_invitations(session: Session, account_id: int, now: datetime) -> list[Invitation]:
    """Links that can still be used, the newest first."""
    return list(
        session.scalars(
            select(Invitation)
            .where(Invitation.account_id == account_id, Invitation.used_at.is_(None), Invitation.expires_at > now)
            .order_by(Invitation.id.desc())
        )
    )


def list_invitations_by(session: Session, account_id: int, user_id: int, now: datetime) -> list[Invitation]:
    """The open invitations that one person made."""
    return [one for one in list_open_invitations(session, account_id, now) if one.invited_by_id == user_id]


def get_invitation(session: Session, account_id: int, public_id: str) -> Invitation:
    """One of the company's unused invitations. Raises NotFound."""
    invitation = session.scalar(
        select(Invitation).where(
            Invitation.account_id == account_id, Invitation.public_id == public_id, Invitation.used_at.is_(None)
        )
    )
    if invitation is None:
        raise NotFound(f"invitation {public_id}")
    return invitation


def find_invitation_by_secret(session: Session, secret: str) -> Invitation | None:
    """The invitation of a link, used and expired ones included, with its company."""
    return session.scalar(
        select(Invitation).options(joinedload(Invitation.account)).where(Invitation.secret_hash == digest(secret))
    )
