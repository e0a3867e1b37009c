"""The table of print runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base
from portal.lib.secrets import make_public_id


class PrintRun(Base):
    """Labels that left the product as one PDF: who, when, on which stock. ``options`` repeat the choice next time."""

    __tablename__ = "print_run"
    __table_args__ = (Index(None, "account_id", "id"),)

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    stock: Mapped[str] = mapped_column(String(20))
    first_slot: Mapped[int] = mapped_column(default=1)
    copies: Mapped[int] = mapped_column(default=1)
    label_count: Mapped[int]
    sheet_count: Mapped[int]
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]
