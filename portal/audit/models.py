"""The table of audit events. Names are copied, not referenced: an event outlives what it speaks of."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, BigId


class AuditEvent(Base):
    """One change. ``before`` and ``after`` hold only the fields that changed, never a secret."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "account_id", "id"), Index(None, "account_id", "target_public_id"))

    account_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60))  # 'record.update'
    target_kind: Mapped[str] = mapped_column(String(40), default="")
    target_public_id: Mapped[str] = mapped_column(String(16), default="")
    target_name: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
