"""The table of scans."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base


class Scan(Base):
    """One answered GET, or one refused POST. ``is_repeat`` marks a browser that saw this sticker under 30 minutes ago:
    "scanned N times" leaves it out."""

    __tablename__ = "scan"
    __table_args__ = (
        Index(None, "account_id", "at"),
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
