"""Tables of grants, what became of them, the plan of key rotations, and budgets of tries (facts: devices, 4.1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, BigId
from portal.lib.secrets import make_public_id

# Kinds of grants.
INSTALLATION_KEY = "installation_pairing"
ONBOARDING = "onboarding"
INSTALLATION_CODE = "installation_code"
PROVISIONING = "provisioning"

# What a redemption does.
PAIR_ONLY = "pair_only"
SIGN_IN_USER = "sign_in_user"
CREATE_ACCOUNT_AND_DEVICE = "create_account_and_device"
CREATE_DEVICE = "create_device"
USE_EXISTING_DEVICE = "use_existing_device"


class Grant(Base):
    """A way in. Whether it is open is derived (``grants.state``); only ends by hand are stored.

    ``lookup_hash`` is the SHA-256 of a machine secret, ``typed_hash`` the keyed digest of a typed code, whose pepper is
    the key ring; ``sealed_secret`` (context ``grant:<public id>``) only where the secret must be shown again.
    ``max_uses`` None: unlimited. ``hint``: its first characters, for lists and logs.
    """

    __tablename__ = "enrollment_grant"
    __table_args__ = (Index(None, "account_id", "kind", "id"), Index(None, "kind", "expires_at"))

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(30))
    description: Mapped[str] = mapped_column(String(200), default="")
    lookup_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    typed_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(400), default="")
    hint: Mapped[str] = mapped_column(String(16), default="")
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    max_uses: Mapped[int | None]
    use_count: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None]
    last_used_device_id: Mapped[int | None] = mapped_column(BigId)
    requires_approval: Mapped[bool] = mapped_column(default=False)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # column Account of the source
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    username_prefix: Mapped[str] = mapped_column(String(20), default="")
    last_number: Mapped[int] = mapped_column(default=0)  # the newest that followed the prefix
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    defaults: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    allowed_networks: Mapped[list[str]] = mapped_column(JSON, default=list)  # CIDRs; empty: from anywhere
    generation: Mapped[int | None]  # of an installation key, from 1
    superseded_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_by_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class Redemption(Base):
    """One try to use a grant, kept 400 days: times used, last used, blast radius, audit."""

    __tablename__ = "grant_redemption"
    __table_args__ = (
        Index(None, "account_id", "id"),
        Index(None, "grant_id", "id"),
        Index(None, "at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment_grant.id"))  # None: a one-time code, forgotten
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ip: Mapped[str] = mapped_column(String(45), default="")  # only where the company keeps addresses, for so long
    browser: Mapped[str] = mapped_column(String(60), default="")
    outcome: Mapped[str] = mapped_column(String(10))  # redeemed or refused
    reason: Mapped[str] = mapped_column(String(40), default="")  # of a refusal
    at: Mapped[datetime]


class KeyRotation(Base):
    """The plan of an account's next rotation of its installation key; at most one. Done by the worker."""

    __tablename__ = "key_rotation"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    next_at: Mapped[datetime]
    every_days: Mapped[int | None]  # None: once
    overlap_hours: Mapped[int]  # 0: cut at once
    planned_by_name: Mapped[str] = mapped_column(String(200))
    planned_at: Mapped[datetime]


class EnrollmentCounter(Base):
    """Budgets of tries (facts: devices, 4.6): ``scope`` names the limit, ``subject`` whom it counts."""

    __tablename__ = "enrollment_counter"
    __table_args__ = (UniqueConstraint("scope", "subject"),)

    scope: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    count: Mapped[int] = mapped_column(default=0)
    since_at: Mapped[datetime]
