"""Tables of accounts, people, sessions and invitations."""

from datetime import datetime, timedelta

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, BigId
from portal.lib.secrets import make_public_id

INVITATION_LIFE = timedelta(days=7)
SESSION_IDLE = timedelta(hours=12)  # facts: security, section 2.6
SESSION_LIFE = timedelta(days=7)
FRESH_FOR = timedelta(minutes=15)  # how long after typing the password the doors marked fresh stay open

ADMIN = "admin"
MEMBER = "member"


class Account(Base):
    """A company. Its contact is what visitors see when a record has no owner."""

    __tablename__ = "account"

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2), default="US")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    contact_email: Mapped[str] = mapped_column(String(320), default="")
    contact_phone: Mapped[str] = mapped_column(String(20), default="")  # E.164
    accent: Mapped[str] = mapped_column(String(7), default="")  # '#rrggbb' or empty: the product's own
    logo_key: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    requires_totp: Mapped[bool] = mapped_column(default=False)
    duty_contact_id: Mapped[int | None] = mapped_column(BigId)  # a contact's record id; records is a higher room
    contact_policy: Mapped[str] = mapped_column(String(10), default="direct")  # direct or relay
    scan_kept_days: Mapped[int] = mapped_column(default=0)  # 0: for good
    scan_anonymised_days: Mapped[int] = mapped_column(
        default=0
    )  # after so many days a scan forgets its browser; 0: never
    scan_anonymised_at: Mapped[datetime | None]  # scans before this moment have forgotten their browsers
    device_address_days: Mapped[int] = mapped_column(default=30)  # 0: devices' addresses are never stored
    unseen_months: Mapped[int] = mapped_column(default=12)  # a record not scanned for so long is odd
    visible_fields: Mapped[dict[str, list[str]]] = mapped_column(
        JSON, default=dict
    )  # kind -> fields visitors see; absent: all


class User(Base):
    """A person who signs in. The e-mail is stored in lower case."""

    __tablename__ = "user_account"  # "user" is a reserved word of SQL

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    sealed_totp: Mapped[str] = mapped_column(String(400), default="")  # context totp:<user id>; empty: no second factor
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)  # the last 30-second step used: a code works once

    memberships: Mapped[list["Membership"]] = relationship(back_populates="user")


class Membership(Base):
    """A user in an account.

    ``sign_in_name`` (lower case) is what a person without an e-mail types inside the company, such as "crew-014".
    """

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("account_id", "user_id"),
        Index(None, "user_id"),
        Index(None, "account_id", "sign_in_name", unique=True),
    )

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str] = mapped_column(String(10))
    permissions: Mapped[list[str]] = mapped_column(JSON, default=list)  # delegated to a member, by name
    sign_in_name: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]

    user: Mapped[User] = relationship(back_populates="memberships")
    account: Mapped[Account] = relationship()


class AuthSession(Base):
    """One sign-in on one browser. The cookie holds the secret, the row its digest."""

    __tablename__ = "auth_session"
    __table_args__ = (Index(None, "user_id"),)

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # the account being worked in
    browser: Mapped[str] = mapped_column(String(60))  # 'iPhone, Safari'
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    fresh_at: Mapped[datetime | None]  # when password (and second factor) were last typed in this session


class RecoveryCode(Base):
    """A one-time way past the second factor; only its digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class SignInCounter(Base):
    """Failed sign-ins: ``scope`` is client, user or site; ``subject`` whom it counts. Shape as the gate's counters."""

    __tablename__ = "sign_in_counter"
    __table_args__ = (UniqueConstraint("scope", "subject"),)

    scope: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    count: Mapped[int] = mapped_column(default=0)
    since_at: Mapped[datetime]


class Invitation(Base):
    """A link that an admin copies: one use, 7 days."""

    __tablename__ = "invitation"
    __table_args__ = (Index(None, "account_id"),)

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(10))
    permissions: Mapped[list[str]] = mapped_column(JSON, default=list)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()


class SetupToken(Base):
    """The one-time token of the first admin, as a digest. A new one replaces the old."""

    __tablename__ = "setup_token"

    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
