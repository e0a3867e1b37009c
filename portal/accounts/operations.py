"""Verbs on persons and their sign-ins: setup, users, sessions, passwords. A company's people are in ``staffing``.

Passwords arrive as hashes: hashing takes 30 ms, and no transaction may be open meanwhile.
"""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import queries
from portal.accounts.models import ADMIN, SESSION_IDLE, SESSION_LIFE, Account, AuthSession, Membership, SetupToken, User
from portal.audit.operations import Actor, record
from portal.lib.emails import email_key
from portal.lib.secrets import digest, make_secret


def make_setup_token(session: Session, now: datetime) -> str:
    """A new one-time token for the first admin, to be printed once. The one before stops working."""
    session.execute(delete(SetupToken))
    secret = make_secret()
    session.add(SetupToken(secret_hash=digest(secret), created_at=now))
    session.flush()
    return secret


def consume_setup_token(session: Session, secret: str) -> bool:
    """Deletes the token if it is this one. Of two who hold it, one wins."""
    gone = session.execute(delete(SetupToken).where(SetupToken.secret_hash == digest(secret)).returning(SetupToken.id))
    return gone.first() is not None


def create_user(session: Session, *, email: str, name: str, password_hash: str, now: datetime) -> User | None:
    """A person who can sign in, or None when the e-mail is taken."""
    user = User(email=email_key(email), name=name, password_hash=password_hash, created_at=now)
    try:
        with session.begin_nested():
            session.add(user)
            session.flush()
    except IntegrityError:
        return None
    return user


def add_membership(
    session: Session, *, account_id: int, user_id: int, role: str, permissions: list[str], now: datetime
) -> Membership | None:
    """Puts the person into the company, or None when they are in it already."""
    membership = Membership(
        account_id=account_id, user_id=user_id, role=role, permissions=sorted(permissions), created_at=now
    )
    try:
        with session.begin_nested():
            session.add(membership)
            session.flush()
    except IntegrityError:
        return None
    return membership


def create_first_admin(
    session: Session, *, account: Account, email: str, name: str, password_hash: str, now: datetime
) -> User:
    """The first person of the installation, in the transaction that consumed the setup token."""
    user = User(email=email_key(email), name=name, password_hash=password_hash, created_at=now)
    session.add(user)
    session.flush()
    add_membership(session, account_id=account.id, user_id=user.id, role=ADMIN, permissions=[], now=now)
    record(
        session,
        account_id=account.id,
        actor=Actor(user.id, user.name),
        action="account.setup",
        now=now,
        target_kind="account",
        target_public_id=account.public_id,
        target_name=account.name,
        after={"admin": user.email},
    )
    return user


def sign_in(
    session: Session,
    *,
    credentials: queries.Credentials,
    browser: str,
    replaced_session_id: int | None,
    now: datetime,
    account_id: int | None = None,
    new_hash: str = "",
    has_typed_code: bool = False,
) -> str | None:
    """Begins a session for checked credentials and returns its secret; None when the password changed since the check.

    The session opens in ``account_id``, else where the person last worked. The browser's session before ends, and
    those that are over are swept up. ``new_hash``: the same password with today's cost. A person with a second step
    gets no session without ``has_typed_code``.
    """
    user = session.scalar(
        select(User).where(User.id == credentials.user_id, User.password_hash == credentials.password_hash)
    )
    if user is None or (user.sealed_totp and not has_typed_code):
        return None
    if new_hash:
        user.password_hash = new_hash
    account_id = account_id or queries.find_last_account_id(session, user.id)
    _end_stale_sessions(session, user.id, replaced_session_id, now)
    secret = make_secret()
    session.add(
        AuthSession(
            secret_hash=digest(secret),
            user_id=user.id,
            account_id=account_id,
            browser=browser,
            created_at=now,
            last_seen_at=now,
            fresh_at=now,
        )
    )
    _record_own(session, account_id, Actor(user.id, user.name), "user.sign_in", now, after={"browser": browser})
    return secret


def renew_session(session: Session, *, session_id: int, user_id: int, fresh_at: datetime | None = None) -> str:
    """Gives a running session a new secret, since what it stands for has changed; ``fresh_at`` makes it fresh."""
    secret = make_secret()
    values: dict[str, object] = {"secret_hash": digest(secret)} | ({"fresh_at": fresh_at} if fresh_at else {})
    session.execute(
        update(AuthSession).where(AuthSession.id == session_id, AuthSession.user_id == user_id).values(values)
    )
    return secret


