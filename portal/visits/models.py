"""The table of scans."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base
from portal.lib.secrets import make_public_id


class Scan(Base):
    """One answered GET, or one refused POST. ``is_repeat`` marks a browser that saw this sticker under 30 minutes ago:
    "scanned N times" leaves it out."""

    __tablename__ = "scan"
    __table_args__ = (
        # The first two tell a scan apart; the others are there so that a year is counted from the index alone.
        Index("ix_scan_account_id_at", "account_id", "at", "outcome", "is_admitted", "is_repeat", "record_id"),
        Index(None, "account_id", "record_id", "at"),
        Index(None, "sticker_id", "at"),
        Index(None, "record_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sticker_id: Mapped[int] = mapped_column(ForeignKey("sticker.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(
        String(20)
    )  # gate, record, wrong, throttled, retired, revoked, archived, no-passcode
    is_admitted: Mapped[bool] = mapped_column(default=False)
    is_repeat: Mapped[bool] = mapped_column(default=False)
    browser: Mapped[str] = mapped_column(String(60), default="")
    browser_hash: Mapped[str] = mapped_column(String(64), default="")


class Message(Base):
    """What a visitor told the owner from the record's page. Kept whether its mail arrives or not."""

    __tablename__ = "message"
    __table_args__ = (Index(None, "account_id", "state", "id"), Index(None, "record_id"))

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    record_name: Mapped[str] = mapped_column(String(200))  # copied: a message outlives its record
    reason: Mapped[str] = mapped_column(String(20))  # blocking, damaged, expired, found, other
    text: Mapped[str] = mapped_column(Text, default="")
    sender_name: Mapped[str] = mapped_column(String(100), default="")
    sender_contact: Mapped[str] = mapped_column(String(320), default="")  # an e-mail or E.164 number to answer to
    photo_key: Mapped[str] = mapped_column(String(64), default="")
    latitude: Mapped[float | None] = mapped_column(Float)  # coarse: two decimals, about a kilometre
    longitude: Mapped[float | None] = mapped_column(Float)
    recipient: Mapped[str] = mapped_column(String(320), default="")  # whom the mail went to; never shown to visitors
    language: Mapped[str] = mapped_column(String(2), default="en")  # the visitor's, for the answer
    state: Mapped[str] = mapped_column(String(10), default="open")  # open, answered, closed
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
