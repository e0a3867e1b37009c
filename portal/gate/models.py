"""Tables of the passcode and of the attempts at it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, BigId
from portal.lib.secrets import make_public_id


class Passcode(Base):
    """The code of an account; one row each, made with the account.

    ``sealed_text`` is encrypted (context ``passcode:<account id>``), empty while no passcode is assigned.
    ``generation`` counts passcodes: the account's budget of guesses belongs to one of them.
    ``pass_generation`` counts invalidations: gate passes of an older one are void.
    """

    __tablename__ = "passcode"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    sealed_text: Mapped[str] = mapped_column(String(400), default="")
    generation: Mapped[int] = mapped_column(default=1)
    pass_generation: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    granted_count: Mapped[int] = mapped_column(default=0)  # guesses that an admin allowed beyond the account's 100
    told_percent: Mapped[int] = mapped_column(default=0)  # the highest of 25, 50, 75, 100 that admins were told of
    closed_at: Mapped[datetime | None]  # since when unknown devices find the account closed
    alerted_at: Mapped[datetime | None]  # the last alert that no admin has put away: the banner shows while it is set


class KnownDevice(Base):
    """A browser that once typed the right code or opened a crew link. The cookie holds the secret, the row its digest.

    It has a budget of its own, so an attack on the account does not stop it. 180 days after its last admission it
    expires; an admin names and revokes it.
    """

    __tablename__ = "known_device"
    __table_args__ = (Index(None, "account_id", "last_seen_at"),)

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100), default="")  # what an admin calls it
    browser: Mapped[str] = mapped_column(String(60))  # 'iPhone, Safari'
    crew_link_id: Mapped[int | None] = mapped_column(ForeignKey("crew_link.id"))  # empty: known by a right code
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class CrewLink(Base):
    """A link or QR that makes phones known, N times, until it expires or an admin revokes it. GET consumes nothing."""

    __tablename__ = "crew_link"
    __table_args__ = (Index(None, "account_id"),)

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(100))
    most_uses: Mapped[int]
    use_count: Mapped[int] = mapped_column(default=0)
    created_by_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AttemptCounter(Base):
    """A counter of the throttle: ``scope`` names the limit (gate/throttle), ``subject`` whom it counts.

    ``count`` is what is spent, ``since_at`` when its window began or when the bucket last leaked.
    """

    __tablename__ = "attempt_counter"
    __table_args__ = (UniqueConstraint("scope", "subject"),)

    scope: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    count: Mapped[int] = mapped_column(default=0)
    since_at: Mapped[datetime]


class Attempt(Base):
    """One evaluated wrong code, kept so that the same browser's failures can be given back when it succeeds."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "account_id", "id"), Index(None, "browser_hash", "at"))

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sticker_id: Mapped[int] = mapped_column(ForeignKey("sticker.id"))
    generation: Mapped[int]
    client: Mapped[str] = mapped_column(String(80))
    known_device_id: Mapped[int | None] = mapped_column(BigId)  # kept when the device's row is gone
    browser_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    refunded_at: Mapped[datetime | None]