def confirm_sign_in(session: Session, *, account_id: int, actor: Actor, session_id: int, now: datetime) -> str:
    """Makes a session fresh whose person has typed the password again; returns its new secret."""
    _record_own(session, account_id, actor, "user.confirm_sign_in", now)
    return renew_session(session, session_id=session_id, user_id=actor.user_id or 0, fresh_at=now)


def end_session(session: Session, *, user_id: int, session_id: int) -> None:
    """Ends one sign-in of the person: signing out."""
    session.execute(delete(AuthSession).where(AuthSession.id == session_id, AuthSession.user_id == user_id))


def end_all_sessions(session: Session, *, user_id: int) -> int:
    """Ends every sign-in of the person. Returns how many."""
    return _delete_sessions(session, user_id, None)


def end_listed_session(
    session: Session, *, account_id: int, actor: Actor, user_id: int, public_id: str, now: datetime
) -> bool:
    """Ends the sign-in that the person chose from their list; False when it is over already or somebody else's."""
    gone = session.execute(
        delete(AuthSession)
        .where(AuthSession.user_id == user_id, AuthSession.public_id == public_id)
        .returning(AuthSession.browser)
    ).first()
    if gone is None:
        return False
    _record_own(session, account_id, actor, "user.end_session", now, before={"browser": gone.browser})
    return True


def end_other_sessions(
    session: Session, *, account_id: int, actor: Actor, user_id: int, kept_id: int, now: datetime
) -> int:
    """Ends every sign-in of the person except one. Returns how many."""
    count = _delete_sessions(session, user_id, kept_id)
    if count:
        _record_own(session, account_id, actor, "user.end_other_sessions", now, before={"sessions": count})
    return count


def change_password(
    session: Session,
    *,
    account_id: int,
    actor: Actor,
    credentials: queries.Credentials,
    new_hash: str,
    kept_id: int,
    now: datetime,
) -> int | None:
    """Replaces a checked password and ends all other sign-ins; returns how many, or None when it changed meanwhile."""
    changed = session.execute(
        update(User)
        .where(User.id == credentials.user_id, User.password_hash == credentials.password_hash)
        .values(password_hash=new_hash)
        .returning(User.id)
    ).first()
    if changed is None:
        return None
    count = _delete_sessions(session, credentials.user_id, kept_id)
    _record_own(session, account_id, actor, "user.change_password", now, after={"ended_sessions": count})
    return count


def reset_password(session: Session, *, user: User, actor: Actor, new_hash: str, now: datetime) -> int:
    """The operator's way: sets a password and ends all sign-ins of the person. Returns how many."""
    user.password_hash = new_hash
    count = _delete_sessions(session, user.id, None)
    record(
        session,
        account_id=None,
        actor=actor,
        action="user.reset_password",
        now=now,
        target_kind="user",
        target_public_id=user.public_id,
        target_name=user.name,
        after={"ended_sessions": count},
    )
    return count


def switch_account(session: Session, *, session_id: int, user_id: int, account_public_id: str, now: datetime) -> bool:
    """Moves one sign-in to another company of the person; False when it is not one of theirs."""
    if "\0" in account_public_id:  # PostgreSQL faults on a NUL in a text, and no id has one
        return False
    membership = session.scalar(
        select(Membership)
        .join(Membership.account)
        .where(Membership.user_id == user_id, Membership.account.has(public_id=account_public_id))
    )
    if membership is None:
        return False
    session.execute(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.user_id == user_id)
        .values(account_id=membership.account_id, last_seen_at=now)
    )
    return True


def _end_stale_sessions(session: Session, user_id: int, replaced_session_id: int | None, now: datetime) -> None:
    """Ends the browser's session before, and the person's that are over."""
    stale = (AuthSession.last_seen_at < now - SESSION_IDLE) | (AuthSession.created_at < now - SESSION_LIFE)
    session.execute(
        delete(AuthSession).where(or_(AuthSession.id == replaced_session_id, (AuthSession.user_id == user_id) & stale))
    )


def _delete_sessions(session: Session, user_id: int, kept_id: int | None) -> int:
    statement = delete(AuthSession).where(AuthSession.user_id == user_id).returning(AuthSession.id)
    if kept_id is not None:
        statement = statement.where(AuthSession.id != kept_id)
    return len(session.execute(statement).all())


def _record_own(
    session: Session,
    account_id: int | None,
    actor: Actor,
    action: str,
    now: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """An event of a person about themselves."""
    user = session.get(User, actor.user_id)
    record(
        session,
        account_id=account_id,
        actor=actor,
        action=action,
        now=now,
        target_kind="user",
        target_public_id=user.public_id if user else "",
        target_name=actor.name,
        before=before,
        after=after,
    )
