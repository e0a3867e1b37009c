"""The table of jobs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base
from portal.lib.secrets import make_public_id

QUEUED = "queued"
RUNNING = "running"
DONE = "done"
DEAD = "dead"


class Job(Base):
    """One piece of work. ``payload`` holds ids and plain values; its files are named by the job's public id."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "run_at"), Index(None, "account_id", "kind", "id"))

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # who asked, and may see the result
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default=QUEUED)
    percent: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    fault: Mapped[str] = mapped_column(Text, default="")  # the sentence shown for a dead job
    try_count: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
