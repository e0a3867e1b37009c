"""Tables of devices, their sessions, refresh tokens and phone cookies (facts: devices, section 4.1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, BigId
from portal.lib.secrets import make_public_id

MOBILE = "mobile"
DISPLAY = "display"

# A device's status (facts: devices, section 4.2). Revoked is final: what comes back is enrolled again.
EXPECTED = "expected"  # made by an admin, not installed yet
PENDING = "pending_approval"
ACTIVE = "active"
SUSPENDED = "suspended"
REVOKED = "revoked"

# Scopes of a session: a paired phone may only sign in and report; an app's has a person; a display's reads no records.
PAIRED = "paired"
APP = "app"

# Why a session ended.
BY_ADMIN = "admin"
BY_USER = "user"
REUSED = "rotation_reuse"
LOCKED = "account_locked"
KEY_ROTATED = "key_rotated"
REPLACED = "replaced"
IDLE = "idle_expired"
TOO_OLD = "expired"


class Device(Base):
    """A phone or screen of the company. Its row is read on every request it makes.

    ``installation_uid`` is drawn by the app at its first start: no secret, it tells that a device came back.
    ``pairing_generation`` is that of the installation key it was paired with, None for other ways in.
    ``networks`` are keyed digests of the networks it was seen in, so that a new one can be told without keeping any.
    """

    __tablename__ = "device"
    __table_args__ = (
        Index(None, "account_id", "status", "id"),
        Index(None, "account_id", "installation_uid"),
        Index(None, "account_id", "grant_id"),
        Index(None, "account_id", "user_id"),
    )

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    device_class: Mapped[str] = mapped_column(String(10), default=MOBILE)
    status: Mapped[str] = mapped_column(String(20), default=ACTIVE)
    name: Mapped[str] = mapped_column(String(80))
    platform: Mapped[str] = mapped_column(String(40), default="")
    model: Mapped[str] = mapped_column(String(80), default="")
    app_version: Mapped[str] = mapped_column(String(40), default="")
    installation_uid: Mapped[str] = mapped_column(String(64), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # whom it is registered to
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    defaults: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what its grant gave it to begin with
    grant_id: Mapped[int | None] = mapped_column(BigId)  # enrollment is a higher room
    pairing_generation: Mapped[int | None]
    pairing_next: Mapped[int | None]  # the generation to move to, while the key it was paired with is being replaced
    pairing_ends_at: Mapped[datetime | None]  # from then on it is too old
    created_at: Mapped[datetime]
    connected_at: Mapped[datetime | None]  # when it last was enrolled
    last_active_at: Mapped[datetime | None]
    last_ip: Mapped[str] = mapped_column(String(45), default="")  # only where the company keeps addresses
    last_ip_at: Mapped[datetime | None]
    networks: Mapped[list[str]] = mapped_column(JSON, default=list)
    new_network_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class DeviceSession(Base):
    """One enrolment of a device: a family of refresh tokens. It ends once and is never revived."""

    __tablename__ = "device_session"
    __table_args__ = (Index(None, "device_id", "ended_at"), Index(None, "user_id"), Index(None, "account_id", "id"))

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # None: nobody is signed in
    client_id: Mapped[str] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(String(20))
    auth_at: Mapped[datetime | None]  # when the person proved who they are
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    idle_expires_at: Mapped[datetime | None]  # None: a display, which absence never ends
    absolute_expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(20), default="")


class RefreshToken(Base):
    """One link of a session's chain: current, then rotated, then retired (facts: devices, section 4.2).

    ``sealed_successor`` is the successor's secret under the key ring, as long as a lost answer may be asked for again.
    """

    __tablename__ = "refresh_token"
    __table_args__ = (Index(None, "session_id"), Index(None, "rotated_at"))

    session_id: Mapped[int] = mapped_column(ForeignKey("device_session.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    sealed_successor: Mapped[str] = mapped_column(String(400), default="")
    successor_first_used_at: Mapped[datetime | None]


class PhoneCookie(Base):
    """Lets the browser that paired read the company's stickers without the passcode, while its session lives."""

    __tablename__ = "phone_cookie"
    __table_args__ = (Index(None, "session_id"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("device_session.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
