"""Who is signed in. The cookie holds a random secret; its digest finds the session row, the person and the rights.

The row is read in a transaction of its own before the view's begins, so that a POST holds the write lock only for its
own work. Flask-Login keeps the secret in the framework's signed session.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import Flask
from flask import session as cookie
from flask_login import UserMixin, current_user, login_user, logout_user
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Unauthorized

from portal import database
from portal.accounts.models import FRESH_FOR, SESSION_IDLE, SESSION_LIFE, Account, AuthSession, Membership, User
from portal.accounts.permissions import granted
from portal.audit.operations import Actor
from portal.extensions import db, login_manager
from portal.lib import clock
from portal.lib.secrets import digest, make_secret

SEEN_STEP = timedelta(minutes=5)  # how often "last seen" is written
_RIGHTS = "rights"  # what the cookie's session id was made for


@dataclass(frozen=True)
class Place:
    """An account that the person can work in, once the second step that it may ask for is set up."""

    account_name: str
    public_id: str
    requires_second_step: bool


@dataclass(frozen=True)
class Identity(UserMixin):  # type: ignore[misc]  # the library carries no types
    """The signed-in person in one account, as plain values. ``account_id`` 0: in no account any more."""

    secret: str = field(repr=False)
    session_id: int
    user_id: int
    user_public_id: str
    name: str
    email: str
    account_id: int
    account_public_id: str
    account_name: str
    accent: str
    role: str
    permissions: frozenset[str]
    memberships: tuple[Place, ...]
    fresh_at: datetime | None
    has_second_step: bool
    company_requires_second_step: bool

    def get_id(self) -> str:
        return self.secret

    def may(self, permission: str) -> bool:
        """Whether the person has the permission of this name in the current account."""
        return permission in self.permissions

    def is_fresh(self, now: datetime) -> bool:
        """Whether the password was typed in this session a short while ago."""
        return self.fresh_at is not None and now - self.fresh_at <= FRESH_FOR

    @property
    def must_set_up_second_step(self) -> bool:
        """Whether the company asks for what the person does not have yet."""
        return self.company_requires_second_step and not self.has_second_step

    @property
    def rights(self) -> str:
        """Changes whenever what the person may do here changes."""
        return digest(" ".join((str(self.account_id), self.role, *sorted(self.permissions))))[:16]

    @property
    def actor(self) -> Actor:
        return Actor(self.user_id, self.name)


def bind(app: Flask) -> None:
    """Tells Flask-Login how a cookie becomes an Identity."""
    login_manager.init_app(app, add_context_processor=False)  # no template asks who it is: error pages must not
    login_manager.session_protection = None  # sessions are rows; their own rules end them
    login_manager.user_loader(load_identity)


def current_identity() -> Identity:
    """The signed-in person. Behind the admin guard there always is one."""
    identity = find_identity()
    if identity is None:
        raise Unauthorized
    return identity


def find_identity() -> Identity | None:
    """The signed-in person, or None. Reads nothing when the request carries no session."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def begin(secret: str) -> None:
    """Puts the secret of a committed session into an emptied cookie: with the sign-in, the CSRF token is new too."""
    cookie.clear()
    renew(secret)


def renew(secret: str) -> Identity:
    """Puts a committed new secret of the running session into the cookie; open forms keep their token."""
    identity = load_identity(secret)
    if identity is None:
        raise Unauthorized
    login_user(identity)
    cookie[_RIGHTS] = identity.rights
    return identity


def follow_rights(identity: Identity) -> Identity:
    """The same person under a new session id when their rights have changed since the last one (ASVS 5.0, 7.2.4)."""
    if cookie.get(_RIGHTS) == identity.rights:
        return identity
    secret = make_secret()
    try:
        with db.engine.begin() as connection:
            moved = connection.execute(
                update(AuthSession)
                .where(AuthSession.id == identity.session_id, AuthSession.secret_hash == digest(identity.secret))
                .values(secret_hash=digest(secret))
                .returning(AuthSession.id)
            ).first()
    except OperationalError:
        # A long write holds the database: the next request does it. Looking must not fail for it.
        return identity
    return renew(secret) if moved else identity


def end() -> None:
    """Empties the cookie. The caller ends the session's row."""
    logout_user()
    cookie.clear()


_SESSION = (
    *(AuthSession.id, AuthSession.account_id, AuthSession.user_id),
    *(AuthSession.created_at, AuthSession.last_seen_at, AuthSession.fresh_at),
    *(User.public_id.label("user_public_id"), User.name, User.email, (User.sealed_totp != "").label("has_second_step")),
)


def load_identity(secret: str) -> Identity | None:
    """The person behind a session secret, or None when the session is unknown, idle too long or over."""
    now = clock.utc_now()
    with database.reading(), db.engine.connect() as connection:
        found = connection.execute(
            select(*_SESSION)
            .join(User, User.id == AuthSession.user_id)
            .where(AuthSession.secret_hash == digest(secret))
        ).first()
        if found is None or now - found.last_seen_at > SESSION_IDLE or now - found.created_at > SESSION_LIFE:
            return None
        places = _list_places(connection, found.user_id)
    if now - found.last_seen_at > SEEN_STEP:
        _mark_seen(found.id, now)
    here = next((place for place in places if place.id == found.account_id), places[0] if places else _NOWHERE)
    return Identity(
        secret=secret,
        session_id=found.id,
        user_id=found.user_id,
        user_public_id=found.user_public_id,
        name=found.name,
        email=found.email,
        account_id=here.id,
        account_public_id=here.public_id,
        account_name=here.name,
        accent=here.accent,
        role=here.role,
        permissions=granted(here.role, here.permissions) if here.role else frozenset(),
        memberships=tuple(Place(place.name, place.public_id, place.requires_totp) for place in places),
        fresh_at=found.fresh_at,
        has_second_step=bool(found.has_second_step),
        company_requires_second_step=here.requires_totp,
    )


class _MembershipRow(NamedTuple):
    """An account of the person, with what they may do there."""

    id: int
    public_id: str
    name: str
    accent: str
    role: str
    permissions: list[str]
    requires_totp: bool


_NOWHERE = _MembershipRow(0, "", "", "", "", [], False)


def _list_places(connection: Connection, user_id: int) -> list[_MembershipRow]:
    rows = connection.execute(
        select(
            Account.id,
            Account.public_id,
            Account.name,
            Account.accent,
            Membership.role,
            Membership.permissions,
            Account.requires_totp,
        )
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id)
        .order_by(Account.name, Account.id)
    )
    return [_MembershipRow(*row) for row in rows]


def _mark_seen(session_id: int, now: datetime) -> None:
    try:
        with db.engine.begin() as connection:
            connection.execute(update(AuthSession).where(AuthSession.id == session_id).values(last_seen_at=now))
    except OperationalError:
        # A long write holds the database: the next request marks it. Looking must not fail for it.
        return
