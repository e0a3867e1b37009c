"""Tables of records and their expirations. One table holds the four kinds; ``kinds`` says which columns each uses."""

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, SortKey
from portal.lib.secrets import make_public_id
from portal.records.states import IN_USE


class Record(Base):
    """A thing, place or person with a sticker.

    ``name_key``, ``tag_key`` and ``search_text`` are folded copies kept by operations for sorting and search;
    ``next_expires_on`` and ``next_warns_on`` are the earliest of its current expirations, so that lists can filter
    and sort by state without a join. ``version`` counts saves: the second of two admins is told.
    """

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("account_id", "tag_key"),
        CheckConstraint("kind IN ('vehicle', 'equipment', 'location', 'contact')", name="kind"),
        Index(None, "account_id", "archived_at", "name_key", "id"),
        Index(None, "account_id", "archived_at", "kind", "name_key", "id"),
        Index(None, "account_id", "archived_at", "kind", "updated_at", "id"),
        Index(None, "account_id", "archived_at", "updated_at", "id"),
        Index(None, "account_id", "archived_at", "kind", "tag_key", "id"),
        Index(None, "account_id", "archived_at", "next_expires_on", "id"),
        Index(None, "account_id", "archived_at", "kind", "next_expires_on", "id"),
        Index(None, "account_id", "archived_at", "next_warns_on", "next_expires_on"),
        Index(None, "account_id", "archived_at", "state"),
        Index(None, "account_id", "owner_id"),
        Index(None, "account_id", "location_id"),
        Index(None, "account_id", "supervisor_id"),
        Index(None, "owner_id"),
        Index(None, "location_id"),
        Index(None, "supervisor_id"),
    )

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(10))

    name: Mapped[str] = mapped_column(String(200))
    tag: Mapped[str] = mapped_column(String(60), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    photo_key: Mapped[str] = mapped_column(String(64), default="")  # lib.images.PhotoStore
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    visitor_notes: Mapped[str] = mapped_column(Text, default="")
    private_notes: Mapped[str] = mapped_column(Text, default="")

    make: Mapped[str] = mapped_column(String(100), default="")
    model: Mapped[str] = mapped_column(String(100), default="")
    year: Mapped[int | None] = mapped_column(Integer)
    plate: Mapped[str] = mapped_column(String(30), default="")
    vin: Mapped[str] = mapped_column(String(30), default="")
    odometer: Mapped[int | None] = mapped_column(Integer)

    manufacturer: Mapped[str] = mapped_column(String(100), default="")
    serial_number: Mapped[str] = mapped_column(String(100), default="")

    address: Mapped[str] = mapped_column(Text, default="")
    latitude: Mapped[float | None] = mapped_column(Float)  # WGS 84, degrees
    longitude: Mapped[float | None] = mapped_column(Float)
    opening_hours: Mapped[str] = mapped_column(Text, default="")

    job_title: Mapped[str] = mapped_column(String(100), default="")
    company: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")  # E.164
    mobile: Mapped[str] = mapped_column(String(20), default="")  # E.164
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))

    name_key: Mapped[str] = mapped_column(SortKey)
    tag_key: Mapped[str | None] = mapped_column(SortKey)
    search_text: Mapped[str] = mapped_column(Text, default="")
    next_expires_on: Mapped[date | None]
    next_warns_on: Mapped[date | None]

    state: Mapped[str] = mapped_column(String(12), default=IN_USE)  # one of states.STATES
    state_at: Mapped[datetime | None]  # since when; None: since it was made
    contact_policy: Mapped[str] = mapped_column(
        String(10), default=""
    )  # of a contact: direct, relay, or '' as the account

    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by_name: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)

    owner: Mapped["Record | None"] = relationship(foreign_keys=[owner_id], remote_side="Record.id")
    location: Mapped["Record | None"] = relationship(foreign_keys=[location_id], remote_side="Record.id")
    supervisor: Mapped["Record | None"] = relationship(foreign_keys=[supervisor_id], remote_side="Record.id")
    expirations: Mapped[list["Expiration"]] = relationship(
        back_populates="record", order_by="Expiration.expires_on", cascade="all, delete-orphan"
    )


class Expiration(Base):
    """A paper of a record and the last day it is good. A renewed row stays as history."""

    __tablename__ = "expiration"
    __table_args__ = (Index(None, "account_id", "expires_on"), Index(None, "record_id"))

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    what: Mapped[str] = mapped_column(String(100))  # 'registration', ... or the company's own words
    expires_on: Mapped[date]
    warn_days: Mapped[int] = mapped_column(default=30)
    renewed_at: Mapped[datetime | None]  # set: history, replaced by a later row
    acknowledged_at: Mapped[datetime | None]  # no more reminders of this expiry
    snoozed_until_on: Mapped[date | None]
    created_at: Mapped[datetime]

    record: Mapped[Record] = relationship(back_populates="expirations")

    @property
    def warns_on(self) -> date:
        """The first day it counts as due soon."""
        return self.expires_on - timedelta(days=self.warn_days)


class Reminder(Base):
    """One reminder that went out about an expiration: ``stage`` is ahead, day, or week-N. Written once per stage."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("expiration_id", "stage"), Index(None, "account_id", "sent_on"))

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    expiration_id: Mapped[int] = mapped_column(ForeignKey("expiration.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(String(12))
    recipient: Mapped[str] = mapped_column(String(320))
    sent_on: Mapped[date]


class CalendarFeed(Base):
    """A private iCalendar address: of the whole account, or of what one contact owns. Revocable."""

    __tablename__ = "calendar_feed"
    __table_args__ = (Index(None, "account_id"),)

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id")
    )  # a person's own feed; empty: the account's
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
